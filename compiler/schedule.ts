/** When buffers can be let go, so that a plan never holds more volumes than the passes still to come need. */
import { fail } from "./errors.ts";
import { product } from "./language/vector.ts";
import { dtypes } from "./language/voxels.ts";
import { type GradientPass, type Plan, readsOf } from "./plan.ts";

/** For each pass, the buffers that nothing reads after it; inputs and results stay. */
export const freedAfter = (
  passes: readonly GradientPass[],
  inputs: number,
  results: readonly number[],
): readonly (readonly number[])[] => {
  const last = new Map<number, number>();
  passes.forEach((pass, k) => {
    last.set(pass.output, k);
    for (const buffer of readsOf(pass)) last.set(buffer, k);
  });
  return passes.map((_, k) =>
    [...last]
      .filter(([buffer, pass]) => pass === k && buffer >= inputs && !results.includes(buffer))
      .map(([buffer]) => buffer),
  );
};

/** Bytes that the result and what leads to it take at most at once, given what a buffer takes; inputs are not counted. */
export const budgetNeed = ({ passes, inputs, result }: Plan, bytesOf: (buffer: number) => number): number =>
  needOf(passes, inputs, [result], bytesOf);

const needOf = (
  passes: readonly GradientPass[],
  inputs: number,
  results: readonly number[],
  bytesOf: (buffer: number) => number,
): number => {
  const freed = freedAfter(passes, inputs, results);
  let held = 0;
  let needed = 0;
  passes.forEach((pass, k) => {
    held += bytesOf(pass.output);
    needed = Math.max(needed, held);
    for (const buffer of freed[k] ?? []) held -= bytesOf(buffer);
  });
  return needed;
};

/** Bytes of the result of a plan that are made for it; none where it is an input. */
export const resultBytes = ({ buffers, inputs, result }: Plan): number => {
  const made = buffers[result];
  if (made === undefined || result < inputs || made.storage === "working") return 0;
  return product(made.size) * made.channels * dtypes[made.storage.dtype].bytes;
};

/** Refuses a plan that needs more than `budget` bytes. @throws MedImagesError `BudgetExceeded` */
export const checkBudget = (
  { passes, inputs, result }: Plan,
  budget: number | undefined,
  bytesOf: (buffer: number) => number,
): void => checkBudgetOf(passes, inputs, [result], budget, bytesOf);

/** As {@link checkBudget}, for passes with several results. @throws MedImagesError `BudgetExceeded` */
export const checkBudgetOf = (
  passes: readonly GradientPass[],
  inputs: number,
  results: readonly number[],
  budget: number | undefined,
  bytesOf: (buffer: number) => number,
): void => {
  if (budget === undefined) return;
  const needed = needOf(passes, inputs, results, bytesOf);
  if (needed > budget)
    fail({ kind: "BudgetExceeded", what: "the result with what leads to it", needed, budget, remedy: budgetRemedy });
};

/** What helps where a volume is too large. */
export const budgetRemedy: string = "crop first, ask for a coarser grid, or state a larger memory budget";
