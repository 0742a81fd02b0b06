/**
 * What the values of an image amount to: the numbers by which people check that a file was read as it
 * should be. Exact sums are beyond float64, so the mean is summed with compensation.
 */
import { voxelCount } from "../compiler/language/grid.ts";
import type { Rescale, VoxelArray } from "../compiler/language/voxels.ts";
import type { Channels, MedImage } from "./image.ts";

/** NaN where there is no finite value at all. */
export interface Statistics {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** How many values are NaN or infinite; they do not count for the rest. */
  readonly nonfinite: number;
}

/** Collects values one by one; the sum by Neumaier's variant of Kahan's method. */
class Tally {
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  #sum = 0;
  #lost = 0;
  #count = 0;
  #nonfinite = 0;

  add(value: number): void {
    if (!Number.isFinite(value)) {
      this.#nonfinite++;
      return;
    }
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
    const sum = this.#sum + value;
    this.#lost += Math.abs(this.#sum) >= Math.abs(value) ? this.#sum - sum + value : value - sum + this.#sum;
    this.#sum = sum;
    this.#count++;
  }

  result(): Statistics {
    const none = this.#count === 0;
    return {
      min: none ? Number.NaN : this.#min,
      max: none ? Number.NaN : this.#max,
      mean: (this.#sum + this.#lost) / this.#count,
      nonfinite: this.#nonfinite,
    };
  }
}

type Count = (data: VoxelArray, rescale: Rescale, plane: number, tally: Tally) => void;

const each: Count = (data, { slope, intercept }, _, tally) => {
  for (let i = 0; i < data.length; i++) tally.add(Number(data[i]) * slope + intercept);
};

/** Real and imaginary parts lie in planes of their own, one after the other. */
const magnitudes: Count = (data, { slope, intercept }, plane, tally) => {
  for (let start = 0; start < data.length; start += 2 * plane)
    for (let i = start; i < start + plane; i++)
      tally.add(Math.hypot(Number(data[i]) * slope + intercept, Number(data[i + plane]) * slope + intercept));
};

const counts: Readonly<Record<Channels["components"], Count>> = {
  scalar: each,
  rgb: each,
  rgba: each,
  complex: magnitudes,
};

/**
 * Statistics of the rescaled values of all channels. Complex values count by their magnitude; the
 * components of a colour count one by one.
 */
export const statistics = ({ voxels, grid, channels }: MedImage): Statistics => {
  const tally = new Tally();
  counts[channels.components](voxels.data, voxels.rescale, voxelCount(grid), tally);
  return tally.result();
};
