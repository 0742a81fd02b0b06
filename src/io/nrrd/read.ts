/** Reading NRRD: the header, the files that it names, the checks, and only then voxels. */
import { fail } from "../../../compiler/errors.ts";
import type { Warning } from "../../image.ts";
import type { Content } from "../content.ts";
import { mostFiles, namedPart, namesOfPattern, type Part, restPart } from "../data-files.ts";
import { claimedBytes, describedImage } from "../described-voxels.ts";
import { unpackedParts } from "../encodings.ts";
import type { ImageHeader, OpenedImage } from "../format.ts";
import type { Budget } from "../limits.ts";
import { readNrrdFields } from "./fields.ts";
import { type NrrdHeader, parseNrrdHeader } from "./header.ts";

/** Names of data files and, where it is said, how many axes each of them holds. */
interface Listed {
  readonly names: readonly string[];
  readonly axes: number | undefined;
}

const listedIn = (dataFile: string, files: readonly string[], path: string): Listed => {
  const list = /^LIST(?:\s+(\d+))?$/.exec(dataFile);
  if (list !== null) return { names: files, axes: list[1] === undefined ? undefined : Number(list[1]) };
  const pattern = /^(\S.*?)\s+(-?\d+)\s+(-?\d+)\s+(-?\d+)(?:\s+(\d+))?$/.exec(dataFile);
  if (pattern?.[1] === undefined || !pattern[1].includes("%")) return { names: [dataFile], axes: undefined };
  const [, names, first, last, step, axes] = pattern;
  return {
    names: namesOfPattern(path, names, [Number(first), Number(last), Number(step)]),
    axes: axes === undefined ? undefined : Number(axes),
  };
};

const partsOf = async (content: Content, header: NrrdHeader, files: readonly string[]): Promise<readonly Part[]> => {
  const { dataFile, sizes } = header;
  const path = content.name;
  if (dataFile === undefined) return [restPart(content)];
  const { names, axes } = listedIn(dataFile, files, path);
  if (names.length === 0 || names.length > mostFiles)
    fail({ kind: "MalformedFile", path, reason: `its list of data files has ${names.length} names` });
  const each = axes ?? sizes.length - 1;
  if (names.length > 1 && sizes.slice(each).reduce((a, b) => a * b, 1) % names.length !== 0)
    fail({
      kind: "MalformedFile",
      path,
      reason: `its ${names.length} data files cannot hold the sizes ${sizes.join(" ")} in equal parts`,
    });
  const parts: Part[] = [];
  for (const name of names) parts.push(await namedPart(content, name));
  return parts;
};

/**
 * Reads and checks the header of an NRRD file.
 * @throws MedImagesError `MalformedFile`, `UnsupportedFile`
 */
export const openNrrd = async (content: Content, budget: Budget): Promise<OpenedImage> => {
  const warnings: Warning[] = [];
  const read = await readNrrdFields(content);
  const nrrd = parseNrrdHeader(read, content.name, warnings);
  const parts = await partsOf(content, nrrd, read.files);
  const { format, dtype, grid, channels, encoding, skipped, metadata } = nrrd;
  const header: ImageHeader = {
    format,
    grid,
    dtype,
    rescale: { slope: 1, intercept: 0 },
    channels,
    modality: { kind: "other" },
    study: {},
    clinical: {},
    display: {},
    metadata: { nrrd: metadata },
    warnings: [...warnings, ...content.warnings()],
  };
  const voxelContent = unpackedParts(content, parts, claimedBytes(header), { encoding, skipped, dtype });
  const { interleaved, bigEndian: swap, placed: axes } = nrrd;
  return describedImage(header, voxelContent, { interleaved, swap, axes }, budget);
};
