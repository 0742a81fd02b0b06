/** Images: any voxels on any grid. */
import type fc from "fast-check";
import { type Grid, voxelCount } from "../../compiler/language/grid.ts";
import { intensityImage, labelImage, type MedImage } from "../../src/image.ts";
import { grids } from "./grids.ts";
import { labelVoxels, type VoxelOptions, voxels } from "./voxels.ts";

export interface ImageOptions extends VoxelOptions {
  /** Where the images lie; small grids of every kind unless said otherwise. */
  readonly grids?: fc.Arbitrary<Grid>;
}

/** Intensity images. */
export const images = (options: ImageOptions = {}): fc.Arbitrary<MedImage<"intensity">> =>
  (options.grids ?? grids()).chain((grid) =>
    voxels(voxelCount(grid), options).map((drawn) => intensityImage({ voxels: drawn, grid })),
  );

/** Label images. */
export const labelImages = (options: Pick<ImageOptions, "grids"> = {}): fc.Arbitrary<MedImage<"label">> =>
  (options.grids ?? grids()).chain((grid) =>
    labelVoxels(voxelCount(grid)).map((drawn) => labelImage({ voxels: drawn, grid })),
  );
