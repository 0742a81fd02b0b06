/** One DICOM file, by path, as a blob or as bytes, gzipped or not, as an image. */
import { fail } from "../../../compiler/errors.ts";
import type { Content } from "../content.ts";
import type { OpenedImage } from "../format.ts";
import { memoryOf } from "../limits.ts";
import { isDirectory, readDicomFile } from "./file.ts";
import type { SeriesOptions } from "./options.ts";
import { openSeries } from "./series.ts";

/** All bytes of a content, within the budget. */
const allOf = async (content: Content, options: SeriesOptions): Promise<Uint8Array> => {
  const limit = memoryOf(options);
  const bytes = await content.take(limit < content.capacity ? limit : content.capacity);
  if ((await content.peek(1)).length > 0)
    fail({
      kind: "BudgetExceeded",
      path: content.name,
      what: "the file",
      needed: limit + 1,
      budget: limit,
      remedy: "state a larger `memory` in bytes (command line: --memory) or use a machine with more",
    });
  return bytes;
};

/**
 * Opens a DICOM file as an image.
 * @throws MedImagesError `MalformedFile`, `UnsupportedFile`, `BudgetExceeded`
 */
export const openDicom = async (content: Content, options: SeriesOptions): Promise<OpenedImage> => {
  const { name, path, gzipped } = content;
  const read = await readDicomFile(path !== undefined && !gzipped ? path : await allOf(content, options), options);
  const file = { ...read, path: name };
  if (isDirectory(file))
    fail({
      kind: "UnsupportedFile",
      path: name,
      reason: "is a directory of DICOM files (DICOMDIR), not an image",
      remedy: "name it by its path, or the folder in which it lies",
    });
  const opened = await openSeries(name, [file], options);
  const misnamed = /\.(nii|hdr|mha|mhd|nrrd|h5)(\.gz)?$/i.test(name)
    ? [{ kind: "name", message: `${name}: is a DICOM file, whatever its name ends in` }]
    : [];
  return { ...opened, header: { ...opened.header, warnings: [...opened.header.warnings, ...misnamed] } };
};
