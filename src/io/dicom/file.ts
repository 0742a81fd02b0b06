/**
 * One DICOM file: its header, read from as few bytes as hold it, and its frames, read when they are asked for.
 * Files are opened for as long as one read takes: a series has thousands of them.
 */
import { fail } from "../../../compiler/errors.ts";
import { dtypes, type VoxelArray } from "../../../compiler/language/voxels.ts";
import type { Warning } from "../../image.ts";
import type { ByteSource } from "../../platform/platform.ts";
import type { Budget } from "../limits.ts";
import { memoryOf } from "../limits.ts";
import type { ImageSource } from "../source.ts";
import { openSource } from "../source.ts";
import type { DataSet } from "./data-set.ts";
import { checkPixels, type FrameReader, frameReader, type PixelSource } from "./frames.ts";
import { malformed } from "./malformed.ts";
import { NeedsMore, type ParsedFile, type PixelElement, parseFile } from "./parse.ts";
import { type PixelLayout, pixelLayoutOf } from "./pixel-layout.ts";
import { directoryClass, hasPrefix, looksLikeDicom } from "./recognize.ts";
import { maskStored } from "./samples.ts";
import { bigEndianPixelsUid, type TransferSyntax } from "./syntax.ts";

export interface DicomFile {
  /** The path, or what a source without one is called. */
  readonly path: string;
  readonly size: number;
  readonly syntax: TransferSyntax;
  readonly data: DataSet;
  readonly meta: DataSet;
  readonly pixels: PixelElement | undefined;
  readonly warnings: readonly Warning[];
  readonly source: ImageSource;
  /** The inflated data set of a deflated file. */
  readonly inflated: Uint8Array | undefined;
}

/** Whether a file lists others instead of holding an image. */
export const isDirectory = ({ meta }: Pick<DicomFile, "meta">): boolean =>
  meta.text("MediaStorageSOPClassUID") === directoryClass;

/** A file whose pixels were checked against its size. */
export interface ImageFile extends DicomFile {
  readonly pixels: PixelElement;
  readonly layout: PixelLayout;
}

/** Most headers fit the first, those with private sequences of the scanner's maker the second. */
const headSizes = [2 ** 14, 2 ** 18] as const;

const tooLarge = (path: string, needed: number, budget: Budget, what: string): never =>
  fail({
    kind: "BudgetExceeded",
    path,
    what,
    needed,
    budget: memoryOf(budget),
    remedy: "state a larger `memory` in bytes (command line: --memory) or use a machine with more",
  });

/** Images deflate to a half or a tenth; what inflates to this many times its size is empty, or an attack. */
const suspiciousRatio = 200;
const harmless = 2 ** 24;

const readHead = async (bytes: ByteSource, head: Uint8Array, budget: Budget): Promise<ParsedFile> => {
  const { name: path, size } = bytes;
  const limit = Math.min(memoryOf(budget), Math.max(harmless, suspiciousRatio * size));
  const inflate = async (deflated: Uint8Array): Promise<Uint8Array> => {
    const { inflateRaw } = await import("./codecs/deflate.ts");
    return inflateRaw(deflated, limit, path, () =>
      fail({
        kind: "BudgetExceeded",
        path,
        what: `the inflated data set, over ${Math.floor(limit / size)} times the size of the file,`,
        needed: limit + 1,
        budget: limit,
        remedy: "get the file again from where it came, or inflate it with the program that made it",
      }),
    );
  };
  for (const length of headSizes) {
    if (size <= length) break;
    try {
      const part = length === head.length ? head : await bytes.read(0, length);
      return await parseFile(part, { name: path, whole: false, inflate });
    } catch (thrown) {
      if (!(thrown instanceof NeedsMore)) throw thrown;
    }
  }
  if (size > memoryOf(budget)) tooLarge(path, size, budget, "the file");
  const all = size === head.length ? head : await bytes.read(0, size);
  const parsed = await parseFile(all, { name: path, whole: true, inflate });
  const end = parsed.pixels?.offset ?? size;
  // Headers are kept for as long as a series is open, pixels are not.
  return parsed.inflated === undefined && size > 2 * end
    ? parseFile(new Uint8Array(all.subarray(0, end)), { name: path, whole: false, inflate })
    : parsed;
};

/** What comes after the value of the pixels may be padding and signatures; all else was meant to be read. */
const checkTail = async (bytes: ByteSource, parsed: ParsedFile): Promise<readonly string[]> => {
  const { pixels, syntax, inflated } = parsed;
  if (pixels?.length === undefined || inflated !== undefined) return [];
  const end = pixels.offset + pixels.length;
  if (end + 8 > bytes.size) return [];
  const tail = await bytes.read(end, 4);
  const group = new DataView(tail.buffer, tail.byteOffset, tail.byteLength).getUint16(0, syntax.littleEndian);
  return group >= 0xfffa || group === 0 ? [] : ["has elements after its pixels, which were left out"];
};

