/**
 * What the bodies of a pass see, voxel by voxel: for each index of the domain pull the coordinate, read the
 * stencil around it. It is written to be checked by eye; speed is for the other backends.
 */
import { uniformAt } from "../../compiler/language/random.ts";
import type { Scalar } from "../../compiler/language/scalar.ts";
import { type Axis, product, type Vector3 } from "../../compiler/language/vector.ts";
import { cornerMedian, exactNumber, type Voxels } from "../../compiler/language/voxels.ts";
import type { Buffer, Look, Tap } from "../../compiler/plan.ts";
import { type Interval, rowInterval, rowOf } from "../../compiler/region.ts";
import { fillStencil, makeStencil, type Stencil } from "../../compiler/stencil.ts";
import { fillSlopes } from "../../compiler/stencil-slopes.ts";
import { type Element, evaluator } from "./scalar.ts";
import { TableWindow } from "./table-window.ts";

/** Samples of a buffer: what a pass reads. */
export interface Samples {
  readonly voxels: Voxels;
  readonly size: Vector3;
}

/** Where the loop over a domain stands. */
export interface Position {
  readonly channel: number;
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** Calls `visit` for each voxel of the domain, with the values of the bodies; pauses after each row. */
export function* lookOver(
  { taps, regions }: Look,
  bodies: readonly Scalar[],
  { size, channels }: Pick<Buffer, "size" | "channels">,
  buffers: (buffer: number) => Samples,
  visit: (at: Position, values: readonly (() => Element)[]) => void,
): Generator<void> {
  for (let channel = 0; channel < channels; channel++) {
    let [x, row, plane] = [0, 0, 0];
    let intervals: readonly Interval[] = [];
    const readers = taps.map((tap) => tapReader(tap, buffers(tap.source), channel));
    const backgrounds = new Map<number, number>();
    const background = (buffer: number): number => {
      const { voxels, size } = buffers(buffer);
      const value = backgrounds.get(buffer) ?? cornerMedian(voxels, size, channel % voxels.channels);
      backgrounds.set(buffer, value);
      return value;
    };
    const window = new TableWindow();
    const values = bodies.map((body) =>
      evaluator(body, {
        tap: (index) => (readers[index] as TapReader).at(x),
        slope: (index, axis) => (readers[index] as TapReader).slopeAt(x, axis),
        inside: (region) => x >= (intervals[region] as Interval).start && x < (intervals[region] as Interval).end,
        background,
        random: (key) => uniformAt(key, row + x, plane),
        lookup: (buffer, row, column, weights) => {
          const { voxels, size } = buffers(buffer);
          window.moveTo(row, column, size[0], weights);
          let sum = 0;
          window.forEach((element, weight) => {
            sum += weight * exactNumber(voxels.data[element] as Element);
          });
          return sum;
        },
      }),
    );
    for (let z = 0; z < size[2]; z++)
      for (let y = 0; y < size[1]; y++) {
        intervals = regions.map((region) => rowInterval(region, y, z, size[0]));
        [row, plane] = [y * size[0], channel * size[2] + z];
        for (const reader of readers) reader.row(y, z);
        for (x = 0; x < size[0]; x++) visit({ channel, x, y, z }, values);
        yield;
      }
  }
}

/** The stencils of a tap along its three axes, at one voxel of a row after the other. */
export class Stencils {
  readonly along: readonly [Stencil, Stencil, Stencil];
  readonly #tap: Omit<Tap, "source">;
  readonly #size: Vector3;
  #row = { base: [0, 0, 0] as Vector3, step: [0, 0, 0] as Vector3 };

  constructor(tap: Omit<Tap, "source">, size: Vector3) {
    this.#tap = tap;
    this.#size = size;
    this.along = [makeStencil(tap.by), makeStencil(tap.by), makeStencil(tap.by)];
  }

  row(y: number, z: number): void {
    this.#row = rowOf(this.#tap.pull, y, z);
  }

  /** Moves to voxel x; along `slope`, if that is said, weights are derivatives. */
  moveTo(x: number, slope?: Axis): void {
    const { base, step } = this.#row;
    const { by, boundary } = this.#tap;
    this.along.forEach((stencil, axis) => {
      const fill = axis === slope ? fillSlopes : fillStencil;
      const at = (base[axis] as number) + (step[axis] as number) * x;
      fill(stencil, by, boundary, at, this.#size[axis] as number);
    });
  }

  /** Calls `visit` with the offset and the weight of each sample of a channel, but for those of weight 0. */
  forEach(visit: (offset: number, weight: number) => void): void {
    const [sx, sy, sz] = this.along;
    const [nx, ny] = this.#size;
    sz.index.forEach((k, c) => {
      sy.index.forEach((j, b) => {
        const weight = (sz.weight[c] as number) * (sy.weight[b] as number);
        if (weight === 0) return;
        sx.index.forEach((i, a) => {
          const w = weight * (sx.weight[a] as number);
          if (w !== 0) visit((k * ny + j) * nx + i, w);
        });
      });
    });
  }
}

/** Reads a tap along an output row. */
interface TapReader {
  row(y: number, z: number): void;
  at(x: number): Element;
  slopeAt(x: number, axis: Axis): number;
}

const tapReader = (tap: Tap, { voxels, size }: Samples, channel: number): TapReader => {
  const { data } = voxels;
  const start = (channel % voxels.channels) * product(size);
  const stencils = new Stencils(tap, size);
  const [sx, sy, sz] = stencils.along;
  const sum = (): number => {
    let total = 0;
    // A sample of weight 0 does not count, not even as NaN.
    stencils.forEach((offset, weight) => {
      total += weight * exactNumber(data[start + offset] as Element);
    });
    return total;
  };
  return {
    row: (y, z) => stencils.row(y, z),
    at: (x) => {
      stencils.moveTo(x);
      if (tap.by !== "nearest") return sum();
      const [i, j, k] = [sx, sy, sz].map(({ index }) => index[0] as number) as [number, number, number];
      return data[start + (k * size[1] + j) * size[0] + i] as Element;
    },
    slopeAt: (x, axis) => {
      stencils.moveTo(x, axis);
      return sum();
    },
  };
};
