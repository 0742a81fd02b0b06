/**
 * Voxels whose axes stand in a file in another order than in memory: each number is put where its indices say, a piece
 * of the file at a time.
 */
import { type DType, dtypes } from "../../compiler/language/voxels.ts";
import { swapBytes } from "./byte-order.ts";
import type { VoxelSink } from "./voxel-order.ts";

/** An axis of a file: its length, and how many numbers apart its steps are in memory. */
export interface PlacedAxis {
  readonly size: number;
  readonly stride: number;
}

/** As many numbers are moved at a time. */
const staged = 2 ** 16;

/** Puts numbers that come with the first of `axes` fastest where they belong in `buffer`, swapping bytes if asked to. */
export const axisSink = (
  buffer: ArrayBufferLike,
  dtype: DType,
  axes: readonly PlacedAxis[],
  swap: boolean,
): VoxelSink => {
  const width = dtypes[dtype].bytes;
  const staging = new Uint8Array(staged * width);
  const index = axes.map(() => 0);
  let place = 0;
  let filled = 0;
  const [fastest] = axes;
  const along = fastest?.stride === 1 ? fastest.size : 1;
  /** Goes on by `count` numbers, no further than to the end of the first axis. */
  const step = (count: number): void => {
    let by = count;
    for (let k = 0; k < axes.length; k++) {
      const { size, stride } = axes[k] as PlacedAxis;
      const next = (index[k] as number) + by;
      place += by * stride;
      if (next < size) {
        index[k] = next;
        return;
      }
      index[k] = 0;
      place -= size * stride;
      by = 1;
    }
  };
  // Moved as bytes, never as floats, whose NaNs need not survive a move; those that stay together, at once.
  const move = (): void => {
    if (swap) swapBytes(width, staging.buffer, 0, filled);
    for (let at = 0; at < filled; ) {
      const count = Math.min((filled - at) / width, along === 1 ? 1 : along - (index[0] as number));
      new Uint8Array(buffer, place * width, count * width).set(staging.subarray(at, at + count * width));
      at += count * width;
      step(count);
    }
    filled = 0;
  };
  return {
    write: (piece) => {
      for (let at = 0; at < piece.length; ) {
        const part = piece.subarray(at, at + staging.length - filled);
        staging.set(part, filled);
        filled += part.length;
        at += part.length;
        if (filled === staging.length) move();
      }
    },
    finish: move,
  };
};
