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

/** Chunks one after the other. */
export async function* chained(...streams: readonly AsyncIterable<Uint8Array>[]): AsyncGenerator<Uint8Array, void> {
  for (const stream of streams) yield* stream;
}

export const textPiece = async function* (text: string): AsyncGenerator<Uint8Array, void> {
  yield new TextEncoder().encode(text);
};
