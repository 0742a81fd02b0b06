/**
 * Samplers of numbers and of choices. All of them use whole numbers, comparisons and operations that IEEE 754 rounds
 * exactly, so that a seed gives the same bits in every engine; logarithms and sines, which engines round as they
 * like, are avoided.
 */
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";
import { fail } from "../../compiler/errors.ts";
import { map, type Sampler } from "./sampler.ts";
import { drawFrom } from "./stream.ts";

const drawn =
  <A>(draw: (generator: RandomGenerator) => A): Sampler<A> =>
  (stream) =>
    drawFrom(stream, draw);

/** What keeps numbers from being drawn is told when the sampler is made, and not at some sample. */
const need = (isSo: boolean, error: string): void => {
  if (!isSo) fail({ kind: "InvalidDocument", errors: [error] });
};

/**
 * Numbers of [low, high), all alike: multiples of 2⁻⁵³ of their distance from `low`.
 * @throws MedImagesError `InvalidDocument` where `low` is over `high`
 */
export const uniform = (low: number, high: number): Sampler<number> => {
  need(!(low > high), `uniform: from ${low} to ${high} is no interval; give the lower number first`);
  // Adding 0 makes −0 the 0 that a pipeline file can say.
  return drawn((generator) => low + uniformFloat64(generator) * (high - low) + 0);
};

/**
 * Whole numbers from `low` to `high`, both included, all alike.
 * @throws MedImagesError `InvalidDocument` for limits that are none
 */
export const integer = (low: number, high: number): Sampler<number> => {
  need(
    Number.isSafeInteger(low) && Number.isSafeInteger(high) && low <= high,
    `integer: there is no whole number to draw from ${low} to ${high}; give two whole numbers, the lower one first`,
  );
  return drawn((generator) => uniformInt(generator, low, high));
};

/** True with probability `p`. @throws MedImagesError `InvalidDocument` for a probability that is not from 0 to 1 */
export const chance = (p: number): Sampler<boolean> => {
  need(p >= 0 && p <= 1, `${p} is no probability; give a number from 0 to 1`);
  return drawn((generator) => uniformFloat64(generator) < p);
};

/**
 * Numbers of the normal distribution with a mean and a standard deviation.
 * @throws MedImagesError `InvalidDocument` for a deviation under 0
 */
export const normal = (mean: number, deviation: number): Sampler<number> => {
  need(!(deviation < 0), `normal: the deviation ${deviation} is negative; give 0 or more`);
  return drawn((generator) => mean + deviation * standardNormal(generator) + 0);
};

/** One of some values, all alike. */
export const choice = <A>(...values: readonly [A, ...A[]]): Sampler<A> =>
  map((k: number) => values[k] as A)(integer(0, values.length - 1));

/**
 * A number of the standard normal distribution, by comparisons of uniform numbers only: algorithm N of C. F. F. Karney,
 * "Sampling exactly from the normal distribution", ACM Transactions on Mathematical Software 42(1), 2016, which
 * rests on J. von Neumann's way to exponentials. It is k + x with k whole, in either sense.
 */
const standardNormal = (generator: RandomGenerator): number => {
  for (;;) {
    let k = 0;
    while (expOfHalf(generator)) k++;
    if (!all(k * (k - 1), () => expOfHalf(generator))) continue;
    const x = uniformFloat64(generator);
    if (all(k + 1, () => expOfShare(generator, k, x))) return generator.next() < 0 ? -(k + x) : k + x;
  }
};

const all = (count: number, isTrue: () => boolean): boolean => {
  for (let i = 0; i < count; i++) if (!isTrue()) return false;
  return true;
};

/** True with probability exp(−½): whether uniform numbers fall from ½ on for an even number of times. */
const expOfHalf = (generator: RandomGenerator): boolean => {
  let last = 0.5;
  for (let falls = 0; ; falls++) {
    const next = uniformFloat64(generator);
    if (next >= last) return falls % 2 === 0;
    last = next;
  }
};

/** True with probability exp(−x (2k + x) / (2k + 2)), as above, each fall also having to pass a test of its own. */
const expOfShare = (generator: RandomGenerator, k: number, x: number): boolean => {
  let last = x;
  for (let falls = 0; ; falls++) {
    const next = uniformFloat64(generator);
    if (next >= last || uniformFloat64(generator) >= (2 * k + x) / (2 * k + 2)) return falls % 2 === 0;
    last = next;
  }
};
