/**
 * Stored numbers out of bytes: of any depth, with what stands in the bits outside of BitsStored masked away
 * and the sign extended, colours pixel by pixel.
 */
import { type DType, dtypes, type VoxelArray } from "../../../compiler/language/voxels.ts";
import { swapBytes } from "../byte-order.ts";
import { frameSamples, isHalved, type PixelLayout } from "./pixel-layout.ts";

/** A copy of `count` elements, at an offset that typed arrays take. */
const aligned = (bytes: Uint8Array, dtype: DType, count: number): VoxelArray => {
  const { array, bytes: width } = dtypes[dtype];
  const copy = new ArrayBuffer(count * width);
  new Uint8Array(copy).set(bytes.subarray(0, count * width));
  return new array(copy, 0, count);
};

/** Keeps the stored bits of each number, in place: shifted to the top and back, which extends the sign. */
export const maskStored = (data: VoxelArray, { allocated, stored, highBit, signed }: PixelLayout): void => {
  if (stored === allocated || allocated === 1 || data instanceof BigInt64Array || data instanceof BigUint64Array)
    return;
  const left = 31 - highBit;
  const right = 32 - stored;
  if (signed) for (let k = 0; k < data.length; k++) data[k] = ((data[k] ?? 0) << left) >> right;
  else for (let k = 0; k < data.length; k++) data[k] = ((data[k] ?? 0) << left) >>> right;
};

/** Bits from `firstBit` on, one a number, the lowest of each byte first (PS3.5 8.1.1). */
const unpackBits = (bytes: Uint8Array, firstBit: number, count: number): Uint8Array => {
  const out = new Uint8Array(count);
  for (let k = 0; k < count; k++) {
    const bit = firstBit + k;
    out[k] = ((bytes[bit >> 3] ?? 0) >> (bit & 7)) & 1;
  }
  return out;
};

/** Planes after each other, as pixels after each other. */
export const interleave = (planes: VoxelArray, pixels: number, samples: number, into: VoxelArray): VoxelArray => {
  for (let s = 0; s < samples; s++)
    for (let k = 0; k < pixels; k++) into[k * samples + s] = planes[s * pixels + k] ?? 0;
  return into;
};

/** Y Y Cb Cr for two pixels, as Y Cb Cr Y Cb Cr. */
const doubled = (halved: VoxelArray, pixels: number, into: VoxelArray): VoxelArray => {
  for (let k = 0, from = 0; k < pixels; k += 2, from += 4) {
    const [cb, cr] = [halved[from + 2] ?? 0, halved[from + 3] ?? 0];
    into[3 * k] = halved[from] ?? 0;
    into[3 * k + 1] = cb;
    into[3 * k + 2] = cr;
    if (k + 1 === pixels) break;
    into[3 * k + 3] = halved[from + 1] ?? 0;
    into[3 * k + 4] = cb;
    into[3 * k + 5] = cr;
  }
  return into;
};

export interface NativeOrder {
  /** Elements of 16 bits and more are big endian. */
  readonly bigEndian: boolean;
  /** Bytes lie swapped in words of 16 bits: 8-bit pixels as OW in a big-endian file. */
  readonly inWords: boolean;
}

/**
 * The stored numbers of one frame that lies in `bytes` as it is. `firstBit` is where the frame begins, which
 * with one bit a pixel may be within a byte.
 */
export const nativeFrame = (
  bytes: Uint8Array,
  firstBit: number,
  layout: PixelLayout,
  order: NativeOrder,
): VoxelArray => {
  const count = frameSamples(layout);
  if (layout.allocated === 1) return unpackBits(bytes, firstBit, count);
  const width = layout.allocated / 8;
  const halved = isHalved(layout);
  const lying = halved ? layout.rows * layout.columns * 2 : count;
  const from = bytes.subarray(firstBit / 8, firstBit / 8 + lying * width);
  const data = aligned(from, layout.dtype, lying);
  if (order.bigEndian && width > 1) swapBytes(width, data.buffer, 0, data.byteLength);
  if (order.inWords && width === 1) swapBytes(2, data.buffer, 0, data.byteLength - (data.byteLength % 2));
  maskStored(data, layout);
  const pixels = layout.rows * layout.columns;
  if (halved) return doubled(data, pixels, new dtypes[layout.dtype].array(count));
  return layout.planar ? interleave(data, pixels, layout.samples, new dtypes[layout.dtype].array(count)) : data;
};

/** Numbers of 1, 2 or 4 bytes where they lie, if typed arrays take that place. */
const viewed = (bytes: Uint8Array, dtype: DType, count: number): VoxelArray | undefined => {
  const { array, bytes: width } = dtypes[dtype];
  return bytes.buffer instanceof ArrayBuffer && bytes.byteOffset % width === 0
    ? new array(bytes.buffer, bytes.byteOffset, count)
    : undefined;
};

/** Little-endian numbers of 1, 2 or 4 bytes, as what the file says they are stored as; the bytes are used up. */
export const decodedFrame = (bytes: Uint8Array, width: number, signed: boolean, layout: PixelLayout): VoxelArray => {
  const count = frameSamples(layout);
  const own: DType =
    width === 1
      ? signed
        ? "int8"
        : "uint8"
      : width === 2
        ? signed
          ? "int16"
          : "uint16"
        : signed
          ? "int32"
          : "uint32";
  const decoded = viewed(bytes, own, count) ?? aligned(bytes, own, count);
  const target = dtypes[layout.dtype];
  if (target.bytes === width) {
    const data = new target.array(decoded.buffer, decoded.byteOffset, count);
    // Decoders put numbers at the bottom, whatever the high bit is in files that are not packed.
    maskStored(data, { ...layout, highBit: layout.stored - 1 });
    return data;
  }
  const data = new target.array(count);
  for (let k = 0; k < count; k++) data[k] = Number(decoded[k] ?? 0);
  maskStored(data, { ...layout, highBit: layout.stored - 1 });
  return data;
};
