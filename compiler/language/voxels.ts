/**
 * Voxels as they are stored: a typed array of any dtype that NIfTI and DICOM know, x fastest and channels
 * (or time points) slowest, with the rescale that turns stored numbers into real ones kept beside them.
 */
import { fail } from "../errors.ts";
import { product, type Vector3 } from "./vector.ts";

interface DTypes {
  readonly int8: Int8Array;
  readonly uint8: Uint8Array;
  readonly int16: Int16Array;
  readonly uint16: Uint16Array;
  readonly int32: Int32Array;
  readonly uint32: Uint32Array;
  readonly int64: BigInt64Array;
  readonly uint64: BigUint64Array;
  readonly float32: Float32Array;
  readonly float64: Float64Array;
}
/** How stored numbers are kept, by the names that numpy has for them. */
export type DType = keyof DTypes;
/** The typed array of a dtype; 64-bit integers are `bigint`s in theirs. See `realValues` for numbers. */
export type VoxelArray = DTypes[DType];

interface ArrayConstructor<A> {
  readonly BYTES_PER_ELEMENT: number;
  readonly name: string;
  new (length: number): A;
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): A;
}

/** What a dtype can hold. For 64-bit integers `min` and `max` are the nearest float64. */
export interface DTypeInfo {
  readonly bytes: number;
  readonly integer: boolean;
  readonly min: number;
  readonly max: number;
  readonly array: ArrayConstructor<VoxelArray>;
}

const integer = (array: ArrayConstructor<VoxelArray>, min: number, max: number): DTypeInfo => ({
  bytes: array.BYTES_PER_ELEMENT,
  integer: true,
  min,
  max,
  array,
});
const float = (array: ArrayConstructor<VoxelArray>): DTypeInfo => ({
  bytes: array.BYTES_PER_ELEMENT,
  integer: false,
  min: Number.NEGATIVE_INFINITY,
  max: Number.POSITIVE_INFINITY,
  array,
});

export const dtypes: Readonly<Record<DType, DTypeInfo>> = {
  int8: integer(Int8Array, -128, 127),
  uint8: integer(Uint8Array, 0, 255),
  int16: integer(Int16Array, -32768, 32767),
  uint16: integer(Uint16Array, 0, 65535),
  int32: integer(Int32Array, -2147483648, 2147483647),
  uint32: integer(Uint32Array, 0, 4294967295),
  int64: integer(BigInt64Array, -(2 ** 63), 2 ** 63),
  uint64: integer(BigUint64Array, 0, 2 ** 64),
  float32: float(Float32Array),
  float64: float(Float64Array),
};
/** All dtypes. */
export const dtypeNames: readonly DType[] = Object.keys(dtypes) as DType[];

/** real = slope · stored + intercept. */
export interface Rescale {
  readonly slope: number;
  readonly intercept: number;
}
export const noRescale: Rescale = { slope: 1, intercept: 0 };
export const sameRescale = (a: Rescale, b: Rescale): boolean => a.slope === b.slope && a.intercept === b.intercept;
export const isIdentityRescale = (r: Rescale): boolean => sameRescale(r, noRescale);

/** How the numbers of a volume are kept. */
export interface Storage {
  readonly dtype: DType;
  readonly rescale: Rescale;
}
export const storedAs = (dtype: DType, rescale: Rescale = noRescale): Storage => ({ dtype, rescale });

/** `data` has size.x · size.y · size.z · channels elements; its buffer may be shared between threads. */
export interface Voxels extends Storage {
  readonly data: VoxelArray;
  readonly channels: number;
}

/**
 * The dtype of an array, which may come from another realm.
 * @throws MedImagesError `UnsupportedVoxels` for arrays of other kinds
 */
export const dtypeOf = (data: VoxelArray): DType =>
  dtypeNames.find((name) => data[Symbol.toStringTag] === dtypes[name].array.name) ??
  fail({
    kind: "UnsupportedVoxels",
    reason: `voxels cannot be kept in ${data[Symbol.toStringTag] ?? "what is no typed array"}`,
    remedy: "use an Int8Array, Uint8Array, … Float64Array, BigInt64Array or BigUint64Array",
  });

/** Voxels around an array, one channel and no rescale unless said otherwise. */
export const voxelsOf = (
  data: VoxelArray,
  rest: { readonly channels?: number; readonly rescale?: Rescale } = {},
): Voxels => ({
  dtype: dtypeOf(data),
  data,
  channels: rest.channels ?? 1,
  rescale: rest.rescale ?? noRescale,
});

export const allocate = (dtype: DType, length: number): VoxelArray => new dtypes[dtype].array(length);

/**
 * The number to store in an array of `dtype`: integers round half up and saturate, NaN becomes 0.
 * The single home of this rule; 64-bit arrays take the result through BigInt.
 */
export const quantize = (dtype: DType, value: number): number => {
  const { integer: rounds, min, max } = dtypes[dtype];
  if (!rounds) return value;
  if (Number.isNaN(value)) return 0;
  return Math.min(max, Math.max(min, Math.floor(value + 0.5)));
};

const bigIntLimits = {
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
} as const;

/** As {@link quantize}, for the two dtypes whose arrays hold BigInt. */
export const quantizeBigInt = (dtype: "int64" | "uint64", value: number | bigint): bigint => {
  const whole = typeof value === "bigint" ? value : BigInt(quantize(dtype, value));
  const [min, max] = bigIntLimits[dtype];
  return whole < min ? min : whole > max ? max : whole;
};

/** A voxel as a float64. @throws MedImagesError `UnsupportedVoxels` for integers that float64 does not hold. */
export const exactNumber = (element: number | bigint): number => {
  if (typeof element === "number") return element;
  const number = Number(element);
  return Number.isSafeInteger(number)
    ? number
    : fail({
        kind: "UnsupportedVoxels",
        reason: `the voxel ${element} lies beyond 2^53, where arithmetic in float64 is not exact`,
        remedy: "only crop, pad with a fill, flip, reorient or translate such an image, or rescale it first",
      });
};

/**
 * The median of the eight corner voxels of one channel, in stored numbers: what lies around a scan when
 * nobody says what does (MedImages.jl's rule; the mean of the middle two, as there are eight).
 */
export const cornerMedian = (voxels: Voxels, size: Vector3, channel: number): number => {
  const offset = channel * product(size);
  const values: number[] = [];
  for (const z of [0, size[2] - 1])
    for (const y of [0, size[1] - 1])
      for (const x of [0, size[0] - 1])
        values.push(exactNumber(voxels.data[offset + (z * size[1] + y) * size[0] + x] ?? 0));
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (sorted.length === 0) return 0;
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] as number) + (sorted[Math.floor(middle)] as number)) / 2;
};
