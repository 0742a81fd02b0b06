/**
 * Inflating bzip2, by a library that decodes in one go: its output is taken away byte by byte, and no more of it is
 * kept than anybody asked for. The library compares the checksum of a block once all of it was decoded, and that of a
 * stream at its end; so a block that was begun is always finished, and a stream may not end before its last words.
 */
import { fail, MedImagesError } from "../../compiler/errors.ts";
import { corrupt } from "../platform/gunzip.ts";
import { collected } from "./write-pieces.ts";

const pieceLength = 2 ** 20;

/** Thrown through the library to stop it between two blocks. */
class Enough extends Error {}

/** Keeps up to `limit` bytes and counts the others. */
class Collector {
  readonly pieces: Uint8Array[] = [];
  #piece: Uint8Array = new Uint8Array(0);
  #filled = 0;
  #left: number;
  /** Whether there was more than is kept. */
  full = false;

  constructor(limit: number) {
    this.#left = limit;
  }

  writeByte(byte: number): void {
    if (this.#filled === this.#piece.length) {
      if (this.#left === 0) {
        this.full = true;
        return;
      }
      this.#piece = new Uint8Array(Math.min(pieceLength, this.#left));
      this.#left -= this.#piece.length;
      this.#filled = 0;
      this.pieces.push(this.#piece);
    }
    this.#piece[this.#filled++] = byte;
  }

  finish(): readonly Uint8Array[] {
    this.pieces.push((this.pieces.pop() ?? this.#piece).subarray(0, this.#filled));
    return this.pieces;
  }
}

const joined = async (chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> => {
  const { pieces, length } = await collected(chunks);
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
};

/**
 * The bytes of all streams, no more than `limit` and one.
 * @throws MedImagesError `MalformedFile`
 */
export async function* bunzip2(
  chunks: AsyncIterable<Uint8Array>,
  path: string,
  limit: number,
): AsyncGenerator<Uint8Array, void> {
  if (!("Buffer" in globalThis))
    fail({
      kind: "UnsupportedFile",
      path,
      reason: "is packed with bzip2, which is read in Node only",
      remedy: "unpack it",
    });
  const { default: Bunzip } = await import("seek-bzip");
  const packed = await joined(chunks);
  if (packed.length === 0) corrupt(path, "its bzip2 stream is cut off");
  const collector = new Collector(limit + 1);
  let position = 0;
  const input = {
    readByte: (): number => {
      // Bytes are asked for before a block is written, never while it is: whatever was written is whole and checked.
      if (collector.full) throw new Enough();
      return packed[position++] ?? corrupt(path, "its bzip2 stream is cut off");
    },
    read: (target: Uint8Array, offset: number, length: number): number => {
      const bytes = packed.subarray(position, position + length);
      target.set(bytes, offset);
      position += bytes.length;
      return bytes.length;
    },
  };
  try {
    // One stream at a time and without an `eof`, at which the library would end before the stream does.
    while (position < packed.length && !collector.full) Bunzip.decode(input, collector);
  } catch (thrown) {
    if (thrown instanceof MedImagesError) throw thrown;
    if (!(thrown instanceof Enough)) corrupt(path, "its bzip2 data are damaged and cannot be inflated", thrown);
  }
  yield* collector.finish();
}
