/**
 * RLE (PS3.5 annex G): up to 15 segments, one for each byte of each sample with the high bytes first, each
 * packed with PackBits.
 */
import type { PixelLayout } from "../pixel-layout.ts";
import { type Codec, malformedFrame } from "./codec.ts";

/** Unpacks one segment into every `stride`th byte from `at`, and gives the number of bytes that there were. */
const unpack = (from: Uint8Array, into: Uint8Array, at: number, stride: number, count: number): number => {
  let done = 0;
  let position = at;
  for (let k = 0; k < from.length && done < count; ) {
    const head = from[k++] ?? 0;
    if (head < 128) {
      const end = Math.min(k + head + 1, from.length);
      for (; k < end && done < count; k++, done++, position += stride) into[position] = from[k] ?? 0;
    } else if (head > 128) {
      const value = from[k++];
      if (value === undefined) break;
      const run = Math.min(257 - head, count - done);
      for (let r = 0; r < run; r++, position += stride) into[position] = value;
      done += run;
    }
  }
  return done;
};

const decode = (bytes: Uint8Array, layout: PixelLayout, path: string): Uint8Array => {
  const { samples, rows, columns } = layout;
  const width = layout.allocated / 8;
  const pixels = rows * columns;
  if (bytes.length < 64) return malformedFrame(path, "its RLE header is cut off");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const segments = view.getUint32(0, true);
  if (segments !== samples * width)
    return malformedFrame(path, `its RLE header says ${segments} segments, where ${samples * width} are needed`);
  const offsets = Array.from({ length: segments }, (_, k) => view.getUint32(4 + 4 * k, true));
  const out = new Uint8Array(pixels * samples * width);
  for (const [k, offset] of offsets.entries()) {
    const end = offsets[k + 1] ?? bytes.length;
    if (offset < 64 || offset >= bytes.length || end <= offset || end > bytes.length)
      return malformedFrame(path, `its RLE segment ${k + 1} should be bytes ${offset} to ${end} of ${bytes.length}`);
    // Segments come with the high byte first, numbers are written with the low one first.
    const at = Math.floor(k / width) * width + (width - 1 - (k % width));
    const done = unpack(bytes.subarray(offset, end), out, at, samples * width, pixels);
    if (done < pixels) return malformedFrame(path, `its RLE segment ${k + 1} holds ${done} of ${pixels} bytes`);
  }
  return out;
};

export const rle: Codec = {
  decode: async (bytes, layout, path) => {
    if (layout.allocated < 8) return malformedFrame(path, "RLE holds whole bytes, not single bits");
    return {
      bytes: decode(bytes, layout, path),
      width: layout.allocated / 8,
      signed: layout.signed,
      rgb: false,
      warnings: [],
    };
  },
};
