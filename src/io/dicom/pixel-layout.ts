/**
 * What the pixels of a file are said to be, checked: nothing behind this has to doubt a size or a depth.
 */
import { fail } from "../../../compiler/errors.ts";
import type { DType } from "../../../compiler/language/voxels.ts";
import type { Warning } from "../../image.ts";
import type { DataSet } from "./data-set.ts";
import { malformed } from "./malformed.ts";
import type { PixelElement } from "./parse.ts";

export interface PixelLayout {
  readonly rows: number;
  readonly columns: number;
  readonly samples: 1 | 3;
  readonly frames: number;
  /** In upper case, such as `MONOCHROME2`. */
  readonly photometric: string;
  /** Bits that a sample takes: 1, or a multiple of 8. */
  readonly allocated: number;
  /** Bits of it that mean something, from `highBit` down. */
  readonly stored: number;
  readonly highBit: number;
  readonly signed: boolean;
  /** The samples of a colour lie plane by plane instead of pixel by pixel. */
  readonly planar: boolean;
  /** What the stored numbers are kept as. */
  readonly dtype: DType;
}

const integerDtypes: Readonly<Record<number, readonly [unsigned: DType, signed: DType]>> = {
  1: ["uint8", "uint8"],
  8: ["uint8", "int8"],
  16: ["uint16", "int16"],
  32: ["uint32", "int32"],
};
const floatBits: Readonly<Record<"float32" | "float64", number>> = { float32: 32, float64: 64 };

/** A whole number from `least`, as an image needs it. */
const required = (data: DataSet, keyword: "Rows" | "Columns" | "BitsAllocated", path: string): number => {
  const value = data.number(keyword);
  if (value === undefined) return malformed(path, `does not say its ${keyword}`);
  return Number.isInteger(value) && value >= 1 ? value : malformed(path, `has ${value} as its ${keyword}`);
};

/**
 * The layout of the pixels of a data set.
 * @throws MedImagesError `MalformedFile`, `UnsupportedFile`
 */
export const pixelLayoutOf = (
  data: DataSet,
  pixels: Pick<PixelElement, "kind">,
  path: string,
  warn: (warning: Warning) => void,
): PixelLayout => {
  const rows = required(data, "Rows", path);
  const columns = required(data, "Columns", path);
  const frames = framesOf(data, path, warn);
  const samples = data.number("SamplesPerPixel") ?? 1;
  if (samples !== 1 && samples !== 3)
    return fail({
      kind: "UnsupportedFile",
      path,
      reason: `has ${samples} samples a pixel, where 1 and 3 can be read`,
      remedy: "convert it to grey or RGB first",
    });
  const photometric = (data.text("PhotometricInterpretation") ?? (samples === 3 ? "RGB" : "MONOCHROME2")).toUpperCase();
  const planar = samples === 3 && data.number("PlanarConfiguration") === 1;
  const common = { rows, columns, samples, frames, photometric, planar } as const;
  if (pixels.kind !== "integer") {
    const bits = floatBits[pixels.kind];
    return { ...common, allocated: bits, stored: bits, highBit: bits - 1, signed: false, dtype: pixels.kind };
  }
  const allocated = required(data, "BitsAllocated", path);
  const signed = data.number("PixelRepresentation") === 1;
  const dtype = integerDtypes[allocated]?.[signed ? 1 : 0];
  if (dtype === undefined)
    return fail({
      kind: "UnsupportedFile",
      path,
      reason: `has ${allocated} bits allocated a sample, where 1, 8, 16 and 32 can be read`,
      remedy: "convert it to 16 bits first",
    });
  const stored = data.number("BitsStored") ?? allocated;
  if (!Number.isInteger(stored) || stored < 1 || stored > allocated)
    return malformed(path, `has ${stored} bits stored in ${allocated} allocated`);
  const highBit = data.number("HighBit") ?? stored - 1;
  if (!Number.isInteger(highBit) || highBit >= allocated || highBit < stored - 1)
    return malformed(path, `has ${highBit} as its high bit, with ${stored} bits stored in ${allocated} allocated`);
  return { ...common, allocated, stored, highBit, signed, dtype };
};

const framesOf = (data: DataSet, path: string, warn: (warning: Warning) => void): number => {
  const frames = data.number("NumberOfFrames") ?? 1;
  if (frames === 0) {
    warn({ kind: "frames", message: `${path}: has 0 as its NumberOfFrames; 1 was taken` });
    return 1;
  }
  return Number.isInteger(frames) && frames > 0 ? frames : malformed(path, `has ${frames} as its NumberOfFrames`);
};

/** Numbers in a frame. */
export const frameSamples = ({ rows, columns, samples }: PixelLayout): number => rows * columns * samples;

/** Whether two of three samples are shared by pairs of pixels, as they lie in a file that is not packed. */
export const isHalved = (layout: PixelLayout): boolean =>
  layout.samples === 3 && (layout.photometric === "YBR_FULL_422" || layout.photometric === "YBR_PARTIAL_422");

/** Bits of a frame that lies in the file as it is. */
export const nativeFrameBits = (layout: PixelLayout): number =>
  isHalved(layout) ? layout.rows * layout.columns * 2 * layout.allocated : frameSamples(layout) * layout.allocated;
