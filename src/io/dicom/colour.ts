/**
 * Colours as RGB: YBR by the equations of PS3.3 C.7.6.3.1.2, palettes by their tables. What comes out lies
 * plane by plane, as channels of an image do.
 */
import { fail } from "../../../compiler/errors.ts";
import { type DType, dtypes, type VoxelArray } from "../../../compiler/language/voxels.ts";
import type { DataSet } from "./data-set.ts";
import { type Lookup, lookUp, lookupOf } from "./lookup.ts";
import { malformed } from "./malformed.ts";
import type { PixelLayout } from "./pixel-layout.ts";

export interface Palette {
  readonly dtype: "uint8" | "uint16";
  readonly tables: readonly [Lookup, Lookup, Lookup];
}

const colours = ["Red", "Green", "Blue"] as const;

/**
 * The palette of a data set.
 * @throws MedImagesError `MalformedFile`, `UnsupportedFile`
 */
export const paletteOf = (data: DataSet, layout: PixelLayout, path: string): Palette => {
  if (data.has("SegmentedRedPaletteColorLookupTableData") && !data.has("RedPaletteColorLookupTableData"))
    return fail({
      kind: "UnsupportedFile",
      path,
      reason: "has a palette in segments, which cannot be read",
      remedy: "convert it to RGB first",
    });
  const read = (colour: (typeof colours)[number]): Lookup =>
    lookupOf(
      data,
      `${colour}PaletteColorLookupTableDescriptor`,
      `${colour}PaletteColorLookupTableData`,
      layout.signed,
      path,
      "a palette",
    ) ?? malformed(path, `has no table for the ${colour.toLowerCase()} of its palette`);
  const tables = [read("Red"), read("Green"), read("Blue")] as const;
  // Tables of 8 bits may lie in words of 16.
  return { dtype: tables.every(({ bits }) => bits === 8) ? "uint8" : "uint16", tables };
};

/** The colours of one frame of stored numbers, planes of red, green and blue. */
export const applyPalette = (stored: VoxelArray, { dtype, tables }: Palette): VoxelArray => {
  const pixels = stored.length;
  const out = new dtypes[dtype].array(pixels * 3);
  tables.forEach((table, c) => {
    lookUp(stored, table, out, c * pixels);
  });
  return out;
};

/** Pixels of three samples as three planes. */
export const planesOf = (pixelwise: VoxelArray, dtype: DType): VoxelArray => {
  const pixels = pixelwise.length / 3;
  const out = new dtypes[dtype].array(pixelwise.length);
  for (let c = 0; c < 3; c++) for (let k = 0; k < pixels; k++) out[c * pixels + k] = pixelwise[3 * k + c] ?? 0;
  return out;
};

const fullRange = (layout: PixelLayout): boolean => !layout.photometric.startsWith("YBR_PARTIAL");

/** Whether samples still are luminance and colour differences after decoding. */
export const isYbr = ({ photometric }: PixelLayout): boolean =>
  photometric === "YBR_FULL" || photometric === "YBR_FULL_422" || photometric.startsWith("YBR_PARTIAL");

/** YBR to RGB, in place, pixel by pixel; unsigned numbers of `layout.stored` bits. */
export const ybrToRgb = (data: VoxelArray, layout: PixelLayout): void => {
  const most = 2 ** layout.stored - 1;
  const middle = 2 ** (layout.stored - 1);
  const full = fullRange(layout);
  const unit = 2 ** (layout.stored - 8);
  const limit = (value: number): number => Math.min(most, Math.max(0, Math.round(value)));
  for (let k = 0; k + 2 < data.length; k += 3) {
    const y = full ? Number(data[k]) : 1.1644 * (Number(data[k]) - 16 * unit);
    const cb = Number(data[k + 1]) - middle;
    const cr = Number(data[k + 2]) - middle;
    data[k] = limit(y + (full ? 1.402 : 1.596) * cr);
    data[k + 1] = limit(y - (full ? 0.344136 : 0.3917) * cb - (full ? 0.714136 : 0.8129) * cr);
    data[k + 2] = limit(y + (full ? 1.772 : 2.0173) * cb);
  }
};
