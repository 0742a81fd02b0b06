/**
 * What an image can be read from, and how each of these becomes bytes that can be read anywhere. Readers
 * see `ByteSource` only, so that they work alike on files, on what a browser hands over and on memory.
 */
import { platform } from "#platform";
import { fail } from "../../compiler/errors.ts";
import type { ByteSource } from "../platform/platform.ts";

/** A path (Node only), a `File` or other `Blob`, or the bytes of a file. */
export type ImageSource = string | Blob | ArrayBuffer | Uint8Array;

const pieceLength = 2 ** 20;

async function* inPieces(
  size: number,
  offset: number,
  read: (offset: number, length: number) => Promise<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  for (let at = offset; at < size; at += pieceLength) yield await read(at, pieceLength);
}

/** Bytes in memory, which can be read without waiting. */
export const bytesSource = (bytes: Uint8Array): ByteSource & Required<Pick<ByteSource, "readNow">> => {
  const read = async (offset: number, length: number): Promise<Uint8Array> => bytes.subarray(offset, offset + length);
  return {
    name: "the bytes given",
    size: bytes.length,
    read,
    readNow: (offset, target) => {
      const there = bytes.subarray(offset, offset + target.length);
      target.set(there);
      return there.length;
    },
    stream: (offset) => inPieces(bytes.length, offset, read),
    close: async () => {},
  };
};

const blobSource = (blob: Blob): ByteSource => {
  const read = async (offset: number, length: number): Promise<Uint8Array> =>
    new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
  const name = "name" in blob && typeof blob.name === "string" ? blob.name : "the blob given";
  return {
    name,
    size: blob.size,
    read,
    stream: (offset) => inPieces(blob.size, offset, read),
    close: async () => {},
  };
};

/**
 * Opens any source, whose `size` may be known. Close it when done.
 * @throws MedImagesError `FileAccess` when a path cannot be opened, `InvalidDocument` for what is no source.
 */
export const openSource = async (source: ImageSource, size?: number): Promise<ByteSource> => {
  if (typeof source === "string") return platform.openFile(source, size);
  if (source instanceof Uint8Array) return bytesSource(source);
  if (source instanceof ArrayBuffer) return bytesSource(new Uint8Array(source));
  return typeof source?.arrayBuffer === "function"
    ? blobSource(source)
    : fail({
        kind: "InvalidDocument",
        errors: [
          `an image is read from a path, a File, a Blob or bytes, and this is ${source === undefined || source === null ? "nothing" : `a ${(source as object).constructor?.name}`}; of a URL hand in what fetch gives: await (await fetch(url)).arrayBuffer()`,
        ],
      });
};
