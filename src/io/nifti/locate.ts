/**
 * Which file holds the header, which the voxels, and at what byte they begin: one .nii, or a .hdr/.img
 * pair under either name. Names and magic numbers contradict each other in practice; what lies there decides.
 */
import { fail } from "../../../compiler/errors.ts";
import type { Warning } from "../../image.ts";
import { type Content, openContent } from "../content.ts";
import { type NiftiHeader, parseHeader } from "./header.ts";
import { headerLength } from "./identity.ts";
import { findPartner, isHeaderName, isImageName, partnerOf } from "./pair.ts";

export interface Located {
  readonly header: NiftiHeader;
  /** Read up to the end of the header. */
  readonly headerContent: Content;
  /** The same as `headerContent` in a single file. */
  readonly voxelContent: Content;
  /** In bytes from the start of `voxelContent`. */
  readonly voxelOffset: number;
}

const flagLength = 4;

const offsetOf = (header: NiftiHeader, single: boolean, path: string, warnings: Warning[]): number => {
  const least = single ? headerLength[header.version] + flagLength : 0;
  const stated = header.vox_offset;
  if (!Number.isFinite(stated) || stated < 0)
    fail({ kind: "MalformedFile", path, reason: `its header says that the voxels begin at byte ${stated}` });
  const offset = Math.trunc(stated);
  if (offset !== stated)
    warnings.push({ kind: "voxel-offset", message: `${path}: vox_offset is ${stated}; ${offset} was taken` });
  if (offset >= least) return offset;
  if (offset === 0) {
    warnings.push({ kind: "voxel-offset", message: `${path}: vox_offset is 0 in a single file; ${least} was taken` });
    return least;
  }
  return fail({
    kind: "MalformedFile",
    path,
    reason: `its header says that the voxels begin at byte ${offset}, inside the header`,
  });
};

/** Without a path nothing lies beside a file. */
const needPath = (content: Content): string =>
  content.path ??
  fail({
    kind: "UnsupportedFile",
    path: content.name,
    reason: "is one file of a .hdr/.img pair, and the other cannot be found from here",
    remedy: "convert the pair to a single .nii file",
  });

/**
 * Reads the header and finds the voxels. Contents opened on the way are handed to `opened`.
 * @throws MedImagesError `MalformedFile`, `UnsupportedFile`, `FileAccess`
 */
export const locate = async (
  content: Content,
  warnings: Warning[],
  opened: (content: Content) => void,
): Promise<Located> => {
  const openBeside = async (path: string): Promise<Content> => {
    const other = await openContent(path);
    opened(other);
    return other;
  };
  const parse = async (from: Content): Promise<NiftiHeader> => {
    const header = parseHeader(await from.peek(headerLength[2]), from.name, warnings);
    await from.skip(headerLength[header.version]);
    return header;
  };
  const warn = (message: string): void => {
    warnings.push({ kind: "pair", message: `${content.name}: ${message}` });
  };

  if (isImageName(content.name)) {
    const headerContent = await openBeside(await partnerOf(needPath(content)));
    const header = await parse(headerContent);
    if (!header.pair && header.format !== "Analyze 7.5") warn("its header claims to be a single file");
    const voxelOffset = offsetOf(header, false, headerContent.name, warnings);
    return { header, headerContent, voxelContent: content, voxelOffset };
  }

  const header = await parse(content);
  if (isHeaderName(content.name)) {
    const partner = content.path === undefined ? undefined : await findPartner(content.path);
    if (partner !== undefined || header.pair || header.format === "Analyze 7.5") {
      if (!header.pair && header.format !== "Analyze 7.5")
        warn("claims to be a single file, but the voxels of the .img file beside it were read");
      const voxelContent = await openBeside(partner ?? (await partnerOf(needPath(content))));
      return {
        header,
        headerContent: content,
        voxelContent,
        voxelOffset: offsetOf(header, false, content.name, warnings),
      };
    }
    warn("has the name of a header, but holds the voxels too");
  } else if (header.pair) warn("claims to be the header of a .hdr/.img pair, but was read as a single file");
  const voxelOffset = offsetOf(header, true, content.name, warnings);
  return { header, headerContent: content, voxelContent: content, voxelOffset };
};
