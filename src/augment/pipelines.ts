/** Samplers made of others: in a row, by chance, or one of several. */
import { pipe } from "fp-ts/lib/function.js";
import { fail } from "../../compiler/errors.ts";
import { type Expression, type IntensityOperation, type Operation, type Source, toExpression } from "../expression.ts";
import type { Kind } from "../image.ts";
import { chance, uniform } from "./distributions.ts";
import { fromParts, map, named, type Sampler, struct, tuple } from "./sampler.ts";
import { partOf } from "./stream.ts";

/**
 * Operations one after the other. Each draws from a stream of its own, which is found by its name and by how many
 * of that name came before: to add another, or to change one, changes nothing about what the rest draw.
 */
export function sequence(...steps: readonly Sampler<Operation>[]): Sampler<Operation>;
export function sequence(...steps: readonly Sampler<IntensityOperation>[]): Sampler<IntensityOperation>;
export function sequence(...steps: readonly Sampler<IntensityOperation>[]): Sampler<Operation> {
  return named("sequence")(map(inARow)(tuple(...steps)));
}

/** Operations for every kind of image, as their types say above, make one for every kind. */
export const inARow =
  (operations: readonly IntensityOperation[]): Operation =>
  <K extends Kind>(source: Source<K>): Expression<K> =>
    (operations as readonly Operation[]).reduce((expression, operation) => operation(expression), toExpression(source));

/**
 * With probability `p` the operations, in a row, else none of them; what they would be does not depend on `p`. Its
 * own name is made of theirs.
 * @throws MedImagesError `InvalidDocument` for a probability that is not from 0 to 1
 */
export function sometimes(p: number, ...steps: readonly Sampler<Operation>[]): Sampler<Operation>;
export function sometimes(p: number, ...steps: readonly Sampler<IntensityOperation>[]): Sampler<IntensityOperation>;
export function sometimes(p: number, ...steps: readonly Sampler<IntensityOperation>[]): Sampler<Operation> {
  const operation = sequence(...(steps as readonly Sampler<Operation>[]));
  const parts = struct({ happens: chance(p), operation });
  const name = ["sometimes", ...steps.flatMap(({ part }) => (part === undefined ? [] : [part]))].join(" ");
  return pipe(
    parts,
    map((drawn): Operation => (drawn.happens ? drawn.operation : toExpression)),
    named(name),
  );
}

/** A value of one of some samplers, all alike likely, each of which has a stream of its own. */
export const oneOf = <A>(...samplers: readonly [Sampler<A>, ...Sampler<A>[]]): Sampler<A> =>
  weighted(...(samplers.map((sampler) => [1, sampler] as const) as [Weighted<A>, ...Weighted<A>[]]));

/** How likely a sampler is, as a part of the sum of all weights. */
export type Weighted<A> = readonly [weight: number, sampler: Sampler<A>];

/**
 * A value of one of some samplers, as likely as their weights say.
 * @throws MedImagesError `InvalidDocument` for weights that are not of 0 and positive numbers
 */
export const weighted = <A>(...all: readonly [Weighted<A>, ...Weighted<A>[]]): Sampler<A> => {
  const total = all.reduce((sum, [weight]) => sum + weight, 0);
  if (!(total > 0 && Number.isFinite(total) && all.every(([weight]) => weight >= 0)))
    fail({ kind: "InvalidDocument", errors: ["weights must be 0 or more, and not all of them 0"] });
  const which = uniform(0, total);
  return named("one of")(
    fromParts((stream) => {
      let [rest] = which(partOf(stream, "which", 0));
      const found = all.findIndex(([weight]) => {
        rest -= weight;
        return rest < 0;
      });
      // Rounding may leave a little over for the last.
      const [, sampler] = all[found < 0 ? all.length - 1 : found] ?? all[0];
      return sampler(partOf(stream, "chosen", found))[0];
    }),
  );
};
