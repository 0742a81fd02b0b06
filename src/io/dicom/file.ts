/**
 * One DICOM file: its header, read from as few bytes as hold it, and its frames, read when they are asked for.
 * Files are opened for as long as one read takes: a series has thousands of them.
 */
import { fail } from "../../../compiler/errors.ts";
import type { Warning } from "../../image.ts";
import type { ByteSource } from "../../platform/platform.ts";
import type { Budget } from "../limits.ts";
import { memoryOf } from "../limits.ts";
import type { ImageSource } from "../source.ts";
import { openSource } from "../source.ts";
import type { DataSet } from "./data-set.ts";
import { checkPixels, type FrameReader, frameReader, type PixelSource } from "./frames.ts";
import { NeedsMore, type ParsedFile, type PixelElement, parseFile } from "./parse.ts";
import { type PixelLayout, pixelLayoutOf } from "./pixel-layout.ts";
import { hasPrefix, looksLikeDicom } from "./recognize.ts";
import type { TransferSyntax } from "./syntax.ts";

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

const readHead = async (bytes: ByteSource, budget: Budget): Promise<ParsedFile> => {
  const { name: path, size } = bytes;
  const limit = Math.min(memoryOf(budget), Math.max(harmless, suspiciousRatio * size));
  // Loaded beforehand, since the parser calls it in the middle of its work.
  const { inflateRaw } = await import("./codecs/deflate.ts");
  const inflate = (deflated: Uint8Array): Uint8Array =>
    inflateRaw(deflated, limit, path, () =>
      fail({
        kind: "BudgetExceeded",
        path,
        what: `the inflated data set, over ${Math.floor(limit / size)} times the size of the file,`,
        needed: limit + 1,
        budget: limit,
        remedy: "get the file again from where it came, or inflate it with the program that made it",
      }),
    );
  for (const length of headSizes) {
    if (size <= length) break;
    try {
      return await parseFile(await bytes.read(0, length), { name: path, whole: false, inflate });
    } catch (thrown) {
      if (!(thrown instanceof NeedsMore)) throw thrown;
    }
  }
  if (size > memoryOf(budget)) tooLarge(path, size, budget, "the file");
  const all = await bytes.read(0, size);
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

/**
 * Reads the header of a file.
 * @throws MedImagesError `FileAccess`, `MalformedFile`, `UnsupportedFile`, `BudgetExceeded`
 */
export const readDicomFile = async (source: ImageSource, budget: Budget): Promise<DicomFile> => {
  const bytes = await openSource(source);
  try {
    const { name: path, size } = bytes;
    if (size === 0) fail({ kind: "MalformedFile", path, reason: "is empty: it has no bytes at all" });
    const parsed = await readHead(bytes, budget);
    const tail = (await checkTail(bytes, parsed)).map((message) => ({
      kind: "data-set",
      message: `${path}: ${message}`,
    }));
    return { ...parsed, path, size, source, warnings: [...parsed.warnings, ...tail] };
  } finally {
    await bytes.close();
  }
};

/** Whether a source begins as DICOM does, and whether it says so or only looks like it. */
export const sniffDicom = async (source: ImageSource): Promise<"dicom" | "maybe" | "no" | "empty"> => {
  const bytes = await openSource(source);
  try {
    if (bytes.size === 0) return "empty";
    const head = await bytes.read(0, 256);
    return hasPrefix(head) ? "dicom" : looksLikeDicom(head) ? "maybe" : "no";
  } finally {
    await bytes.close();
  }
};

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
  if (pixels === undefined)
    return fail({
      kind: "MalformedFile",
      path,
      reason: "holds no pixels",
      remedy: "get the file again from where it came, or leave it out",
    });
  const warnings: Warning[] = [];
  const layout = pixelLayoutOf(file.data, pixels, path, (warning) => warnings.push(warning));
  const complaints = checkPixels(pixelSource({ ...file, pixels }, layout), file.inflated?.length ?? file.size);
  const told = complaints.map((message) => ({ kind: "pixels", message: `${path}: ${message}` }));
  return { ...file, pixels, layout, warnings: [...file.warnings, ...warnings, ...told] };
};

/**
 * Opens the frames of a file; its pixels are in memory from then on.
 * @throws MedImagesError `FileAccess`, `MalformedFile`
 */
export const openFrames = async (file: ImageFile): Promise<FrameReader> => {
  const { pixels, layout, size } = file;
  const source = pixelSource(file, layout);
  if (file.inflated !== undefined) return frameReader(source, file.inflated, pixels.offset);
  const bytes = await openSource(file.source);
  try {
    const end = pixels.length === undefined ? size : pixels.offset + pixels.length;
    const value = await bytes.read(pixels.offset, end - pixels.offset);
    if (value.length < end - pixels.offset)
      fail({ kind: "MalformedFile", path: file.path, reason: "became shorter while it was read" });
    return frameReader(source, value, 0);
  } finally {
    await bytes.close();
  }
};
