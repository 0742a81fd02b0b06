/**
 * Checks a plan after each phase, so that a mistake of the compiler shows where it was made and not as a
 * wrong voxel three layers further on.
 */

import { classify, snapPull } from "./classify.ts";
import { fail } from "./errors.ts";
import type { Affine } from "./language/affine.ts";
import { nodesOf, type Scalar } from "./language/scalar.ts";
import { type Aim, type Buffer, type GradientPass, type Look, type Pass, type Plan, readsOf } from "./plan.ts";

/** Returns the plan when it is sound. @throws MedImagesError `InternalError` naming the phase and every flaw. */
export const verify = (plan: Plan, phase: string): Plan => {
  refuse(flawsOf(plan), phase);
  return plan;
};

export const refuse = (flaws: readonly string[], phase: string): void => {
  if (flaws.length > 0) fail({ kind: "InternalError", phase, reason: flaws.join("; ") });
};

/** What is wrong with a plan, in words. */
export const flawsOf = (plan: Plan): readonly string[] => flawsOfPasses(plan, [plan.result], flawsOfPass);

/** `flawsOfPass` says what is wrong with a pass by itself, which has an output. */
export const flawsOfPasses = <P extends GradientPass>(
  plan: Passes<P>,
  results: readonly number[],
  flawsOfPass: (pass: P, output: Buffer, buffers: readonly Buffer[]) => readonly string[],
): readonly string[] => {
  const written = new Set(Array.from({ length: plan.inputs }, (_, k) => k));
  const flaws = plan.buffers.flatMap(bufferFlaws);
  plan.passes.forEach((pass, k) => {
    const say = (flaw: string): number => flaws.push(`pass ${k} (${pass.kind}) ${flaw}`);
    for (const read of readsOf(pass)) if (!written.has(read)) say(`reads buffer ${read} before it is written`);
    if (written.has(pass.output)) say(`writes buffer ${pass.output} again`);
    const output = plan.buffers[pass.output];
    if (output === undefined) say(`writes buffer ${pass.output}, which does not exist`);
    else for (const flaw of flawsOfPass(pass, output, plan.buffers)) say(flaw);
    written.add(pass.output);
  });
  for (const result of results) {
    if (!written.has(result)) flaws.push(`the result, buffer ${result}, is never written`);
    if (plan.buffers[result]?.storage === "working") flaws.push("the result has no storage of its own");
  }
  return flaws;
};

interface Passes<P> {
  readonly buffers: readonly Buffer[];
  readonly inputs: number;
  readonly passes: readonly P[];
}

const bufferFlaws = (buffer: Buffer, k: number): readonly string[] => [
  ...(buffer.size.every((n) => Number.isInteger(n) && n > 0) ? [] : [`buffer ${k} has size ${buffer.size.join("×")}`]),
  ...(Number.isInteger(buffer.channels) && buffer.channels > 0 ? [] : [`buffer ${k} has ${buffer.channels} channels`]),
  ...(buffer.storage === "working" ||
  (buffer.storage.rescale.slope !== 0 && Number.isFinite(buffer.storage.rescale.slope))
    ? []
    : [`buffer ${k} has no invertible rescale`]),
];

/** What is wrong with a pass that makes a volume. */
export const flawsOfPass = (pass: Pass, output: Buffer, buffers: readonly Buffer[]): readonly string[] => {
  switch (pass.kind) {
    case "prefilter": {
      const source = buffers[pass.source];
      return source?.size.join() === output.size.join() && source.channels === output.channels
        ? []
        : ["changes the size"];
    }
    case "displaced": {
      const source = buffers[pass.source];
      const kept = pass.by === "nearest" && pass.slope === undefined ? source?.storage : "working";
      return [
        ...aimFlaws(pass, output, buffers),
        ...(source?.channels === output.channels ? [] : ["changes the channels"]),
        ...(JSON.stringify(kept) === JSON.stringify(output.storage) ? [] : ["keeps what it finds as something else"]),
      ];
    }
    case "within":
      return aimFlaws(pass, output, buffers);
    case "gather":
      return lookFlaws(pass, [pass.body], output, buffers);
  }
};

/** What is wrong with where looks go, over a domain. */
export const aimFlaws = (
  { aim: { pull, onto, displacement } }: { readonly aim: Aim },
  { size }: Pick<Buffer, "size">,
  buffers: readonly Buffer[],
): readonly string[] => [
  ...(isFinitePull({ pull }) && onto.linear.every(Number.isFinite) ? [] : ["has a pull that is not finite"]),
  ...displacement.flatMap((number) => {
    const component = buffers[number];
    return component?.size.join() === size.join() && component.channels === 1
      ? []
      : [`is displaced by buffer ${number}, which is not one number for each voxel`];
  }),
];

export const isFinitePull = ({ pull }: { readonly pull: Affine<"index", "index"> }): boolean =>
  [...pull.linear, ...pull.offset].every(Number.isFinite);

/** Whether a buffer has the shape of a joint histogram. */
export const isTable = (buffer: Buffer | undefined): boolean =>
  buffer !== undefined && buffer.size[0] === buffer.size[1] && buffer.size[2] === 1 && buffer.channels === 1;

/** What is wrong with bodies and what they look at, over a domain. */
export const lookFlaws = (
  { taps, regions }: Look,
  bodies: readonly Scalar[],
  domain: Pick<Buffer, "size" | "channels">,
  buffers: readonly Buffer[],
): readonly string[] => [
  ...([...taps, ...regions].every(isFinitePull) ? [] : ["has a pull that is not finite"]),
  ...taps.flatMap((tap, k) => {
    // What parameters move counts as general even where it happens to be less.
    const free = tap.pull.tangents === undefined ? classify(snapPull(tap.pull, domain.size)) : "general";
    // A spline is no copy even at whole indices, where its buffer need not hold coefficients that interpolate.
    const kind = free === "copy" && tap.by === "bspline" ? "axis-aligned" : free;
    return [
      ...(kind === tap.class ? [] : [`calls tap ${k} ${tap.class}, but it is ${kind}`]),
      ...(tap.class === "copy" && tap.by !== "nearest" ? [`copies tap ${k} by ${tap.by}`] : []),
      ...([1, domain.channels].includes(buffers[tap.source]?.channels ?? 0) ? [] : [`mixes channels in tap ${k}`]),
    ];
  }),
  ...bodies.flatMap(nodesOf).flatMap((s) => {
    if ((s.kind === "tap" || s.kind === "slope") && s.index >= taps.length)
      return [`uses tap ${s.index}, which does not exist`];
    if (s.kind === "lookup" && !isTable(buffers[s.buffer])) return [`looks up buffer ${s.buffer}, which is no table`];
    if (s.kind === "inside" && s.region >= regions.length) return [`uses region ${s.region}, which does not exist`];
    return [];
  }),
];
