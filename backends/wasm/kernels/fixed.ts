/**
 * Coordinates of four voxels at a time in fixed point, 24 bits behind the point, relative to a whole voxel that
 * is chosen anew in float64 for each run of voxels: errors stay below 2e-6 voxel however long the row is, and
 * whole part and fraction are a shift and a mask.
 */
import type { Local } from "../assembler/index.ts";
import type { F, F64, I32, V128 } from "./context.ts";

/** Bits behind the point. */
const fraction = 24;
/** Coordinates relative to the chosen voxel stay below this. */
export const reach = 126;
/** Voxels after which coordinates are taken anew: each step of four adds at most 2⁻²⁵ of rounding. */
export const longestRun = 120;

export type Axis3 = 0 | 1 | 2;
export type Triple<T> = readonly [T, T, T];
export const triple = <T>(of: (axis: Axis3) => T): Triple<T> => [of(0), of(1), of(2)];

/** Along an axis the whole voxel that coordinates are relative to, and those of the four voxels. */
export interface Part {
  readonly whole: Local<"i32">;
  readonly at: Local<"v128">;
}

/** For each axis the index of the voxel before and the share of the one after it, of four voxels. */
export interface Position {
  readonly index: Local<"v128">;
  readonly share: Local<"v128">;
}

/** A row whose coordinate along axis a is base[a] + step[a]·x, on `sizes` voxels. */
export interface Row {
  readonly base: Triple<Local<"f64">>;
  readonly step: Triple<Local<"f64">>;
  readonly sizes: Triple<Local<"i32">>;
}

/** The coordinates of a run of voxels. */
export class FixedRun {
  readonly #f: F;
  readonly #row: Row;
  readonly #steps: Triple<Local<"v128">>;
  readonly parts: Triple<Part>;

  constructor(f: F, row: Row, { lanes, steps }: FixedSteps, x: Local<"i32">, held: boolean) {
    this.#f = f;
    this.#row = row;
    this.#steps = steps;
    const { f64, i32, i32x4 } = f;
    const place = f.keep(f64.convert_i32_s(x));
    this.parts = triple((a) => {
      const exact = f64.add(row.base[a], f64.mul(row.step[a], place));
      const last = f64.convert_i32_s(i32.sub(row.sizes[a], 1));
      // So far beyond the edge that no voxel of the run comes back to it: clamped, they are all the same.
      const at = f.keep(held ? f64.min(f64.max(exact, -reach), f64.add(last, reach)) : exact);
      const floor = f.keep(f64.floor(at));
      const start = i32.trunc_sat_f64_s(f64.nearest(f64.mul(f64.sub(at, floor), 2 ** fraction)));
      return { whole: f.keep(i32.trunc_sat_f64_s(floor)), at: f.keep(i32x4.add(i32x4.splat(start), lanes[a])) };
    });
  }

  advance(): void {
    for (const [a, { at }] of this.parts.entries()) at.set(this.#f.i32x4.add(at, this.#steps[a as Axis3]));
  }

  /** The bytes from a volume's first voxel to the whole voxel. */
  origin(strides: Triple<Local<"i32">>, first: I32): I32 {
    const { i32 } = this.#f;
    return this.parts.reduce<I32>((sum, { whole }, a) => i32.add(sum, i32.mul(whole, strides[a as Axis3])), first);
  }

  /** Where the four voxels lie, all of whose neighbours are within the volume. */
  within(): Triple<Position> {
    const f = this.#f;
    const { i32x4, v128 } = f;
    return triple((a) => {
      const { at } = this.parts[a];
      const mask = i32x4.const([0xffffff, 0xffffff, 0xffffff, 0xffffff]);
      return { index: f.keep(i32x4.shr_s(at, fraction)), share: this.#share(v128.and(at, mask)) };
    });
  }

  /** Where they lie once held between the outermost voxel centres; there are two voxels or more, or one, along an axis. */
  clamped(): Triple<Position> {
    const f = this.#f;
    const { i32, i32x4 } = f;
    return triple((a) => {
      const { whole, at } = this.parts[a];
      const least = f.keep(i32.sub(0, whole));
      const most = f.keep(i32.sub(i32.sub(this.#row.sizes[a], 1), whole));
      const highest = f.select(i32.gt_s(most, reach), i32.const(reach), most);
      const lowest = f.select(i32.lt_s(least, -reach), i32.const(-reach), least);
      const lastPair = f.select(i32.eq(this.#row.sizes[a], 1), most, i32.sub(most, 1));
      const high = i32x4.splat(i32.shl(highest, fraction));
      const low = i32x4.splat(i32.shl(lowest, fraction));
      const held = f.keep(i32x4.min_s(i32x4.max_s(at, low), high));
      const index = f.keep(i32x4.min_s(i32x4.shr_s(held, fraction), i32x4.splat(lastPair)));
      return { index, share: this.#share(i32x4.sub(held, i32x4.shl(index, fraction))) };
    });
  }

  #share(part: V128): Local<"v128"> {
    const { f32x4 } = this.#f;
    return this.#f.keep(f32x4.mul(f32x4.convert_i32x4_s(part), f32x4.splat(2 ** -fraction)));
  }
}

/** What a kernel knows of its steps before the first row: how lanes differ, and what four voxels further means. */
export interface FixedSteps {
  readonly lanes: Triple<Local<"v128">>;
  readonly steps: Triple<Local<"v128">>;
}

export const fixedSteps = (f: F, step: Triple<F64>): FixedSteps => {
  const { f64, i32, i32x4 } = f;
  const fixed = (a: Axis3, voxels: number): I32 =>
    i32.trunc_sat_f64_s(f64.nearest(f64.mul(step[a], voxels * 2 ** fraction)));
  return {
    // Each rounded by itself, so that rounding does not add up over the lanes.
    lanes: triple((a) =>
      f.keep(
        [1, 2, 3].reduce<V128>((all, lane) => i32x4.replace_lane(all, lane, fixed(a, lane)), i32x4.const([0, 0, 0, 0])),
      ),
    ),
    steps: triple((a) => f.keep(i32x4.splat(fixed(a, 4)))),
  };
};
