/** One class of a label image, as the voxels that it has. Everything here measures that. */

import { isOnDevice } from "../../backends/backend.ts";
import { fail } from "../../compiler/errors.ts";
import { transformPoint } from "../../compiler/language/affine.ts";
import { type Grid, indexToWorld, sameGrid, voxelCount } from "../../compiler/language/grid.ts";
import type { Vector3 } from "../../compiler/language/vector.ts";
import type { MedImage } from "../image.ts";

/** The voxels of a grid that are of a class. */
export interface Region {
  readonly grid: Grid;
  /** 1 where a voxel is of it, else 0; x fastest. */
  readonly inside: Uint8Array;
  readonly count: number;
}

export interface ClassOptions {
  /** The number of the class; all voxels that are not 0 unless said. */
  readonly class?: number;
}

/** The class number of each voxel. @throws MedImagesError `UnsupportedVoxels` for several channels, and on a GPU */
export const classAt = ({ voxels }: MedImage): ((offset: number) => number) => {
  if (voxels.channels !== 1)
    refuse(`an image of ${voxels.channels} channels has no class numbers`, "take one of one channel, or argMax");
  if (isOnDevice(voxels)) return refuse("voxels on a GPU are not looked at here", "fetch the image with toCpu first");
  const { data, rescale } = voxels;
  return (offset) => Number(data[offset]) * rescale.slope + rescale.intercept;
};

/** @throws as {@link classAt} */
export const regionOf = (image: MedImage, { class: number }: ClassOptions): Region => {
  const of = classAt(image);
  const inside = new Uint8Array(voxelCount(image.grid));
  let count = 0;
  for (let k = 0; k < inside.length; k++) {
    const value = of(k);
    if (number === undefined ? value === 0 || Number.isNaN(value) : value !== number) continue;
    inside[k] = 1;
    count++;
  }
  return { grid: image.grid, inside, count };
};

/** The region, which must not be empty. @throws MedImagesError `UnsupportedVoxels` */
export const someRegionOf = (image: MedImage, options: ClassOptions): Region => {
  const region = regionOf(image, options);
  if (region.count > 0) return region;
  const what = options.class === undefined ? "other than 0" : `of class ${options.class}`;
  return refuse(`the image has no voxel ${what}`, "check the class number");
};

/** Two regions of one grid. @throws MedImagesError `UnsupportedVoxels` where the grids differ */
export const checkSameGrid = (a: MedImage, b: MedImage): void => {
  if (!sameGrid(a.grid, b.grid))
    refuse("the two images lie on different grids", "bring one onto the other by resampleToImage");
};

/** Calls `visit` with the index of each voxel of a region. */
export const forEachVoxel = ({ grid, inside }: Region, visit: (index: Vector3, offset: number) => void): void => {
  const [nx, ny, nz] = grid.size;
  let offset = 0;
  for (let z = 0; z < nz; z++)
    for (let y = 0; y < ny; y++)
      for (let x = 0; x < nx; x++, offset++) if (inside[offset] === 1) visit([x, y, z], offset);
};

/** The world point (LPS mm) of an index. */
export const toWorld = (grid: Grid): ((index: Vector3) => Vector3) => {
  const map = indexToWorld(grid);
  return (index) => transformPoint(map, index);
};

export const refuse = (reason: string, remedy: string): never => fail({ kind: "UnsupportedVoxels", reason, remedy });
