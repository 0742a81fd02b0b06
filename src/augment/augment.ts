/** Random pipelines as pure functions of a seed. */
import type { IntensityOperation, Operation } from "../expression.ts";
import { draw, type Sampler } from "./sampler.ts";
import type { Seed } from "./stream.ts";

/**
 * The operation that a sampler draws for a seed: the same for the same seed, on every machine, in every order.
 * Applied to an image it is a chain of ordinary operations, whose drawn numbers `toJSON` prints and `fromJSON`
 * replays to the same bits.
 */
export function augment(sampler: Sampler<Operation>): (seed: Seed) => Operation;
export function augment(sampler: Sampler<IntensityOperation>): (seed: Seed) => IntensityOperation;
export function augment(sampler: Sampler<IntensityOperation>): (seed: Seed) => Operation {
  return draw(sampler as Sampler<Operation>);
}
