/** NRRD as an entry of the table of formats; reader and writer are loaded when they are first needed. */
import type { ImageFormat } from "../format.ts";

export const nrrdFormat: ImageFormat = {
  name: "NRRD",
  suffixes: [".nrrd", ".nhdr"],
  recognizes: (head) => /^NRRD\d{4}\s/.test(String.fromCharCode(...head.subarray(0, 10))),
  open: async (content, budget) => (await import("./read.ts")).openNrrd(content, budget),
  write: async (path, image, options) => (await import("./write.ts")).saveNrrd(path, image, options),
};
