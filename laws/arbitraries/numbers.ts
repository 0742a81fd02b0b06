/** Numbers that people can read: decimals of few digits, so that a counterexample fits on a line. */
import fc from "fast-check";
import type { Vector3 } from "../../compiler/language/vector.ts";

/** Decimals from `min` to `max` with `places` digits after the point. */
export const decimals = (min: number, max: number, places = 2): fc.Arbitrary<number> => {
  const unit = 10 ** places;
  return fc.integer({ min: Math.ceil(min * unit), max: Math.floor(max * unit) }).map((n) => n / unit);
};

/** Three numbers, each from the same arbitrary. */
export const vectors = (numbers: fc.Arbitrary<number>): fc.Arbitrary<Vector3> => fc.tuple(numbers, numbers, numbers);

/**
 * A stream of numbers in [0, 1) from a seed: voxels are drawn from it, for drawing each of hundreds from
 * fast-check would take longer than judging them. Seed 0 counts up slowly instead, for readable failures.
 */
export const stream = (seed: number): (() => number) => {
  let state = seed | 0;
  if (seed === 0) return () => (state++ % 97) / 97;
  return () => {
    // mulberry32
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** Seeds for {@link stream}. */
export const seeds: fc.Arbitrary<number> = fc.integer({ min: 0, max: 2 ** 31 - 1 });
