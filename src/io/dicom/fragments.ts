/**
 * Encapsulated pixels (PS3.5 A.4): items of a sequence, of which the first is a table of offsets that may be
 * empty or wrong, and the others are frames or pieces of frames.
 */

import { malformed } from "./malformed.ts";
import type { Packing } from "./syntax.ts";

export interface Fragments {
  /** Offsets of frames from the first fragment's item tag; empty when there is no table. */
  readonly offsets: readonly number[];
  readonly pieces: readonly Piece[];
  readonly warnings: readonly string[];
}
interface Piece {
  /** Of the item's tag, counted from that of the first fragment. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

const item = 0xe000fffe;
const sequenceEnd = 0xe0ddfffe;
/**
 * Reads the items from `start` on.
 * @throws MedImagesError `MalformedFile`
 */
export const readFragments = (bytes: Uint8Array, start: number, path: string): Fragments => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const warnings: string[] = [];
  const items: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  let at = start;
  for (;;) {
    if (at + 8 > bytes.length) {
      warnings.push("the delimiter at the end of its pixels is missing");
      break;
    }
    const tag = view.getUint32(at, true);
    const length = view.getUint32(at + 4, true);
    if (tag === sequenceEnd) break;
    if (tag !== item) malformed(path, "has something else than items in its pixels", at);
    if (at + 8 + length > bytes.length)
      malformed(
        path,
        `is cut off: a fragment of its pixels should have ${length} bytes, ${bytes.length - at - 8} are there`,
        at,
      );
    items.push({ at, bytes: bytes.subarray(at + 8, at + 8 + length) });
    at += 8 + length;
  }
  const [table, ...rest] = items;
  const first = rest[0];
  if (table === undefined || first === undefined) return malformed(path, "has no fragment of pixels at all", start);
  const words = new DataView(table.bytes.buffer, table.bytes.byteOffset, table.bytes.byteLength);
  return {
    offsets: Array.from({ length: Math.floor(table.bytes.length / 4) }, (_, k) => words.getUint32(4 * k, true)),
    pieces: rest.map((piece) => ({ offset: piece.at - first.at, bytes: piece.bytes })),
    warnings,
  };
};

/** Whether a fragment begins a frame, by what its packing puts first. */
const begins: Readonly<Record<Packing, ((bytes: Uint8Array) => boolean) | undefined>> = {
  jpeg: (bytes) => bytes[0] === 0xff && bytes[1] === 0xd8,
  "jpeg-lossless": (bytes) => bytes[0] === 0xff && bytes[1] === 0xd8,
  "jpeg-ls": (bytes) => bytes[0] === 0xff && bytes[1] === 0xd8,
  "jpeg-2000": (bytes) => (bytes[0] === 0xff && bytes[1] === 0x4f) || (bytes[4] === 0x6a && bytes[5] === 0x50),
  htj2k: (bytes) => (bytes[0] === 0xff && bytes[1] === 0x4f) || (bytes[4] === 0x6a && bytes[5] === 0x50),
  rle: undefined,
  native: undefined,
  "deflated-frame": undefined,
  "encapsulated-native": undefined,
};

const joined = (pieces: readonly Piece[]): Uint8Array => {
  const [only] = pieces;
  if (only !== undefined && pieces.length === 1) return only.bytes;
  const all = new Uint8Array(pieces.reduce((sum, { bytes }) => sum + bytes.length, 0));
  let at = 0;
  for (const { bytes } of pieces) {
    all.set(bytes, at);
    at += bytes.length;
  }
  return all;
};

/** Frames that begin at these pieces, when there are as many as there should be. */
const cutAt = (
  pieces: readonly Piece[],
  starts: readonly number[],
  frames: number,
): readonly Uint8Array[] | undefined =>
  starts.length === frames && starts[0] === 0
    ? starts.map((from, k) => joined(pieces.slice(from, starts[k + 1])))
    : undefined;

/**
 * The bytes of each frame. A table of offsets is trusted only where each of its entries is the beginning of a
 * fragment; without one, frames are told apart by number, or by the markers that they begin with.
 * @throws MedImagesError `MalformedFile` when fragments and frames cannot be matched
 */
export const framesOf = (
  { offsets, pieces }: Fragments,
  frames: number,
  packing: Packing,
  extended: readonly number[],
  path: string,
): { readonly frames: readonly Uint8Array[]; readonly warnings: readonly string[] } => {
  const told = extended.length > 0 ? extended : offsets;
  const at = new Map(pieces.map(({ offset }, k) => [offset, k]));
  const starts = told.map((offset) => at.get(offset) ?? -1);
  const sound =
    starts.length === frames && starts.every((start, k) => start >= 0 && (k === 0 || start > (starts[k - 1] ?? 0)));
  const byTable = sound ? cutAt(pieces, starts, frames) : undefined;
  const warnings = told.length > 0 && !sound ? ["its table of frame offsets is wrong and was not used"] : [];
  if (byTable !== undefined) return { frames: byTable, warnings };
  if (frames === 1) return { frames: [joined(pieces)], warnings };
  if (pieces.length === frames) return { frames: pieces.map(({ bytes }) => bytes), warnings };
  const starting = begins[packing];
  const marked =
    starting &&
    cutAt(
      pieces,
      pieces.flatMap(({ bytes }, k) => (starting(bytes) ? [k] : [])),
      frames,
    );
  return {
    frames:
      marked ??
      malformed(path, `has ${pieces.length} fragments of pixels, which cannot be matched with its ${frames} frames`),
    warnings,
  };
};
