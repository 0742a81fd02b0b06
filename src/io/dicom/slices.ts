/**
 * Files as slices: each a frame with a place in the world and whatever tells it apart from others at the same
 * place. Classic files have one, enhanced ones (functional groups) and Siemens mosaics many.
 */
import { classicSlices } from "./classic.ts";
import { enhancedSlices } from "./enhanced.ts";
import type { ImageFile } from "./file.ts";
import { mosaicSlices } from "./mosaic.ts";
import type { Slices } from "./slice.ts";

/**
 * The slices of a file.
 * @throws MedImagesError `MalformedFile` for geometry that is none
 */
export const slicesOf = (file: ImageFile): Slices => {
  const perFrame = file.data.items("PerFrameFunctionalGroupsSequence");
  if (perFrame.length > 0) return enhancedSlices(file, perFrame);
  const classic = classicSlices(file);
  const [whole] = classic.slices;
  return whole !== undefined && classic.slices.length === 1 && file.data.texts("ImageType").includes("MOSAIC")
    ? mosaicSlices(file, whole, classic.warnings)
    : classic;
};
