/** How far two label images agree about a class: in volume, and in where its surface lies. */

import { voxelsOf } from "../../compiler/language/voxels.ts";
import type { MedImage } from "../image.ts";
import { quantileOf, ranked } from "../order-statistics.ts";
import { squaredDistances } from "./distance.ts";
import { type ClassOptions, checkSameGrid, forEachVoxel, type Region, regionOf, someRegionOf } from "./region.ts";

/**
 * Dice's coefficient of a class in two images: 2 |A ∩ B| / (|A| + |B|), from 0 to 1; not-a-number where neither has it.
 * @throws MedImagesError `UnsupportedVoxels` for different grids and for several channels
 */
export const dice = (a: MedImage, b: MedImage, options: ClassOptions = {}): number => {
  checkSameGrid(a, b);
  const [one, other] = [regionOf(a, options), regionOf(b, options)];
  let both = 0;
  for (let k = 0; k < one.inside.length; k++) if (one.inside[k] === 1 && other.inside[k] === 1) both++;
  return (2 * both) / (one.count + other.count);
};

/** Distances between surfaces, in mm. */
export interface SurfaceDistances {
  /** Hausdorff's distance: the largest from any point of one surface to the other. */
  readonly max: number;
  /** The larger of the two 95th percentiles, from each surface to the other. */
  readonly percentile95: number;
  /** The mean over the points of both surfaces. */
  readonly mean: number;
}

/**
 * Distances between the surfaces of a class in two images. Its surface are those of its voxels with a face towards a
 * voxel that is not of it, or towards the outside of the image; a distance is that of the voxels' centres, exactly.
 * These are the definitions of MONAI.
 * @throws MedImagesError `UnsupportedVoxels` where an image lacks the class, for different or sheared grids and for
 * several channels
 */
export const hausdorff = (a: MedImage, b: MedImage, options: ClassOptions = {}): SurfaceDistances => {
  checkSameGrid(a, b);
  const [one, other] = [surfaceOf(someRegionOf(a, options)), surfaceOf(someRegionOf(b, options))];
  const directed = [distancesFrom(one, other), distancesFrom(other, one)];
  const orders = directed.map((distances) => ranked(voxelsOf(distances)));
  const largestOf = (share: number): number => Math.max(...orders.map((order) => quantileOf(order, share)));
  const sum = directed.reduce((all, distances) => all + distances.reduce((s, d) => s + d, 0), 0);
  return { max: largestOf(1), percentile95: largestOf(0.95), mean: sum / (one.count + other.count) };
};

const distancesFrom = (from: Region, to: Region): Float64Array => {
  const squared = squaredDistances(to.inside, to.grid);
  const distances = new Float64Array(from.count);
  let next = 0;
  forEachVoxel(from, (_, offset) => {
    distances[next++] = Math.sqrt(squared[offset] ?? Number.NaN);
  });
  return distances;
};

const surfaceOf = (region: Region): Region => {
  const { grid, inside } = region;
  const [nx, ny, nz] = grid.size;
  const surface = new Uint8Array(inside.length);
  let count = 0;
  forEachVoxel(region, ([x, y, z], offset) => {
    const isAtEdge = x === 0 || y === 0 || z === 0 || x === nx - 1 || y === ny - 1 || z === nz - 1;
    const steps = [1, nx, nx * ny];
    if (!isAtEdge && steps.every((step) => inside[offset - step] === 1 && inside[offset + step] === 1)) return;
    surface[offset] = 1;
    count++;
  });
  return { grid, inside: surface, count };
};
