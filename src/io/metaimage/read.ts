/** Reading MetaImage: the header, the files that it names, the checks, and only then voxels. */
import { fail } from "../../../compiler/errors.ts";
import { voxelCount } from "../../../compiler/language/grid.ts";
import { dtypes } from "../../../compiler/language/voxels.ts";
import type { Warning } from "../../image.ts";
import type { Content } from "../content.ts";
import { mostFiles, namedPart, namesOfPattern, type Part, restPart } from "../data-files.ts";
import { claimedBytes, describedImage } from "../described-voxels.ts";
import { unpackedParts } from "../encodings.ts";
import type { ImageHeader, OpenedImage } from "../format.ts";
import type { Budget } from "../limits.ts";
import { readMetaFields } from "./fields.ts";
import { type MetaHeader, parseMetaHeader } from "./header.ts";

/** One part for the whole image, or one for each slice (or whatever the list says that a file holds). */
const partsOf = async (content: Content, header: MetaHeader, files: readonly string[]): Promise<readonly Part[]> => {
  const { dataFile } = header;
  const path = content.name;
  if (/^local$/i.test(dataFile)) return [restPart(content)];
  const pattern = /^(\S*%\S+)\s+(-?\d+)\s+(-?\d+)(?:\s+(-?\d+))?$/.exec(dataFile);
  const listed =
    pattern !== null
      ? namesOfPattern(path, pattern[1] ?? "", [Number(pattern[2]), Number(pattern[3]), Number(pattern[4] ?? 1)])
      : /^LIST\b/.test(dataFile)
        ? files
        : [dataFile];
  if (listed.length === 0 || listed.length > mostFiles)
    fail({ kind: "MalformedFile", path, reason: `its list of data files has ${listed.length} names` });
  const parts: Part[] = [];
  for (const name of listed) parts.push(await namedPart(content, name));
  return parts;
};

/** How many bytes of a file that holds header and voxels come before those that HeaderSize puts first. */
const skippedOf = (content: Content, { headerSize, dataFile }: MetaHeader): number => {
  if (headerSize <= 0 || !/^local$/i.test(dataFile)) return headerSize;
  const before = headerSize - content.position();
  return before >= 0
    ? before
    : fail({
        kind: "MalformedFile",
        path: content.name,
        reason: `its HeaderSize ${headerSize} puts the voxels inside the header`,
      });
};

/**
 * Reads and checks the header of a MetaImage.
 * @throws MedImagesError `MalformedFile`, `UnsupportedFile`
 */
export const openMetaImage = async (content: Content, budget: Budget): Promise<OpenedImage> => {
  const warnings: Warning[] = [];
  const read = await readMetaFields(content);
  const meta = parseMetaHeader(read, content.name, warnings);
  const parts = await partsOf(content, meta, read.files);
  const bytes = claimedBytes(meta);
  if (parts.length > 1 && (bytes / dtypes[meta.dtype].bytes) % parts.length !== 0)
    fail({
      kind: "MalformedFile",
      path: content.name,
      reason: `its ${parts.length} data files cannot hold ${voxelCount(meta.grid)} voxels in equal parts`,
    });
  const skipped = skippedOf(content, meta);
  const packing = {
    // MetaIO looks for the header of a compressed file before it is inflated; nobody writes such files.
    encoding: meta.encoding,
    skipped: { lines: 0, bytes: skipped },
    dtype: meta.dtype,
  };
  if (skipped !== 0 && meta.encoding !== "raw")
    fail({
      kind: "UnsupportedFile",
      path: content.name,
      reason: `has a HeaderSize of ${meta.headerSize} before voxels that are not raw`,
      remedy: "decompress it first",
    });
  const { dtype, grid, channels, rescale, modality, metadata } = meta;
  const header: ImageHeader = {
    format: "MetaImage",
    grid,
    dtype,
    rescale,
    channels,
    modality,
    study: {},
    clinical: {},
    display: {},
    metadata: { metaimage: metadata },
    warnings: [...warnings, ...content.warnings()],
  };
  // Text has no byte order.
  const swap = meta.bigEndian && meta.encoding !== "ascii";
  const voxelContent = unpackedParts(content, parts, bytes, packing);
  return describedImage(header, voxelContent, { interleaved: meta.interleaved, swap }, budget);
};
