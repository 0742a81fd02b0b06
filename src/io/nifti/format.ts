/** NIfTI and Analyze as an entry of the table of formats; the reader is loaded when it is first needed. */
import type { ImageFormat } from "../format.ts";
import { looksLikeNifti } from "./identity.ts";
import { isImageName } from "./pair.ts";
import { niftiSuffixes, saveNifti } from "./write.ts";

export const niftiFormat: ImageFormat = {
  name: "NIfTI",
  suffixes: niftiSuffixes,
  // The voxels of a pair have nothing of their own to be known by.
  recognizes: (head, name) => looksLikeNifti(head) || isImageName(name),
  open: async (content, budget) => (await import("./read.ts")).openNifti(content, budget),
  write: saveNifti,
};
