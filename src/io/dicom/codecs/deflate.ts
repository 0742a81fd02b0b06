/**
 * Raw deflate, for whole data sets and for frames, with a limit: what inflates beyond it is refused before
 * it is kept.
 */
import { Inflate } from "fflate";
import { MedImagesError } from "../../../../compiler/errors.ts";
import { malformed } from "../malformed.ts";
import { nativeFrameBits, type PixelLayout } from "../pixel-layout.ts";
import { malformedFrame } from "./codec.ts";

const step = 2 ** 16;

/**
 * Inflates `bytes` to at most `limit` bytes; `overflow` says what is wrong when there are more.
 * @throws MedImagesError `MalformedFile`
 */
export const inflateRaw = (bytes: Uint8Array, limit: number, path: string, overflow: () => never): Uint8Array => {
  const pieces: Uint8Array[] = [];
  let total = 0;
  let ended = false;
  const inflate = new Inflate((piece, last) => {
    total += piece.length;
    if (total > limit) overflow();
    pieces.push(piece);
    ended ||= last;
  });
  try {
    for (let at = 0; at < bytes.length && !ended; at += step)
      inflate.push(bytes.subarray(at, at + step), at + step >= bytes.length);
  } catch (thrown) {
    if (thrown instanceof MedImagesError) throw thrown;
    return malformed(path, "its deflated data are cut off or damaged", undefined, thrown);
  }
  const all = new Uint8Array(total);
  let at = 0;
  for (let piece = pieces.shift(); piece !== undefined; piece = pieces.shift()) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
};

/** The bytes of a frame that is deflated by itself (Deflated Image Frame Compression). */
export const inflateFrame = (bytes: Uint8Array, layout: PixelLayout, path: string): Uint8Array => {
  const length = Math.ceil(nativeFrameBits(layout) / 8);
  const out = inflateRaw(bytes, length + 1, path, () => malformedFrame(path, "it inflates to more than it should"));
  return out.length < length ? malformedFrame(path, `it inflates to ${out.length} of ${length} bytes`) : out;
};
