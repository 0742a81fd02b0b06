/**
 * Coordinates of four voxels at a time in fixed point, 24 bits behind the point, relative to a whole voxel that
 * is chosen anew in float64 for each run of voxels: errors stay below 2e-6 voxel however long the row is, and
 * whole part and fraction are a shift and a mask.
 */
import type { Axis } from "../../../compiler/language/vector.ts";
import type { Local } from "../assembler/index.ts";
import type { F, F64, I32, Reader, V128 } from "./context.ts";

/** Bits behind the point. */
export const fraction = 24;
/** Coordinates relative to the chosen voxel stay below this. */
export const reach = 126;
/** Voxels after which coordinates are taken anew: each step of four adds at most 2⁻²⁵ of rounding. */
export const longestRun = 120;

/** One value for each axis that coordinates have: x and y, and z unless the source is a plane. */
export type PerAxis<T> = readonly [T, T] | readonly [T, T, T];
export const perAxis = <A, B>(values: PerAxis<A>, of: (value: A, axis: Axis) => B): PerAxis<B> => {
  const [x, y, z] = values;
  return z === undefined ? [of(x, 0), of(y, 1)] : [of(x, 0), of(y, 1), of(z, 2)];
};

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

/**
 * Along an axis a row whose coordinate is base + step·x, on `size` voxels, `stride` bytes apart, of which those
 * from `least` to `most` are in memory.
 */
export interface RowAxis {
  readonly base: Local<"f64">;
  readonly step: Local<"f64">;
  readonly size: Local<"i32">;
  readonly least: Local<"i32">;
  readonly most: Local<"i32">;
  readonly stride: Local<"i32">;
}

/** What a kernel knows of its steps along an axis before the first row: how lanes differ, and what four voxels mean. */
export interface FixedStep {
  readonly lanes: Local<"v128">;
  readonly four: Local<"v128">;
}

/** The step of some voxels in fixed point, as near as it can be. */
export const fixedSteps = (step: number, voxels: number): number =>
  Math.max(-(2 ** 31), Math.min(Math.round(step * voxels * 2 ** fraction), 2 ** 31 - 1));

/**
 * Reads the steps of 1 … 4 voxels, by their names, each rounded by itself, so that rounding does not add up over the
 * lanes. They are numbers of the run, because engines compute what a kernel makes of others where it is used, again for
 * each block of a loop.
 */
export const fixedStep = (f: F, read: Reader, name: (voxels: number) => string): FixedStep => ({
  lanes: f.keep(
    [1, 2, 3].reduce<V128>(
      (all, lane) => f.i32x4.replace_lane(all, lane, read.i32(name(lane))),
      f.i32x4.const([0, 0, 0, 0]),
    ),
  ),
  four: read.i32x4(name(4)),
});

/** A whole number as an integer. The scalar conversion has branches of its own, at which engines stop moving it out of loops. */
const integerOf = ({ f64x2, i32x4 }: F, whole: F64): I32 =>
  i32x4.extract_lane(i32x4.trunc_sat_f64x2_s_zero(f64x2.splat(whole)), 0);

/** The coordinates of a run of voxels. */
export class FixedRun {
  readonly #f: F;
  readonly #axes: PerAxis<RowAxis>;
  readonly steps: PerAxis<Local<"v128">>;
  readonly parts: PerAxis<Part>;

  /** `steps`: how far a block is from the next along each axis. */
  constructor(f: F, axes: PerAxis<RowAxis>, steps: PerAxis<Local<"v128">>, parts: PerAxis<Part>) {
    this.#f = f;
    this.#axes = axes;
    this.steps = steps;
    this.parts = parts;
  }

  /** From voxel x on; `held` where it may lie beyond the edges. */
  static from(f: F, axes: PerAxis<RowAxis>, steps: PerAxis<FixedStep>, x: Local<"i32">, held: boolean): FixedRun {
    const { f64, i32x4 } = f;
    const place = f.keep(f64.convert_i32_s(x));
    const parts = perAxis<RowAxis, Part>(axes, ({ base, step, least, most }, a) => {
      const exact = f64.add(base, f64.mul(step, place));
      const [first, last] = [f64.convert_i32_s(least), f64.convert_i32_s(most)];
      // So far beyond the edge that no voxel of the run comes back to it: clamped, they are all the same.
      const at = f.keep(held ? f64.min(f64.max(exact, f64.sub(first, reach)), f64.add(last, reach)) : exact);
      const floor = f.keep(f64.floor(at));
      const start = integerOf(f, f64.nearest(f64.mul(f64.sub(at, floor), 2 ** fraction)));
      const { lanes } = steps[a] as FixedStep;
      return { whole: f.keep(integerOf(f, floor)), at: f.keep(i32x4.add(i32x4.splat(start), lanes)) };
    });
    return new FixedRun(
      f,
      axes,
      perAxis(steps, ({ four }) => four),
      parts,
    );
  }

  #axis(axis: Axis): RowAxis {
    return this.#axes[axis] as RowAxis;
  }

  advance(): void {
    this.#f.comment("a block further");
    perAxis(this.parts, ({ at }, a) => at.set(this.#f.i32x4.add(at, this.steps[a] as Local<"v128">)));
  }

  /** The address of the whole voxel, in a volume that starts at `first`. */
  origin(first: I32): I32 {
    const { i32 } = this.#f;
    let sum = first;
    perAxis(this.parts, ({ whole }, a) => {
      sum = i32.add(sum, i32.mul(whole, this.#axis(a).stride));
    });
    return sum;
  }

  /** Where the four voxels lie, all of whose neighbours are within the volume. */
  within(): PerAxis<Position> {
    const f = this.#f;
    const { i32x4, v128 } = f;
    f.comment("whole parts and fractions");
    return perAxis(this.parts, ({ at }) => {
      const mask = i32x4.const([0xffffff, 0xffffff, 0xffffff, 0xffffff]);
      return { index: f.keep(i32x4.shr_s(at, fraction)), share: this.#share(v128.and(at, mask)) };
    });
  }

  /**
   * Where they lie once held between the outermost voxel centres in memory. What a tile is for lies within those
   * anyway; four voxels at a time may reach beyond it, and are overwritten.
   */
  clamped(): PerAxis<Position> {
    const f = this.#f;
    const { i32, i32x4 } = f;
    return perAxis(this.parts, ({ whole, at }, a) => {
      const axis = this.#axis(a);
      const least = f.keep(i32.sub(axis.least, whole));
      const most = f.keep(i32.sub(axis.most, whole));
      const highest = f.select(i32.gt_s(most, reach), i32.const(reach), most);
      const lowest = f.select(i32.lt_s(least, -reach), i32.const(-reach), least);
      const lastPair = f.select(i32.eq(axis.least, axis.most), most, i32.sub(most, 1));
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
