/** Pieces on their way into a file: progress is told, and an abort heard, between two of them. */
import { fail } from "../../compiler/errors.ts";
import type { Progress } from "./format.ts";

/** `first`, which does not count as progress, and then pieces of `bytes` bytes in all. */
export async function* withProgress(
  first: Uint8Array | undefined,
  pieces: Iterable<Uint8Array>,
  bytes: number,
  { signal, onProgress }: Progress,
): AsyncGenerator<Uint8Array, void> {
  if (first !== undefined) yield first;
  let done = 0;
  for (const piece of pieces) {
    if (signal?.aborted) fail({ kind: "Aborted" });
    yield piece;
    done += piece.length;
    onProgress?.(done / bytes);
  }
}

/** Pieces one after the other. */
export async function* chained(
  ...streams: readonly (AsyncIterable<Uint8Array> | Iterable<Uint8Array>)[]
): AsyncGenerator<Uint8Array, void> {
  for (const stream of streams) yield* stream;
}

/** All pieces, and how many bytes they have. */
export const collected = async (
  stream: AsyncIterable<Uint8Array>,
): Promise<{ readonly pieces: readonly Uint8Array[]; readonly length: number }> => {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of stream) {
    pieces.push(piece);
    length += piece.length;
  }
  return { pieces, length };
};

export const textPiece = (text: string): Uint8Array => new TextEncoder().encode(text);
