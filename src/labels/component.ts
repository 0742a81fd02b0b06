/**
 * Connected components: voxels are joined with those of their neighbours that come before them, and sets of voxels
 * that meet become one, each named by its first voxel (union-find with path halving: Tarjan & van Leeuwen 1984).
 */
import { voxelCount } from "../../compiler/language/grid.ts";
import type { Vector3 } from "../../compiler/language/vector.ts";
import { storedAs } from "../../compiler/language/voxels.ts";
import { labelImage, type MedImage } from "../image.ts";
import { type ClassOptions, forEachVoxel, type Region, regionOf, someRegionOf } from "./region.ts";

/** Which voxels touch: those that share a face (6), an edge too (18), or a corner too (26). */
export type Connectivity = 6 | 18 | 26;
export interface ComponentOptions extends ClassOptions {
  /** 26 unless said. */
  readonly connectivity?: Connectivity;
}

/** Along how many axes a neighbour may lie aside. */
const aside: Readonly<Record<Connectivity, number>> = { 6: 1, 18: 2, 26: 3 };

/**
 * The connected components of a class, numbered from 1 in the order of their first voxels, as scipy's `label`; 0
 * elsewhere. uint32. @throws MedImagesError `UnsupportedVoxels` for several channels
 */
export const components = (image: MedImage, options: ComponentOptions = {}): MedImage<"label"> => {
  const region = regionOf(image, options);
  const root = rootsOf(region, options.connectivity ?? 26);
  const data = new Uint32Array(region.inside.length);
  let count = 0;
  // A root comes before all that it names.
  forEachVoxel(region, (_, offset) => {
    const first = root(offset);
    data[offset] = first === offset ? ++count : (data[first] ?? 0);
  });
  const { study, clinical, modality, grid } = image;
  return labelImage({ voxels: { ...storedAs("uint32"), data, channels: 1 }, grid, study, clinical, modality });
};

/**
 * The largest connected component of a class, the first of several: 1 there and 0 elsewhere, uint8.
 * @throws MedImagesError `UnsupportedVoxels` where there is no voxel of the class, and for several channels
 */
export const largestComponent = (image: MedImage, options: ComponentOptions = {}): MedImage<"label"> => {
  const region = someRegionOf(image, options);
  const root = rootsOf(region, options.connectivity ?? 26);
  const sizes = new Map<number, number>();
  forEachVoxel(region, (_, offset) => sizes.set(root(offset), (sizes.get(root(offset)) ?? 0) + 1));
  const [largest] = [...sizes].reduce((best, next) => (next[1] > best[1] ? next : best));
  const data = new Uint8Array(region.inside.length);
  forEachVoxel(region, (_, offset) => {
    data[offset] = root(offset) === largest ? 1 : 0;
  });
  const { study, clinical, modality, grid } = image;
  return labelImage({ voxels: { ...storedAs("uint8"), data, channels: 1 }, grid, study, clinical, modality });
};

/** For each voxel of a region the first voxel of its component. */
const rootsOf = (region: Region, connectivity: Connectivity): ((offset: number) => number) => {
  const parent = new Int32Array(voxelCount(region.grid)).fill(-1);
  const root = (of: number): number => {
    let here = of;
    for (;;) {
      const above = parent[here] ?? here;
      if (above === here) return here;
      const next = parent[above] ?? above;
      parent[here] = next;
      here = next;
    }
  };
  const [nx, ny] = region.grid.size;
  const neighbours = before(connectivity);
  forEachVoxel(region, ([x, y, z], offset) => {
    let own = offset;
    parent[offset] = offset;
    for (const [dx, dy, dz] of neighbours) {
      if (x + dx < 0 || x + dx >= nx || y + dy < 0 || y + dy >= ny || z + dz < 0) continue;
      const other = offset + (dz * ny + dy) * nx + dx;
      if (region.inside[other] !== 1) continue;
      const theirs = root(other);
      parent[Math.max(own, theirs)] = Math.min(own, theirs);
      own = Math.min(own, theirs);
    }
  });
  return root;
};

/** The neighbours that come before a voxel in memory. */
const before = (connectivity: Connectivity): readonly Vector3[] => {
  const steps = [-1, 0, 1];
  return steps
    .flatMap((dz) => steps.flatMap((dy) => steps.map((dx): Vector3 => [dx, dy, dz])))
    .slice(0, 13)
    .filter((step) => step.filter((d) => d !== 0).length <= aside[connectivity]);
};
