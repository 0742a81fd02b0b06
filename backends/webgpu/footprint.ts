/**
 * Which voxels of a domain a tap may give to a sample: the transpose of a tap is a gather over them, so that no
 * two invocations write the same number and sums have an order. What is found here may be too much and is never too
 * little; the weights, which a kernel takes by the rules of the tap itself, have the last word.
 */

import type { Interpolator } from "../../compiler/language/interpolator.ts";
import {
  type Axis,
  at,
  axes,
  column,
  determinant3,
  dot,
  inverse3,
  type Matrix3,
  matrix,
  norm,
  type Vector3,
  vector,
  zero3,
} from "../../compiler/language/vector.ts";
import type { Tap } from "../../compiler/plan.ts";
import { bringBack, splineBoundary } from "../../compiler/stencil.ts";

/** From here on coordinates are too far out to be looked for in float32, and all voxels are looked at. */
const farthest = 2 ** 20;
/** What float32 makes of a coordinate, as a share of how large its parts are. */
const rounding = 1e-6;
/** More than any axis is long. */
const everything = 1e9;

export interface Footprint {
  /**
   * For each source axis and each sample along it the intervals of coordinates that read it: n + 1 numbers of the
   * first of them, then pairs of their ends, as float32. They are further apart than the search is wide, so that no
   * voxel is found twice.
   */
  readonly slabs: readonly [Uint32Array, Uint32Array, Uint32Array];
  readonly rows: Back;
  readonly planes: Back;
  /** For each source axis, how to find the part of a row of the domain. */
  readonly along: readonly [Along, Along, Along];
  /** About how many voxels are looked at for a sample. */
  readonly looks: number;
}

/** From coordinates back to an index of the domain, and how much more to look at. */
export interface Back {
  readonly linear: Vector3;
  readonly offset: number;
  readonly room: number;
}

/** Steps along x of the domain per voxel along a source axis, 0 where it does not count; and how much more to look at. */
export interface Along {
  readonly perStep: number;
  readonly room: number;
  /** Rows whose coordinate is further than this from a slab are left out. */
  readonly wide: number;
}

export const footprintOf = (through: Omit<Tap, "source">, size: Vector3, samples: Vector3): Footprint => {
  const { pull, by } = through;
  const most = vector((k) => reachOf(through, k, size).most);
  const slack = vector((k) => rounding * most[k] + 1e-4);
  const isFar = most.some((reach) => reach > farthest);
  const along = each((k): Along => {
    const step = at(pull.linear, k, 0);
    const drift = Math.abs(step) * (size[0] - 1);
    if (isFar) return { perStep: 0, room: everything, wide: everything };
    if (drift <= 0.01) return { perStep: 0, room: everything, wide: drift + slack[k] };
    return { perStep: 1 / step, room: slack[k] / Math.abs(step) + rounding * size[0], wide: everything };
  });
  const slabs = each((k): Uint32Array => {
    if (isFar) return packed(Array.from({ length: samples[k] }, () => [{ low: -1, high: 1 }]));
    const { wide } = along[k];
    return packed(slabsOf(through, k, size, samples[k], 0.1 + 4 * slack[k] + (wide < everything ? 2 * wide : 0)));
  });
  const inverse = isFar ? undefined : inverseOver(pull.linear, size);
  const backTo = (index: 1 | 2): Back => {
    if (inverse === undefined) return { linear: zero3, offset: 0, room: everything };
    const linear = vector((k) => at(inverse, index, k));
    const offset = -dot(linear, pull.offset);
    const magnitude = vector((k) => Math.abs(linear[k]));
    const room = dot(magnitude, slack) + rounding * (dot(magnitude, most) + Math.abs(offset)) + 1e-3;
    return { linear, offset, room };
  };
  const [rows, planes] = [backTo(1), backTo(2)];
  const width = 2 * radius[by];
  const inBox = ({ linear, room }: Back, n: number): number =>
    Math.min(n, 1 + 2 * room + linear.reduce((sum, b) => sum + Math.abs(b) * width, 0));
  const inRow = along.map(({ perStep, room }) => 1 + 2 * room + Math.abs(perStep) * width);
  const looks = inBox(rows, size[1]) * inBox(planes, size[2]) * (1 + Math.min(size[0], ...inRow));
  return { slabs, rows, planes, along, looks };
};

const each = <T>(of: (k: Axis) => T): readonly [T, T, T] => [of(0), of(1), of(2)];

