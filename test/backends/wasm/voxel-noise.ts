/** Pseudo-random voxels of any dtype, for tests of kernels, which see more of the sources than the package shows. */
import { allocate, type DType, dtypes, type VoxelArray } from "../../../compiler/language/voxels.ts";

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
