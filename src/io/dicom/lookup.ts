/**
 * Tables that stored numbers are looked up in: the colours of a palette (PS3.3 C.7.6.3.1.5), and what a modality
 * makes of its numbers where no slope and intercept say it (C.11.1).
 */
import { type DType, dtypes, type VoxelArray } from "../../../compiler/language/voxels.ts";
import type { DataSet } from "./data-set.ts";
import type { ImageFile } from "./file.ts";
import { malformed } from "./malformed.ts";
import type { Keyword } from "./tags.ts";

export interface Lookup {
  /** The stored number that stands for the first entry; those beyond either end stand for that end. */
  readonly first: number;
  readonly values: Uint8Array | Uint16Array;
  /** The depth of the entries as it is told. */
  readonly bits: number;
}

/**
 * The table that a descriptor describes; nothing without one. `what` is the table in words.
 * @throws MedImagesError `MalformedFile`
 */
export const lookupOf = (
  data: DataSet,
  descriptor: Keyword,
  entries: Keyword,
  signed: boolean,
  path: string,
  what: string,
): Lookup | undefined => {
  const [told, from = 0, bits = 16] = data.numbers(descriptor);
  if (told === undefined) return undefined;
  // 0 stands for 65536. Both numbers are of 16 bits, the second signed where the pixels are, whatever their VR says.
  const count = told & 0xffff || 2 ** 16;
  const first = signed ? (from << 16) >> 16 : from & 0xffff;
  const bytes = data.bytes(entries);
  // Entries of 8 bits may lie in words of 16.
  const wide = bytes.length >= count * 2;
  if (!wide && bytes.length < count)
    return malformed(path, `has ${what} of ${bytes.length} bytes for ${count} entries`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = wide
    ? Uint16Array.from({ length: count }, (_, k) => view.getUint16(2 * k, data.littleEndian))
    : Uint8Array.from(bytes.subarray(0, count));
  return { first, values, bits };
};

/** Looks numbers up, into `out` from `at` on. */
export const lookUp = (stored: VoxelArray, { first, values }: Lookup, out: VoxelArray, at = 0): void => {
  const last = values.length - 1;
  for (let k = 0; k < stored.length; k++)
    out[at + k] = values[Math.min(last, Math.max(0, Number(stored[k]) - first))] ?? 0;
};

export interface ModalityLookup extends Lookup {
  readonly dtype: DType;
}

/**
 * The modality's own table, which is there instead of a rescale; nothing when there is none. Frames of enhanced files
 * have a rescale in their functional groups.
 * @throws MedImagesError `MalformedFile`
 */
export const modalityLookupOf = ({ data, layout, path }: ImageFile): ModalityLookup | undefined => {
  const isClassic = layout.samples === 1 && !data.has("PerFrameFunctionalGroupsSequence");
  const item = isClassic ? data.item("ModalityLUTSequence") : undefined;
  const table = item && lookupOf(item, "LUTDescriptor", "LUTData", layout.signed, path, "a modality lookup table");
  return table && { ...table, dtype: table.bits <= 8 ? "uint8" : "uint16" };
};

/** The numbers of a frame as the modality means them. */
export const applyModality = (stored: VoxelArray, lookup: ModalityLookup): VoxelArray => {
  const out = new dtypes[lookup.dtype].array(stored.length);
  lookUp(stored, lookup, out);
  return out;
};
