/** How much there is of each class. */
import { indexToWorld, voxelCount } from "../../compiler/language/grid.ts";
import { determinant3 } from "../../compiler/language/vector.ts";
import type { MedImage } from "../image.ts";
import { classAt } from "./region.ts";

/** The number of voxels of a class, and what they fill. */
export interface ClassVolume {
  readonly class: number;
  readonly voxels: number;
  /** In mm³. */
  readonly volume: number;
}

/** The classes that an image has, 0 among them, in order. @throws MedImagesError `UnsupportedVoxels` for several channels */
export const volumes = (image: MedImage): readonly ClassVolume[] => {
  const of = classAt(image);
  const counts = new Map<number, number>();
  for (let k = 0; k < voxelCount(image.grid); k++) counts.set(of(k), (counts.get(of(k)) ?? 0) + 1);
  const each = Math.abs(determinant3(indexToWorld(image.grid).linear));
  return [...counts]
    .sort(([a], [b]) => a - b)
    .map(([number, voxels]) => ({ class: number, voxels, volume: voxels * each }));
};
