/**
 * Whether the first axis after those of space holds the parts of a vector, or time points and the like. Channels are
 * the same either way, so that it is what the file said from which an image came; formats that keep the two apart ask
 * here, whichever of them it was.
 */
import type { MedImage } from "../image.ts";
import { metaImageMetadataIn } from "./metaimage/metadata.ts";
import { nrrdMetadataIn } from "./nrrd/metadata.ts";

/** How many numbers of one voxel belong together: 1 unless the image was read as one of vectors. */
export const vectorLength = ({ channels, metadata }: Pick<MedImage, "channels" | "metadata">): number => {
  const [first] = channels.shape;
  if (channels.components !== "scalar" || first === undefined) return 1;
  const nrrd = nrrdMetadataIn(metadata);
  const inNrrd = nrrd !== undefined && nrrd.leading >= 1 && nrrd.other_kinds.length === channels.shape.length;
  return inNrrd || metaImageMetadataIn(metadata)?.interleaved === first ? first : 1;
};
