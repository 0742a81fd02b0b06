/**
 * What the transpose of a tap adds to the output where all neighbours lie within it, four voxels at a time. The four
 * stand far apart in their row: what is added for a voxel is most often added to by the next one, a sample further
 * on, and processors hand a sum on from a store to a load at once only where both are of the same bytes.
 */
import type { Interpolator } from "../../../compiler/language/interpolator.ts";
import type { Local } from "../assembler/index.ts";
import { weightsOf } from "./bspline.ts";
import type { F, I32, Reader, V128 } from "./context.ts";
import { FixedRun, fraction, type PerAxis, type Position, perAxis, type RowAxis } from "./fixed.ts";

/** A row of what is given. */
export interface GivenRow {
  readonly along: PerAxis<RowAxis>;
  /** The step of one voxel along each axis in fixed point. */
  readonly ones: PerAxis<Local<"v128">>;
  /** Where voxel (0, 0, 0) of the output would be. */
  readonly origin: Local<"i32">;
  /** The address of the row's values. */
  readonly values: Local<"i32">;
}

/** Whether any of four is not 0, which may be negative. */
export const givesAny = ({ v128, i32x4 }: F, values: V128): I32 => v128.any_true(i32x4.shl(values, 1));

/** Gives what voxels x … `end` − 1 have, run by run; runs that have nothing are left out. */
export const giveBlocks = (
  f: F,
  read: Reader,
  by: Exclude<Interpolator, "nearest">,
  row: GivenRow,
  x: Local<"i32">,
  end: Local<"i32">,
): void => {
  const { i32, v128, i32x4 } = f;
  const runLength = read.i32("runLength");
  f.while(i32.lt_s(x, end), () => {
    const next = i32.add(x, runLength);
    const runEnd = f.keep(f.select(i32.lt_s(next, end), next, end), "runEnd");
    const some = f.keep(i32x4.const([0, 0, 0, 0]));
    const seen = f.local("i32", "seen");
    f.forRange(seen, x, runEnd, 4, () => some.set(v128.or(some, v128.load(i32.add(row.values, i32.shl(seen, 2))))));
    f.if(givesAny(f, some), () => giveRun(f, by, row, x, runEnd));
    x.set(runEnd);
  });
};

/** Of a run each of four lanes takes a quarter, the last perhaps less. */
const giveRun = (
  f: F,
  by: Exclude<Interpolator, "nearest">,
  { along, ones, origin, values }: GivenRow,
  x: Local<"i32">,
  runEnd: Local<"i32">,
): void => {
  const { i32, v128, i32x4 } = f;
  const count = f.keep(i32.sub(runEnd, x), "count");
  const apart = f.keep(i32.shr_u(i32.add(count, 3), 2), "apart");
  const run = runApart(f, along, ones, x, apart);
  const start = f.keep(run.origin(origin), "start");
  const place = f.keep(i32x4.mul(i32x4.splat(apart), i32x4.const([0, 1, 2, 3])), "place");
  const past = f.keep(i32x4.splat(count), "past");
  const bytes = f.keep(i32.shl(apart, 2), "bytes");
  const from = f.keep(i32.add(values, i32.shl(x, 2)), "from");
  const to = f.keep(i32.add(from, bytes), "to");
  const strides = perAxis(along, ({ stride }) => f.keep(i32x4.splat(stride), "stride"));
  f.while(i32.lt_u(from, to), () => {
    const second = f.keep(i32.add(from, bytes));
    const third = f.keep(i32.add(second, bytes));
    const two = v128.load32_lane(second, v128.load32_zero(from), 1);
    const four = v128.load32_lane(i32.add(third, bytes), v128.load32_lane(third, two, 2), 3);
    const counts = f.keep(i32x4.lt_s(place, past));
    const value = f.keep(v128.and(four, counts));
    const position = run.within();
    const [ox, oy, oz] = perAxis(position, ({ index }, a) => i32x4.mul(index, strides[a] as V));
    const all = f.keep(i32x4.add(i32x4.add(ox, oy), oz ?? i32x4.splat(0)));
    // Those beyond the end give nothing, to where the first gives.
    const safe = f.keep(v128.bitselect(all, i32x4.shuffle(all, all, [0, 0, 0, 0]), counts));
    const corners = [0, 1, 2, 3].map((k) => f.keep(i32.add(start, i32x4.extract_lane(safe, k))));
    add[by](f, weightsBy[by](f, position), value, corners, along);
    run.advance();
    place.set(i32x4.add(place, i32x4.splat(1)));
    from.set(i32.add(from, 4));
  });
};

