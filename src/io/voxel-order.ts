/**
 * Voxels between the order of the file and the order in memory, a piece at a time, straight into or out
 * of the one buffer that holds them. On disk the components of a value lie together (R G B R G B …); in
 * memory each component is a volume of its own.
 *
 * Views are made a piece at a time: a buffer may hold more bytes than one array can have elements.
 */
import { type DType, dtypes } from "../../compiler/language/voxels.ts";
import { swapBytes } from "./byte-order.ts";

export interface VoxelOrder {
  readonly dtype: DType;
  readonly components: number;
  /** Voxels of one position along the axes after the third: size.x · size.y · size.z. */
  readonly volume: number;
}

/** Takes the bytes of the file in order, in pieces of any length. */
export interface VoxelSink {
  write(piece: Uint8Array): void;
  /** To be called after the last piece. */
  finish(): void;
}

const plainSink = (buffer: ArrayBufferLike, width: number, swap: boolean): VoxelSink => {
  let filled = 0;
  let swapped = 0;
  return {
    write: (piece) => {
      new Uint8Array(buffer, filled, piece.length).set(piece);
      filled += piece.length;
      const whole = filled - (filled % width);
      if (swap) swapBytes(width, buffer, swapped, whole - swapped);
      swapped = whole;
    },
    finish: () => {},
  };
};

/** Whole interleaved values, as many as are moved at a time; at least one. */
const stagedValues = ({ dtype, components }: VoxelOrder): number =>
  Math.max(1, Math.floor((3 * 2 ** 18) / (dtypes[dtype].bytes * components)));

type Words = Uint8Array | Uint16Array | Uint32Array;

/** Elements are moved as these words, never as floats, whose NaNs need not survive a move. */
const wordsOf = (buffer: ArrayBufferLike, offset: number, bytes: number, width: number): Words =>
  width === 1
    ? new Uint8Array(buffer, offset, bytes)
    : width === 2
      ? new Uint16Array(buffer, offset, bytes / 2)
      : new Uint32Array(buffer, offset, bytes / 4);

/** Calls `move` for each run of values that lies within one volume. */
const runs = (
  first: number,
  count: number,
  { volume, components }: VoxelOrder,
  move: (from: number, to: number, length: number) => void,
): void => {
  for (let done = 0; done < count; ) {
    const value = first + done;
    const within = value % volume;
    const length = Math.min(count - done, volume - within);
    move(done, ((value - within) / volume) * volume * components + within, length);
    done += length;
  }
};

const interleavedSink = (buffer: ArrayBufferLike, order: VoxelOrder, swap: boolean): VoxelSink => {
  const { components, volume } = order;
  const width = dtypes[order.dtype].bytes;
  const stagingBytes = stagedValues(order) * width * components;
  const staging = new Uint8Array(stagingBytes);
  const from = wordsOf(staging.buffer, 0, stagingBytes, width);
  const words = width === 8 ? 2 : 1;
  let staged = 0;
  let placed = 0;
  const place = (): void => {
    if (swap) swapBytes(width, staging.buffer, 0, staged);
    const count = staged / (width * components);
    runs(placed, count, order, (start, target, length) => {
      for (let c = 0; c < components; c++) {
        const into = wordsOf(buffer, (target + c * volume) * width, length * width, width);
        for (let w = 0; w < words; w++) {
          let source = (start * components + c) * words + w;
          let at = w;
          for (let k = 0; k < length; k++) {
            into[at] = from[source] as number;
            at += words;
            source += components * words;
          }
        }
      }
    });
    placed += count;
    staged = 0;
  };
  return {
    write: (piece) => {
      for (let at = 0; at < piece.length; ) {
        const part = piece.subarray(at, at + stagingBytes - staged);
        staging.set(part, staged);
        staged += part.length;
        at += part.length;
        if (staged === stagingBytes) place();
      }
    },
    finish: place,
  };
};

/** Puts the file's voxels where they belong in `buffer`, swapping bytes if asked to. */
export const voxelSink = (buffer: ArrayBufferLike, order: VoxelOrder, swap: boolean): VoxelSink =>
  order.components === 1 ? plainSink(buffer, dtypes[order.dtype].bytes, swap) : interleavedSink(buffer, order, swap);

const pieceBytes = 2 ** 22;

/** The bytes of `data` in file order, in pieces; nothing is copied unless components must be interleaved. */
export function* voxelPieces(data: ArrayBufferView, order: VoxelOrder): Generator<Uint8Array, void> {
  const { components, volume } = order;
  const width = dtypes[order.dtype].bytes;
  const { buffer, byteOffset, byteLength } = data;
  if (components === 1) {
    for (let at = 0; at < byteLength; at += pieceBytes)
      yield new Uint8Array(buffer, byteOffset + at, Math.min(pieceBytes, byteLength - at));
    return;
  }
  const values = byteLength / (width * components);
  const step = stagedValues(order);
  for (let first = 0; first < values; first += step) {
    const count = Math.min(step, values - first);
    const piece = new Uint8Array(count * width * components);
    runs(first, count, order, (start, source, length) => {
      for (let c = 0; c < components; c++) {
        const bytes = new Uint8Array(buffer, byteOffset + (source + c * volume) * width, length * width);
        for (let k = 0; k < length; k++)
          for (let b = 0; b < width; b++)
            piece[((start + k) * components + c) * width + b] = bytes[k * width + b] as number;
      }
    });
    yield piece;
  }
}
