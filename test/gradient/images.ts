/** Small images with something to see at every voxel, and what gradients are checked against. */
import { type Grid, gridOf, imageFromArray, indexToWorld, type MedImage, transformPoint } from "../../src/index.ts";

export const oblique: Grid = gridOf([9, 8, 7], {
  spacing: [1.5, 1, 2],
  origin: [-3, 4, 5],
  direction: [0.8, -0.6, 0, 0.6, 0.8, 0, 0, 0, 1],
});

/** A function of world points, on a grid. */
export const sampled = (
  of: (x: number, y: number, z: number) => number,
  grid: Grid = oblique,
): MedImage<"intensity"> => {
  const [nx, ny, nz] = grid.size;
  const data = new Float64Array(nx * ny * nz);
  for (let k = 0; k < data.length; k++) {
    const index = [k % nx, Math.floor(k / nx) % ny, Math.floor(k / (nx * ny))] as const;
    data[k] = of(...transformPoint(indexToWorld(grid), index));
  }
  return imageFromArray(data, grid);
};

export const waves = (phase: number): MedImage<"intensity"> =>
  sampled((x, y, z) => Math.sin(0.4 * x + phase) + Math.cos(0.5 * y - phase) * Math.sin(0.3 * z + 0.2 * x));

/** The image with one number added to one voxel. */
export const nudged = (image: MedImage<"intensity">, voxel: number, by: number): MedImage<"intensity"> => {
  const data = Float64Array.from(image.voxels.data as Float64Array);
  data[voxel] = (data[voxel] ?? 0) + by;
  return imageFromArray(data, image.grid);
};

export const slopeOf = async (of: (x: number) => Promise<number>, step: number): Promise<number> =>
  ((await of(step)) - (await of(-step))) / (2 * step);
