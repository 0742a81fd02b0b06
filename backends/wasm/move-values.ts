/**
 * What a pass that moves voxels puts where it moves none: constants and backgrounds, quantized by the very
 * rules of the reference and handed to the kernel as bits.
 */
import type { BackgroundValue, Const } from "../../compiler/language/scalar.ts";
import type { Vector3 } from "../../compiler/language/vector.ts";
import { type DType, dtypes, quantize, quantizeBigInt } from "../../compiler/language/voxels.ts";
import type { Gather } from "../../compiler/plan.ts";
import { rowInterval } from "../../compiler/region.ts";
import { vectorBytes } from "./kernels/move-steps.ts";
import type { Place } from "./places.ts";
import { backgroundOf } from "./work.ts";

export type Value = Const | BackgroundValue;

/**
 * Each value of each channel, repeated over 16 bytes.
 * @throws MedImagesError `UnsupportedVoxels` where a background that some voxel asks for cannot be told.
 */
export const patternsOf = (
  values: readonly Value[],
  dtype: DType,
  channels: number,
  places: (buffer: number) => Place,
  isAsked: (value: number) => boolean,
): Uint8Array => {
  const { bytes, array } = dtypes[dtype];
  const lanes = vectorBytes / bytes;
  const all = new array(values.length * channels * lanes);
  const numberOf = (k: number, value: Value, channel: number): number => {
    if (value.kind === "const") return value.value;
    try {
      return backgroundOf(places(value.buffer), channel);
    } catch (thrown) {
      if (isAsked(k)) throw thrown;
      return 0;
    }
  };
  for (const [k, value] of values.entries())
    for (let channel = 0; channel < channels; channel++) {
      const number = numberOf(k, value, channel);
      const start = (k * channels + channel) * lanes;
      if (all instanceof BigInt64Array) all.fill(quantizeBigInt("int64", number), start, start + lanes);
      else if (all instanceof BigUint64Array) all.fill(quantizeBigInt("uint64", number), start, start + lanes);
      else all.fill(quantize(dtype, number), start, start + lanes);
    }
  return new Uint8Array(all.buffer);
};

/** Whether any voxel is in a set of regions for which `isDue` holds; bit k of a set stands for region k. */
export const anyVoxel = ({ regions }: Gather, [nx, ny, nz]: Vector3, isDue: (held: number) => boolean): boolean => {
  for (let z = 0; z < nz; z++)
    for (let y = 0; y < ny; y++) {
      const intervals = regions.map((region) => rowInterval(region, y, z, nx));
      const cuts = [0, ...intervals.flatMap(({ start, end }) => [start, end])];
      for (const x of cuts) {
        if (x >= nx) continue;
        const held = intervals.reduce((all, { start, end }, k) => (x >= start && x < end ? all | (1 << k) : all), 0);
        if (isDue(held)) return true;
      }
    }
  return false;
};
