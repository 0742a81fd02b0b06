/** Images for tests that compare backends. */
import { allocate, type DType, dtypes } from "../../compiler/language/voxels.ts";
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

/** Pseudo-random values of a dtype: in [−1000, 1000), or whole ones of its range within ±20000. */
export const noiseOf = (dtype: DType, length: number, seed: number): VoxelArray => {
  const data = allocate(dtype, length);
  const { integer, min, max } = dtypes[dtype];
  const [low, high] = integer ? [Math.max(min, -20000), Math.min(max, 20000)] : [-1000, 1000];
  let state = seed;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const value = low + (state / 2 ** 32) * (high - low);
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[i] = BigInt(Math.floor(value));
    else data[i] = value;
  }
  return data;
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
