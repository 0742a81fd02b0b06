/** When buffers can be let go, so that a plan never holds more volumes than the passes still to come need. */
import { type Plan, readsOf } from "./plan.ts";

/** For each pass, the buffers that nothing reads after it; inputs and the result stay. */
export const freedAfter = (plan: Plan): readonly (readonly number[])[] => {
  const last = new Map<number, number>();
  plan.passes.forEach((pass, k) => {
    last.set(pass.output, k);
    for (const buffer of readsOf(pass)) last.set(buffer, k);
  });
  return plan.passes.map((_, k) =>
    [...last]
      .filter(([buffer, pass]) => pass === k && buffer >= plan.inputs && buffer !== plan.result)
      .map(([buffer]) => buffer),
  );
};

/** The most bytes that results and what leads to them take at once, given what a buffer takes; inputs are not counted. */
export const peakBytes = (plan: Plan, bytesOf: (buffer: number) => number): number => {
  const freed = freedAfter(plan);
  let held = 0;
  let peak = 0;
  plan.passes.forEach((pass, k) => {
    held += bytesOf(pass.output);
    peak = Math.max(peak, held);
    for (const buffer of freed[k] ?? []) held -= bytesOf(buffer);
  });
  return peak;
};
