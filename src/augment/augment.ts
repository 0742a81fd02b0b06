/** Random pipelines as pure functions of a seed. */
import type { Expression, IntensityOperation, Operation, Source } from "../expression.ts";
import type { Kind } from "../image.ts";
import { draw, type Sampler } from "./sampler.ts";
import type { Seed } from "./stream.ts";
import type { Subject } from "./subject.ts";
import { together } from "./together.ts";

/** An operation for images of a kind, and for subjects of any. */
export type Augmentation<K extends Kind = Kind> = <S extends Source<K> | Subject>(source: S) => Augmented<S>;
export type Augmented<S> = S extends Subject ? S : S extends Source<infer K> ? Expression<K> : never;

/**
 * The operation that a sampler draws for a seed: the same for the same seed, on every machine, in every order.
 * Applied to an image it is a chain of ordinary operations, whose drawn numbers `toJSON` prints and `fromJSON`
 * replays to the same bits. Applied to a subject it moves all of its parts together.
 */
export function augment(sampler: Sampler<Operation>): (seed: Seed) => Augmentation;
export function augment(sampler: Sampler<IntensityOperation>): (seed: Seed) => Augmentation<"intensity">;
export function augment(sampler: Sampler<IntensityOperation>): (seed: Seed) => Augmentation {
  const operationFor = draw(sampler as Sampler<Operation>);
  return (seed) => {
    const operation = operationFor(seed);
    return <S extends Source | Subject>(source: S): Augmented<S> =>
      (source.type === "subject" ? together(operation)(source) : operation(source)) as Augmented<S>;
  };
}
