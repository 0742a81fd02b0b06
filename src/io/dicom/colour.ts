/**
 * Colours as RGB: YBR by the equations of PS3.3 C.7.6.3.1.2, palettes by their tables. What comes out lies
 * plane by plane, as channels of an image do.
 */
import { fail } from "../../../compiler/errors.ts";
import { type DType, dtypes, type VoxelArray } from "../../../compiler/language/voxels.ts";
import type { DataSet } from "./data-set.ts";
import type { PixelLayout } from "./pixel-layout.ts";

/** One table of a palette: the colour of stored number `first` and those after it. */
interface Table {
  readonly first: number;
  readonly values: Uint8Array | Uint16Array;
}
export interface Palette {
  readonly dtype: "uint8" | "uint16";
  readonly tables: readonly [Table, Table, Table];
}

const malformed = (path: string, reason: string): never =>
  fail({ kind: "MalformedFile", path, reason, remedy: "get the file again from where it came" });

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
  const read = (colour: (typeof colours)[number]): { readonly table: Table; readonly bits: number } => {
    const [count, first = 0, bits = 16] = data.numbers(`${colour}PaletteColorLookupTableDescriptor`);
    if (count === undefined) return malformed(path, `has no table for the ${colour.toLowerCase()} of its palette`);
    // 0 stands for 65536; the first number is signed where the pixels are.
    const entries = count === 0 ? 2 ** 16 : count;
    const start = layout.signed && first > 0x7fff ? first - 2 ** 16 : first;
    const bytes = data.bytes(`${colour}PaletteColorLookupTableData`);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const wide = bytes.length >= entries * 2;
    if (!wide && bytes.length < entries)
      return malformed(path, `has a palette of ${bytes.length} bytes for ${entries} colours`);
    const values = wide
      ? Uint16Array.from({ length: entries }, (_, k) => view.getUint16(2 * k, data.littleEndian))
      : Uint8Array.from(bytes.subarray(0, entries));
    return { table: { first: start, values }, bits };
  };
  const [red, green, blue] = [read("Red"), read("Green"), read("Blue")];
  // Tables of 8 bits may lie in words of 16.
  const narrow = [red, green, blue].every(({ bits }) => bits === 8);
  return { dtype: narrow ? "uint8" : "uint16", tables: [red.table, green.table, blue.table] };
};

/** The colours of one frame of stored numbers, planes of red, green and blue. */
export const applyPalette = (stored: VoxelArray, { dtype, tables }: Palette): VoxelArray => {
  const pixels = stored.length;
  const out = new dtypes[dtype].array(pixels * 3);
  tables.forEach(({ first, values }, c) => {
    const last = values.length - 1;
    for (let k = 0; k < pixels; k++)
      out[c * pixels + k] = values[Math.min(last, Math.max(0, Number(stored[k]) - first))] ?? 0;
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
