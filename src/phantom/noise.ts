/**
 * Noise from a seeded generator, the same on every machine: additions of whole numbers and one
 * multiplication, no function whose last digit depends on the engine.
 */

import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";

/** Four independent bytes have this standard deviation together. */
const fourBytes = Math.sqrt((4 * (256 ** 2 - 1)) / 12);

/**
 * Numbers of mean 0 and standard deviation 1, near to normal up to 3.4: the sum of the four bytes of one
 * draw (central limit), which is several times faster than an exact method and enough for an image.
 */
export const normalNoise = (seed: number): (() => number) => {
  const generator: RandomGenerator = xoroshiro128plus(seed);
  // The first draws follow the seed closely.
  for (let k = 0; k < 64; k++) generator.next();
  return () => {
    const bits = generator.next();
    return ((bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24) - 510) / fourBytes;
  };
};
