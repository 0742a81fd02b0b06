/** Where a class lies and how far it reaches. Points are in world mm (LPS). */
import { norm, subtract, type Vector3, vector } from "../../compiler/language/vector.ts";
import type { Box } from "../box.ts";
import type { MedImage } from "../image.ts";
import { type ClassOptions, forEachVoxel, type Region, regionOf, someRegionOf, toWorld } from "./region.ts";

/** The mean of the centres of its voxels, in world mm. @throws MedImagesError `UnsupportedVoxels` without voxels */
export const barycentre = (image: MedImage, options: ClassOptions = {}): Vector3 =>
  centreOfRegion(someRegionOf(image, options));

const centreOfRegion = (region: Region): Vector3 => {
  const sums: [number, number, number] = [0, 0, 0];
  forEachVoxel(region, ([x, y, z]) => {
    sums[0] += x;
    sums[1] += y;
    sums[2] += z;
  });
  return toWorld(region.grid)(vector((k) => sums[k] / region.count));
};

/** The least box of voxels that holds all of a class. @throws as {@link barycentre} */
export const boundingBox = (image: MedImage, options: ClassOptions = {}): Box => {
  const low: [number, number, number] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const high: [number, number, number] = [-1, -1, -1];
  forEachVoxel(someRegionOf(image, options), (index) => {
    for (const k of [0, 1, 2] as const) {
      low[k] = Math.min(low[k], index[k]);
      high[k] = Math.max(high[k], index[k]);
    }
  });
  return { start: low, size: vector((k) => high[k] - low[k] + 1) };
};

/** The distance in mm from the barycentre to the farthest centre of a voxel of the class. @throws as {@link barycentre} */
export const maximalRadius = (image: MedImage, options: ClassOptions = {}): number => {
  const region = someRegionOf(image, options);
  const centre = centreOfRegion(region);
  const world = toWorld(region.grid);
  let farthest = 0;
  forEachVoxel(region, (index) => {
    farthest = Math.max(farthest, norm(subtract(world(index), centre)));
  });
  return farthest;
};

/** The centres of the voxels of a class, in world mm, in the order in which they lie in memory; none without voxels. */
export const pointsOf = (image: MedImage, options: ClassOptions = {}): readonly Vector3[] => {
  const region = regionOf(image, options);
  const world = toWorld(region.grid);
  const points: Vector3[] = [];
  forEachVoxel(region, (index) => points.push(world(index)));
  return points;
};
