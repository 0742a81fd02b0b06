/**
 * The formats that images are read from and written to. Reading goes by content, with the name to help;
 * writing goes by the name.
 */
import { fail } from "../../compiler/errors.ts";
import type { Content } from "./content.ts";
import { dicomFormat } from "./dicom/format.ts";
import type { ImageFormat } from "./format.ts";
import { hdf5Format } from "./hdf5/format.ts";
import { metaImageFormat } from "./metaimage/format.ts";
import { niftiFormat } from "./nifti/format.ts";
import { nrrdFormat } from "./nrrd/format.ts";
import { registeredFormats } from "./registry.ts";
import { recognizeForeign } from "./sniff.ts";

const ownFormats: readonly ImageFormat[] = [niftiFormat, dicomFormat, metaImageFormat, nrrdFormat, hdf5Format];

/** Those that were added first. */
const allFormats = (): readonly ImageFormat[] => [...registeredFormats(), ...ownFormats];

/** Enough for every magic number that is looked for. */
const headLength = 1024;

const known = (): string =>
  allFormats()
    .map(({ name }) => name)
    .join(", ");

/**
 * The format of a content that was not read from yet.
 * @throws MedImagesError `UnsupportedFile` or `MalformedFile`, which say what else it is
 */
export const formatOf = async (content: Content): Promise<ImageFormat> => {
  const head = await content.peek(headLength);
  const path = content.name;
  if (head.length === 0)
    return fail({ kind: "MalformedFile", path, reason: "is empty: there is nothing in its gzip stream" });
  const format = allFormats().find(({ recognizes }) => recognizes(head, path));
  if (format !== undefined) return format;
  const foreign = recognizeForeign(head);
  return foreign === undefined
    ? fail({
        kind: "MalformedFile",
        path,
        reason: `is not an image that can be read here: it begins as no ${known()} file does`,
        remedy: "get the file again from where it came, or convert it to NIfTI",
      })
    : fail({
        kind: foreign.sound ? "UnsupportedFile" : "MalformedFile",
        path,
        reason: foreign.is,
        remedy: foreign.remedy,
      });
};

/**
 * The format that a name asks for.
 * @throws MedImagesError `UnsupportedFile`, which names the suffixes that there are
 */
export const formatForWriting = (path: string): Required<Pick<ImageFormat, "write">> => {
  const name = path.toLowerCase();
  for (const { suffixes, write } of allFormats())
    if (write !== undefined && suffixes.some((suffix) => name.endsWith(suffix))) return { write };
  const suffixes = allFormats().flatMap((format) => (format.write === undefined ? [] : format.suffixes));
  return fail({
    kind: "UnsupportedFile",
    path,
    reason: "its name does not end as that of an image that can be written",
    remedy: `${name.endsWith(".dcm") ? "write a DICOM series by saveDicom of medimages/dicom, or " : ""}let it end in one of ${suffixes.join(", ")}`,
  });
};
