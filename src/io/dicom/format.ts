/**
 * DICOM as an entry of the table of formats: one file at a time. Everything but the look at the first bytes is
 * loaded when a file is opened.
 */
import type { ImageFormat } from "../format.ts";
import { looksLikeDicom } from "./recognize.ts";

export const dicomFormat: ImageFormat = {
  name: "DICOM",
  suffixes: [".dcm"],
  recognizes: (head) => looksLikeDicom(head),
  list: async (content, budget) => (await import("./directory.ts")).listedFiles(content, budget),
  open: async (content, budget) => (await import("./open.ts")).openDicom(content, budget),
};
