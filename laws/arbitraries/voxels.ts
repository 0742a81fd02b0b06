/** Voxels of every dtype, with and without rescale, in one or more channels. */
import fc from "fast-check";
import {
  type DType,
  dtypeNames,
  dtypes,
  type Rescale,
  type VoxelArray,
  type Voxels,
  voxelsOf,
} from "../../compiler/language/voxels.ts";
import { seeds, stream } from "./numbers.ts";

/**
 * - `plain`: whole numbers from −1000 to 1000 as far as the dtype holds them, with fractions in floats: what
 *   arithmetic can be asked of;
 * - `extreme`: all bits that the dtype has, NaN, infinities, −0 and integers beyond 2^53 included: what can
 *   only be moved.
 */
export type Content = "plain" | "extreme";

export interface VoxelOptions {
  readonly dtypes?: readonly DType[];
  readonly content?: Content;
  /** Most channels; 3 unless said otherwise. */
  readonly channels?: number;
  /** Whether there may be a rescale other than none. */
  readonly rescale?: boolean;
}

const rescales: fc.Arbitrary<Rescale> = fc.oneof(
  fc.constant({ slope: 1, intercept: 0 }),
  fc.record({ slope: fc.constantFrom(1, 0.5, -2, 0.1, 2.75), intercept: fc.constantFrom(0, -1024, 3.7) }),
);

const oddities: readonly number[] = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 5e-324, 1e38];

/** Fills an array of `dtype`. */
const draw = (dtype: DType, length: number, seed: number, content: Content): VoxelArray => {
  const next = stream(seed);
  const { array, integer, min, max } = dtypes[dtype];
  const data = new array(length);
  const low = content === "extreme" ? min : Math.max(min, -1000);
  const high = content === "extreme" ? max : Math.min(max, 1000);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    const wide = content === "extreme" ? 2 ** 63 : high - low;
    // BigInt arrays keep the lowest 64 bits, so both halves of a random pair reach every value.
    for (let i = 0; i < length; i++)
      data[i] =
        content === "extreme"
          ? BigInt(Math.floor(next() * wide)) * 2n + BigInt(Math.floor(next() * 2 ** 32))
          : BigInt(low + Math.floor(next() * (wide + 1)));
    return data;
  }
  for (let i = 0; i < length; i++) {
    if (integer) data[i] = low + Math.floor(next() * (high - low + 1));
    else if (content === "extreme" && next() < 0.1) data[i] = oddities[Math.floor(next() * oddities.length)] ?? 0;
    else data[i] = Math.round((next() * 2000 - 1000) * 8) / 8;
  }
  return data;
};

/** Voxels for `count` places. */
export const voxels = (count: number, options: VoxelOptions = {}): fc.Arbitrary<Voxels> =>
  fc
    .tuple(
      fc.constantFrom(...(options.dtypes ?? dtypeNames)),
      fc.integer({ min: 1, max: options.channels ?? 3 }),
      options.rescale === false ? fc.constant({ slope: 1, intercept: 0 }) : rescales,
      seeds,
    )
    .map(([dtype, channels, rescale, seed]) =>
      voxelsOf(draw(dtype, count * channels, seed, options.content ?? "plain"), { channels, rescale }),
    );

/** Voxels of few classes, as segmentations have, in the dtypes that they come in. */
export const labelVoxels = (count: number): fc.Arbitrary<Voxels> =>
  fc
    .tuple(
      fc.constantFrom<DType>("uint8", "int16", "uint16", "int32", "int64", "float32"),
      fc.integer({ min: 1, max: 2 }),
      seeds,
    )
    .map(([dtype, channels, seed]) => {
      const next = stream(seed);
      // Classes far apart, so that what lies between two of them is no class.
      const classes = [0, 10, 40, 70, 90];
      const drawn = Array.from({ length: count * channels }, () => classes[Math.floor(next() * classes.length)] ?? 0);
      const { array } = dtypes[dtype];
      const data = new array(drawn.length);
      if (data instanceof BigInt64Array || data instanceof BigUint64Array) data.set(drawn.map(BigInt));
      else data.set(drawn);
      return voxelsOf(data, { channels });
    });