/** Of the voxels from x on every `apart`-th, four of them, of which each goes on by one. */
const runApart = (f: F, axes: PerAxis<RowAxis>, ones: PerAxis<V>, x: Local<"i32">, apart: Local<"i32">): FixedRun => {
  const { f64x2, i32x4 } = f;
  const places = f.keep(i32x4.add(i32x4.splat(x), i32x4.mul(i32x4.splat(apart), i32x4.const([0, 1, 2, 3]))));
  const low = f.keep(f64x2.convert_low_i32x4_s(places));
  const high = f.keep(f64x2.convert_low_i32x4_s(i32x4.shuffle(places, places, [2, 3, 2, 3])));
  const parts = perAxis(axes, ({ base, step }) => {
    const exact = (at: V128): V128 => f64x2.add(f64x2.splat(base), f64x2.mul(f64x2.splat(step), at));
    const first = f.keep(exact(low));
    const floor = f.keep(f64x2.floor(f.i64x2.shuffle(first, first, [0, 0])));
    const fixed = (at: V128): V128 =>
      i32x4.trunc_sat_f64x2_s_zero(f64x2.nearest(f64x2.mul(f64x2.sub(at, floor), f64x2.splat(2 ** fraction))));
    return {
      whole: f.keep(i32x4.extract_lane(i32x4.trunc_sat_f64x2_s_zero(floor), 0)),
      at: f.keep(i32x4.shuffle(fixed(first), fixed(exact(high)), [0, 1, 4, 5])),
    };
  });
  return new FixedRun(f, axes, ones, parts);
};

type V = Local<"v128">;
type Corners = readonly Local<"i32">[];
/** The weights of the neighbours along each axis, from the first one on. */
type Weights = readonly (readonly V[])[];

type PerFast<T> = Readonly<Record<Exclude<Interpolator, "nearest">, T>>;

const weightsBy: PerFast<(f: F, position: PerAxis<Position>) => Weights> = {
  linear: (f, position) => position.map(({ share }) => [f.keep(f.f32x4.sub(f.f32x4.splat(1), share)), share] as const),
  bspline: (f, position) => position.map(({ share }) => weightsOf(f, share)),
};

/** Adds the values times their weights to the neighbours of four voxels, whose `corners` are at their whole parts. */
type Add = (f: F, weights: Weights, value: V, corners: Corners, along: PerAxis<RowAxis>) => void;

/** Pairs of neighbours along x. */
const addPairs: Add = (f, [wx, wy, wz], value, corners, [, { stride: sy }, az]) => {
  const { f32x4, i32x4, v128, i32 } = f;
  const [near, far] = wx as readonly [V, V];
  const sz = az?.stride ?? sy;
  const planes = (wz ?? []).map((z) => f.keep(f32x4.mul(value, z)));
  const rows = planes.flatMap((plane) => (wy ?? []).map((y) => f.keep(f32x4.mul(plane, y))));
  const shifts = [undefined, sy, sz, f.keep(i32.add(sy, sz))];
  const pairs = rows.map((row) => {
    const [a, b] = [f.keep(f32x4.mul(row, near)), f.keep(f32x4.mul(row, far))];
    return [f.keep(i32x4.shuffle(a, b, [0, 4, 1, 5])), f.keep(i32x4.shuffle(a, b, [2, 6, 3, 7]))] as const;
  });
  for (const [lane, corner] of corners.entries())
    for (const [k, [first, second]] of pairs.entries()) {
      const shift = shifts[k];
      const at = shift === undefined ? corner : f.keep(i32.add(corner, shift));
      const weights = lane < 2 ? first : second;
      const there = lane % 2 === 0 ? v128.load64_zero(at) : v128.load64_lane(at, weights, 1);
      v128.store64_lane(at, f32x4.add(there, weights), lane % 2);
    }
};

/** Four neighbours along x. */
const addFours: Add = (f, [wx, wy, wz], value, corners, [, { stride: sy }, az]) => {
  const { f32x4, i32 } = f;
  const sz = az?.stride ?? sy;
  const firsts = corners.map((corner) => f.keep(i32.sub(i32.sub(i32.sub(corner, 4), sy), sz)));
  for (const [c, z] of (wz ?? []).entries())
    f.scope(() => {
      const ofPlane = f.keep(f32x4.mul(value, z));
      const plane = firsts.map((first) => f.keep(c === 0 ? first : i32.add(first, i32.mul(sz, c))));
      for (const [b, y] of (wy ?? []).entries())
        f.scope(() => {
          const ofRow = f.keep(f32x4.mul(ofPlane, y));
          const rows = plane.map((at) => f.keep(b === 0 ? at : i32.add(at, i32.mul(sy, b))));
          addRows(f, (wx ?? []).map((w) => f.keep(f32x4.mul(ofRow, w))) as [V, V, V, V], rows);
        });
    });
};

const addRows = (f: F, [a, b, c, d]: readonly [V, V, V, V], rows: readonly Local<"i32">[]): void => {
  const { f32x4, i32x4, v128 } = f;
  const [ab, cd] = [f.keep(i32x4.shuffle(a, b, [0, 4, 1, 5])), f.keep(i32x4.shuffle(c, d, [0, 4, 1, 5]))];
  const [ef, gh] = [f.keep(i32x4.shuffle(a, b, [2, 6, 3, 7])), f.keep(i32x4.shuffle(c, d, [2, 6, 3, 7]))];
  const ofVoxel = [
    i32x4.shuffle(ab, cd, [0, 1, 4, 5]),
    i32x4.shuffle(ab, cd, [2, 3, 6, 7]),
    i32x4.shuffle(ef, gh, [0, 1, 4, 5]),
    i32x4.shuffle(ef, gh, [2, 3, 6, 7]),
  ];
  for (const [lane, at] of rows.entries()) v128.store(at, f32x4.add(v128.load(at), ofVoxel[lane] as V128));
};

const add: PerFast<Add> = { linear: addPairs, bspline: addFours };