/** How a source begins: as DICOM says, as it may without a preamble, otherwise, or not at all. */
export type Beginning = "dicom" | "maybe" | "no" | "empty";
const beginningOf = (head: Uint8Array): Beginning => {
  if (head.length === 0) return "empty";
  return hasPrefix(head) ? "dicom" : looksLikeDicom(head) ? "maybe" : "no";
};

/**
 * Reads the header of a source that may be DICOM; `refused` is called with how it begins when it is not.
 * @throws MedImagesError `FileAccess`, `MalformedFile`, `UnsupportedFile`, `BudgetExceeded`
 */
export const readIfDicom = async <A>(
  source: ImageSource,
  budget: Budget,
  refused: (beginning: Beginning, thrown?: unknown) => A,
): Promise<DicomFile | A> => {
  const bytes = await openSource(source);
  try {
    const { name: path, size } = bytes;
    const head = await bytes.read(0, Math.min(size, headSizes[0]));
    const beginning = beginningOf(head);
    if (beginning === "no" || beginning === "empty") return refused(beginning);
    try {
      const parsed = await readHead(bytes, head, budget);
      const tail = await checkTail(bytes, parsed);
      const told = tail.map((message) => ({ kind: "data-set", message: `${path}: ${message}` }));
      return { ...parsed, path, size, source, warnings: [...parsed.warnings, ...told] };
    } catch (thrown) {
      return refused(beginning, thrown);
    }
  } finally {
    await bytes.close();
  }
};

/**
 * Reads the header of a file.
 * @throws MedImagesError `FileAccess`, `MalformedFile`, `UnsupportedFile`, `BudgetExceeded`
 */
export const readDicomFile = (source: ImageSource, budget: Budget): Promise<DicomFile> =>
  readIfDicom(source, budget, (beginning, thrown): never => {
    if (thrown !== undefined) throw thrown;
    const path = typeof source === "string" ? source : "the bytes given";
    const reason =
      beginning === "empty" ? "is empty: it has no bytes at all" : "is no DICOM file: it begins as none does";
    return malformed(path, reason);
  });

const pixelSource = (file: DicomFile & { readonly pixels: PixelElement }, layout: PixelLayout): PixelSource => ({
  path: file.path,
  syntax: file.syntax,
  layout,
  pixels: file.pixels,
  extendedOffsets: file.data.numbers("ExtendedOffsetTable"),
});

/**
 * The file as an image: pixels described and held against its size.
 * @throws MedImagesError `MalformedFile`, `UnsupportedFile`
 */
export const imageFileOf = (file: DicomFile): ImageFile => {
  const { path, pixels } = file;
  if (pixels === undefined) return malformed(path, "holds no pixels");
  const warnings: Warning[] = [];
  const layout = pixelLayoutOf(file.data, pixels, path, (warning) => warnings.push(warning));
  const complaints = checkPixels(pixelSource({ ...file, pixels }, layout), file.inflated?.length ?? file.size);
  const told = complaints.map((message) => ({ kind: "pixels", message: `${path}: ${message}` }));
  return { ...file, pixels, layout, warnings: [...file.warnings, ...warnings, ...told] };
};

/** Whether the only frame of a file lies in it as it is kept in memory, but for bits to be masked. */
const liesAsKept = ({ syntax, layout, inflated, pixels }: ImageFile): boolean =>
  syntax.packing === "native" &&
  syntax.littleEndian &&
  syntax.uid !== bigEndianPixelsUid &&
  inflated === undefined &&
  pixels.length !== undefined &&
  layout.frames === 1 &&
  layout.samples === 1 &&
  layout.allocated >= 8;

/**
 * Reads the only frame of a file straight to where it is kept, which saves two copies.
 * @returns whether the file and its source let themselves be read so
 * @throws MedImagesError `FileAccess`, `MalformedFile`
 */
export const readFrameInto = async (file: ImageFile, target: VoxelArray): Promise<boolean> => {
  if (!liesAsKept(file) || dtypes[file.layout.dtype].array.name !== target[Symbol.toStringTag]) return false;
  const bytes = await openSource(file.source, file.size);
  try {
    if (bytes.readInto === undefined) return false;
    const place = new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
    if ((await bytes.readInto(file.pixels.offset, place)) < place.length)
      malformed(file.path, "became shorter while it was read");
    maskStored(target, file.layout);
    return true;
  } finally {
    await bytes.close();
  }
};

/**
 * Opens the frames of a file; its pixels are in memory from then on. `beside`: frames are decoded several at a time.
 * @throws MedImagesError `FileAccess`, `MalformedFile`
 */
export const openFrames = async (file: ImageFile, beside = false): Promise<FrameReader> => {
  const { pixels, layout, size } = file;
  const source = pixelSource(file, layout);
  if (file.inflated !== undefined) return frameReader(source, file.inflated, pixels.offset, beside);
  const bytes = await openSource(file.source, file.size);
  try {
    const end = pixels.length === undefined ? size : pixels.offset + pixels.length;
    const value = await bytes.read(pixels.offset, end - pixels.offset);
    if (value.length < end - pixels.offset) malformed(file.path, "became shorter while it was read");
    return frameReader(source, value, 0, beside);
  } finally {
    await bytes.close();
  }
};
