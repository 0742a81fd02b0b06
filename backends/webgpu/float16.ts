/**
 * Numbers as float16 (IEEE 754 binary16) and back, rounded to the nearest and ties to even. Numbers are kept in a unit
 * that brings the largest of a volume below 2^15, so that neither large nor small volumes leave the range of
 * float16: each number keeps 11 bits, down to the largest times 2^-29.
 */
import type { VoxelArray } from "../../compiler/language/voxels.ts";

/**
 * Volumes with numbers from here on are not kept as float16. A single such number, which often marks what is
 * missing, would take the bits of all that are small.
 */
export const float16Ends: number = 2 ** 25;

/** The unit for numbers up to `largest` in magnitude, with room for one bit more; undefined where there is none. */
export const float16Unit = (largest: number): number | undefined =>
  largest < float16Ends ? 2 ** Math.max(Math.ceil(Math.log2(largest)) - 15, -100) : undefined;

/** The largest magnitude of the finite numbers. */
export const largestIn = (data: VoxelArray): number => {
  let largest = 0;
  for (let i = 0; i < data.length; i++) {
    const magnitude = Math.abs(Number(data[i]));
    if (magnitude > largest && magnitude < Number.POSITIVE_INFINITY) largest = magnitude;
  }
  return largest;
};

/** Numbers in `unit`, as bits of float16. */
export const toFloat16 = (data: VoxelArray, unit: number): Uint16Array<ArrayBuffer> => {
  const halves = new Uint16Array(data.length);
  const scaled = new Float32Array(Math.min(data.length, atATime));
  const bits = new Uint32Array(scaled.buffer);
  for (let start = 0; start < halves.length; start += atATime) {
    const count = Math.min(atATime, halves.length - start);
    for (let i = 0; i < count; i++) scaled[i] = Number(data[start + i]) / unit;
    for (let i = 0; i < count; i++) halves[start + i] = halfOf(bits[i] ?? 0);
  }
  return halves;
};

/** Numbers that go through float32 together: few enough to stay near the processor. */
const atATime = 2 ** 12;

/** The float16 next to the float32 of these bits. */
const halfOf = (bits: number): number => {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude < 0x38800000) return sign | subnormal(magnitude);
  return sign | Math.min((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13, 0x7c00);
};

/** Below 2^-14, multiples of 2^-24. */
const subnormal = (magnitude: number): number => {
  const exponent = magnitude >>> 23;
  if (exponent < 102) return 0;
  const [fraction, shift] = [(magnitude & 0x7fffff) | 0x800000, 126 - exponent];
  const below = fraction >>> shift;
  const [rest, half] = [fraction & (2 ** shift - 1), 2 ** (shift - 1)];
  return rest > half || (rest === half && below % 2 === 1) ? below + 1 : below;
};

/** The numbers that bits of float16 in `unit` stand for. */
export const fromFloat16 = (halves: VoxelArray, unit: number): Float32Array<ArrayBuffer> => {
  const values = new Float32Array(halves.length);
  for (let i = 0; i < values.length; i++) values[i] = numberOf(Number(halves[i])) * unit;
  return values;
};

const numberOf = (half: number): number => {
  const [exponent, fraction] = [(half >>> 10) & 0x1f, half & 0x3ff];
  const finite = exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25);
  const magnitude = exponent < 31 ? finite : fraction === 0 ? Number.POSITIVE_INFINITY : Number.NaN;
  return (half & 0x8000) === 0 ? magnitude : -magnitude;
};
