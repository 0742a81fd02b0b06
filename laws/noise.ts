/** Images of noise on grids that are given: directions, cotangents, and other voxels of the same sort. */
import { voxelCount } from "../compiler/language/grid.ts";
import { allocate, type Voxels, voxelsOf } from "../compiler/language/voxels.ts";
import type { Expression } from "../src/expression.ts";
import { intensityImage, type MedImage } from "../src/image.ts";
import { stream } from "./arbitraries/numbers.ts";
import { reals, storedReal } from "./compare.ts";

/** A float64 image of −1 to 1 on the grid and with the channels of what an expression gives. */
export const noiseOn = ({ grid, image }: Expression, seed: number): MedImage<"intensity"> => {
  const { channels } = image.voxels;
  return intensityImage({ voxels: noise(voxelCount(grid) * channels, channels, seed), grid, channels: image.channels });
};

const noise = (length: number, channels: number, seed: number): Voxels => {
  const next = stream(seed);
  return voxelsOf(
    Float64Array.from({ length }, () => next() * 2 - 1),
    { channels },
  );
};

/** The image with other voxels, of real values as `of` says, as far as its storage holds them. */
export const withReals = (
  image: MedImage<"intensity">,
  of: (value: number, i: number) => number,
): MedImage<"intensity"> => {
  const { voxels } = image;
  const data = allocate(voxels.dtype, voxels.data.length);
  reals(voxels).forEach((value, i) => {
    const stored = storedReal(of(value, i), voxels);
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[i] = BigInt(stored);
    else data[i] = Number(stored);
  });
  return { ...image, voxels: { ...voxels, data } };
};

/** Another image of the same grid, channels and storage, of values from −100 to 100 as far as it holds them. */
export const noiseLike = (image: MedImage<"intensity">, seed: number): MedImage<"intensity"> => {
  const next = stream(seed);
  return withReals(image, () => next() * 200 - 100);
};

/** Σ a · b over real values. */
export const innerProduct = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, i) => sum + value * (b[i] ?? Number.NaN), 0);

export const normOf = (a: readonly number[]): number => Math.sqrt(innerProduct(a, a));
