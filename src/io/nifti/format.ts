/** NIfTI and Analyze as an entry of the table of formats. */
import type { ImageFormat } from "../format.ts";
import { looksLikeNifti } from "./header.ts";
import { isImageName } from "./pair.ts";
import { openNifti } from "./read.ts";
import { niftiSuffixes, saveNifti } from "./write.ts";

export const niftiFormat: ImageFormat = {
  name: "NIfTI",
  suffixes: niftiSuffixes,
  // The voxels of a pair have nothing of their own to be known by.
  recognizes: (head, name) => looksLikeNifti(head) || isImageName(name),
  open: openNifti,
  write: saveNifti,
};
