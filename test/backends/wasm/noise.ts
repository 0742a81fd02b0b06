/** Volumes of pseudo-random values in [−1000, 1000), the same at every run. */
import { imageFromArray, type MedImage } from "../../../src/index.ts";

export const noise = (size: readonly [number, number, number], seed = 1): MedImage<"intensity"> => {
  let state = seed;
  const data = Float32Array.from({ length: size[0] * size[1] * size[2] }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32) * 2000 - 1000;
  });
  return imageFromArray(data, { size, spacing: [1, 1.2, 2] });
};
