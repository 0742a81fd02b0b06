/** Images for tests that compare backends. */
import { imageFromArray, type MedImage, type VoxelArray } from "../../src/index.ts";

/** Pseudo-random values in [−1000, 1000). */
export const noise = (size: readonly [number, number, number], seed = 1): MedImage<"intensity"> => {
  let state = seed;
  const data = Float32Array.from({ length: size[0] * size[1] * size[2] }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32) * 2000 - 1000;
  });
  return imageFromArray(data, { size, spacing: [1, 1.2, 2] });
};

/** Largest less least of the finite values; 1 where that says nothing. */
export const span = (values: VoxelArray): number => {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    const v = Number(value);
    if (!Number.isFinite(v)) continue;
    low = Math.min(low, v);
    high = Math.max(high, v);
  }
  return high > low ? high - low : 1;
};