/** The coordinates along a source axis that a domain of `size` reaches. */
const reachOf = (
  { pull }: Pick<Tap, "pull">,
  row: Axis,
  size: Vector3,
): { readonly low: number; readonly high: number; readonly most: number } => {
  let [low, high, most] = [pull.offset[row], pull.offset[row], Math.abs(pull.offset[row])];
  for (const k of axes) {
    const end = at(pull.linear, row, k) * (size[k] - 1);
    low += Math.min(end, 0);
    high += Math.max(end, 0);
    most += Math.abs(end);
  }
  return { low, high, most };
};

interface Slab {
  readonly low: number;
  readonly high: number;
}

/** How far from a sample coordinates read it. */
const radius: Readonly<Record<Interpolator, number>> = { nearest: 0.5, linear: 1, bspline: 2 };

/** For each of `n` samples the coordinates that read it, by every index that the boundary brings back to it. */
const slabsOf = (
  through: Omit<Tap, "source">,
  axis: Axis,
  size: Vector3,
  n: number,
  gap: number,
): readonly (readonly Slab[])[] => {
  const { by, boundary } = through;
  const reach = reachOf(through, axis, size);
  const [low, high] = [reach.low - 1e-3, reach.high + 1e-3];
  // Coordinates beyond the outermost centres read as these do.
  const isHeld = boundary === "clamp";
  const held = (x: number): number => (isHeld ? Math.min(Math.max(x, 0), n - 1) : x);
  const bring = bringBack[by === "bspline" ? splineBoundary[boundary] : boundary];
  const slabs: Slab[][] = Array.from({ length: n }, () => []);
  const r = radius[by];
  for (let m = Math.floor(held(low) - r); m <= Math.ceil(held(high) + r); m++) {
    const from = isHeld && m - r < 0 ? low : Math.max(m - r, low);
    const to = isHeld && m + r > n - 1 ? high : Math.min(m + r, high);
    const list = slabs[bring(m, n)];
    if (list === undefined || from > to) continue;
    const last = list.at(-1);
    if (last === undefined || from - last.high > gap) list.push({ low: from, high: to });
    else list[list.length - 1] = { low: Math.min(last.low, from), high: Math.max(last.high, to) };
  }
  return slabs;
};

const packed = (slabs: readonly (readonly Slab[])[]): Uint32Array => {
  const starts = Uint32Array.from({ length: slabs.length + 1 });
  slabs.forEach((list, k) => {
    starts[k + 1] = (starts[k] ?? 0) + list.length;
  });
  const ends = Float32Array.from(slabs.flatMap((list) => list.flatMap(({ low, high }) => [low, high])));
  const words = new Uint32Array(starts.length + ends.length);
  words.set(starts);
  words.set(new Uint32Array(ends.buffer), starts.length);
  return words;
};

/**
 * The inverse of a pull over a domain of `size`. Along an axis of one voxel the index is 0 whatever the pull has
 * there, so that column is chosen to be across the others. Undefined where voxels of the domain lie on each other.
 */
const inverseOver = (linear: Matrix3, size: Vector3): Matrix3 | undefined => {
  const kept = axes.filter((k) => size[k] > 1).map((k) => column(linear, k));
  const chosen: Vector3[] = [];
  const columns = axes.map((k) => {
    if (size[k] > 1) return column(linear, k);
    const [a, b] = [...kept, ...chosen];
    const fresh = across(a, b);
    chosen.push(fresh);
    return fresh;
  });
  const whole = matrix((row, k) => columns[k]?.[row] ?? 0);
  const lengths = columns.reduce((all, each) => all * norm(each), 1);
  return Math.abs(determinant3(whole)) > 1e-9 * lengths ? inverse3(whole) : undefined;
};

/** A vector of length 1 at right angles to up to two others; 0 where these lie on one line. */
const across = (a: Vector3 = [0, 0, 1], b: Vector3 = leastAxisOf(a)): Vector3 => {
  const v: Vector3 = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
  const length = norm(v);
  return length > 0 ? vector((k) => v[k] / length) : zero3;
};

/** The axis that a vector goes along least. */
const leastAxisOf = (a: Vector3): Vector3 => {
  const least = axes.reduce<Axis>((best, k) => (Math.abs(a[k]) < Math.abs(a[best]) ? k : best), 0);
  return vector((k) => (k === least ? 1 : 0));
};
