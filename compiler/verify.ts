/**
 * Checks a plan after each phase, so that a mistake of the compiler shows where it was made and not as a
 * wrong voxel three layers further on.
 */

import { classify, snapPull } from "./classify.ts";
import { fail } from "./errors.ts";
import { nodesOf } from "./language/scalar.ts";
import { type Buffer, type Pass, type Plan, readsOf } from "./plan.ts";

/** Returns the plan when it is sound. @throws MedImagesError `InternalError` naming the phase and every flaw. */
export const verify = (plan: Plan, phase: string): Plan => {
  const flaws = flawsOf(plan);
  return flaws.length === 0 ? plan : fail({ kind: "InternalError", phase, reason: flaws.join("; ") });
};

/** What is wrong with a plan, in words. */
export const flawsOf = (plan: Plan): readonly string[] => {
  const written = new Set(Array.from({ length: plan.inputs }, (_, k) => k));
  const flaws = plan.buffers.flatMap(bufferFlaws);
  plan.passes.forEach((pass, k) => {
    const say = (flaw: string): number => flaws.push(`pass ${k} (${pass.kind}) ${flaw}`);
    for (const read of readsOf(pass)) if (!written.has(read)) say(`reads buffer ${read} before it is written`);
    if (written.has(pass.output)) say(`writes buffer ${pass.output} again`);
    for (const flaw of passFlaws(pass, plan)) say(flaw);
    written.add(pass.output);
  });
  if (!written.has(plan.result)) flaws.push(`the result, buffer ${plan.result}, is never written`);
  if (plan.buffers[plan.result]?.storage === "working") flaws.push("the result has no storage of its own");
  return flaws;
};

const bufferFlaws = (buffer: Buffer, k: number): readonly string[] => [
  ...(buffer.size.every((n) => Number.isInteger(n) && n > 0) ? [] : [`buffer ${k} has size ${buffer.size.join("×")}`]),
  ...(Number.isInteger(buffer.channels) && buffer.channels > 0 ? [] : [`buffer ${k} has ${buffer.channels} channels`]),
  ...(buffer.storage === "working" ||
  (buffer.storage.rescale.slope !== 0 && Number.isFinite(buffer.storage.rescale.slope))
    ? []
    : [`buffer ${k} has no invertible rescale`]),
];

const passFlaws = (pass: Pass, plan: Plan): readonly string[] => {
  const output = plan.buffers[pass.output];
  if (output === undefined) return [`writes buffer ${pass.output}, which does not exist`];
  switch (pass.kind) {
    case "prefilter": {
      const source = plan.buffers[pass.source];
      return source?.size.join() === output.size.join() && source.channels === output.channels
        ? []
        : ["changes the size"];
    }
    case "gather": {
      const pulls = [...pass.taps, ...pass.regions].map(({ pull }) => pull);
      const nodes = nodesOf(pass.body);
      return [
        ...(pulls.every((p) => [...p.linear, ...p.offset].every(Number.isFinite))
          ? []
          : ["has a pull that is not finite"]),
        ...pass.taps.flatMap((tap, k) => {
          const kind = classify(snapPull(tap.pull, output.size));
          return [
            ...(kind === tap.class ? [] : [`calls tap ${k} ${tap.class}, but it is ${kind}`]),
            ...(tap.class === "copy" && tap.by !== "nearest" ? [`copies tap ${k} by ${tap.by}`] : []),
            ...([1, output.channels].includes(plan.buffers[tap.source]?.channels ?? 0)
              ? []
              : [`mixes channels in tap ${k}`]),
          ];
        }),
        ...nodes.flatMap((s) => {
          if (s.kind === "tap" && s.index >= pass.taps.length) return [`uses tap ${s.index}, which does not exist`];
          if (s.kind === "inside" && s.region >= pass.regions.length)
            return [`uses region ${s.region}, which does not exist`];
          return [];
        }),
      ];
    }
  }
};
