/**
 * The gather, voxel by voxel: for each output index pull the coordinate, read the stencil around it,
 * evaluate the body, store. It is written to be checked by eye; speed is for the other backends.
 */

import { product, type Vector3 } from "../../compiler/language/vector.ts";
import { cornerMedian, exactNumber, quantize, quantizeBigInt, type Voxels } from "../../compiler/language/voxels.ts";
import type { Gather, Tap } from "../../compiler/plan.ts";
import { type Interval, rowInterval, rowOf } from "../../compiler/region.ts";
import { fillStencil, makeStencil } from "../../compiler/stencil.ts";
import { type Element, evaluator } from "./scalar.ts";

/** Samples of a buffer: what a gather reads. */
export interface Samples {
  readonly voxels: Voxels;
  readonly size: Vector3;
}

/** Fills `output`, one row at each step of the generator, so that the caller can pause between rows. */
export function* gather(
  pass: Gather,
  buffers: (buffer: number) => Samples,
  output: Voxels,
  size: Vector3,
): Generator<void> {
  for (let channel = 0; channel < output.channels; channel++) {
    let x = 0;
    let intervals: readonly Interval[] = [];
    const taps = pass.taps.map((tap) => tapReader(tap, buffers(tap.source), channel));
    const backgrounds = new Map<number, number>();
    const background = (buffer: number): number => {
      const { voxels, size } = buffers(buffer);
      const value = backgrounds.get(buffer) ?? cornerMedian(voxels, size, channel % voxels.channels);
      backgrounds.set(buffer, value);
      return value;
    };
    const value = evaluator(pass.body, {
      tap: (index) => (taps[index] as TapReader).at(x),
      inside: (region) => x >= (intervals[region] as Interval).start && x < (intervals[region] as Interval).end,
      background,
    });
    const store = storeInto(output);
    let next = channel * product(size);
    for (let z = 0; z < size[2]; z++)
      for (let y = 0; y < size[1]; y++) {
        intervals = pass.regions.map((region) => rowInterval(region, y, z, size[0]));
        for (const tap of taps) tap.row(y, z);
        for (x = 0; x < size[0]; x++) store(next++, value());
        yield;
      }
  }
}

/** Reads a tap along an output row. */
interface TapReader {
  row(y: number, z: number): void;
  at(x: number): Element;
}

const tapReader = ({ pull, by, boundary }: Tap, { voxels, size }: Samples, channel: number): TapReader => {
  const { data } = voxels;
  const [nx, ny, nz] = size;
  const start = (channel % voxels.channels) * product(size);
  const [sx, sy, sz] = [makeStencil(by), makeStencil(by), makeStencil(by)];
  const count = sx.index.length;
  let row = rowOf(pull, 0, 0);
  const locate = (x: number): void => {
    const { base, step } = row;
    fillStencil(sx, by, boundary, base[0] + step[0] * x, nx);
    fillStencil(sy, by, boundary, base[1] + step[1] * x, ny);
    fillStencil(sz, by, boundary, base[2] + step[2] * x, nz);
  };
  const sampleAt = (i: number, j: number, k: number): Element =>
    data[start + ((sz.index[k] as number) * ny + (sy.index[j] as number)) * nx + (sx.index[i] as number)] as Element;
  return {
    row: (y, z) => {
      row = rowOf(pull, y, z);
    },
    at: (x) => {
      locate(x);
      if (count === 1) return sampleAt(0, 0, 0);
      let sum = 0;
      for (let k = 0; k < count; k++)
        for (let j = 0; j < count; j++) {
          const weight = (sz.weight[k] as number) * (sy.weight[j] as number);
          if (weight === 0) continue;
          for (let i = 0; i < count; i++) {
            const w = weight * (sx.weight[i] as number);
            // A sample of weight 0 does not count, not even as NaN.
            if (w !== 0) sum += w * exactNumber(sampleAt(i, j, k));
          }
        }
      return sum;
    },
  };
};

const storeInto = (output: Voxels): ((index: number, value: Element) => void) => {
  const { data, dtype } = output;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    const kind = data instanceof BigInt64Array ? "int64" : "uint64";
    return (index, value) => {
      data[index] = quantizeBigInt(kind, value);
    };
  }
  return (index, value) => {
    data[index] = quantize(dtype, exactNumber(value));
  };
};
