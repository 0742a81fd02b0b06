/**
 * Tables of words that kernels look things up in: what is computed once in float64 for each index along an
 * axis, so that no kernel needs more than float32 and whole numbers.
 */
import type { Affine } from "../../compiler/language/affine.ts";
import type { Interpolator } from "../../compiler/language/interpolator.ts";
import { type Axis, at, axes, type Vector3 } from "../../compiler/language/vector.ts";
import type { TapBoundary } from "../../compiler/plan.ts";
import { type Interval, rowOf, withinExtent } from "../../compiler/region.ts";
import { fillStencil, makeStencil, tieTolerance } from "../../compiler/stencil.ts";

type Pull = Affine<"index", "index">;

/** Tables behind each other, each known by the word at which it starts. */
export class Tables {
  readonly #parts: Uint32Array[] = [];
  #words = 0;

  add(part: Uint32Array): number {
    const start = this.#words;
    this.#parts.push(part);
    this.#words += part.length;
    return start;
  }

  /** All tables; never empty, because bindings cannot be. */
  words(): Uint32Array<ArrayBuffer> {
    const all = new Uint32Array(Math.max(1, this.#words));
    let start = 0;
    for (const part of this.#parts) {
      all.set(part, start);
      start += part.length;
    }
    return all;
  }
}

/** Words of a table of stencils for each index. */
export const stencilWords: Readonly<Record<Interpolator, number>> = { nearest: 1, linear: 3, bspline: 8 };

/** The output axes that a source coordinate depends on. */
export const driversOf = (pull: Pull, row: Axis): readonly Axis[] =>
  axes.filter((column) => at(pull.linear, row, column) !== 0);

/** The coordinate along a source axis at index `i` of the one output axis that drives it. */
export const coordinateAlong = (pull: Pull, row: Axis, along: Axis, i: number): number => {
  const { base, step } = rowOf(pull, along === 1 ? i : 0, along === 2 ? i : 0);
  return base[row] + step[row] * (along === 0 ? i : 0);
};

/** For each of `count` indices along the driving axis: the samples to read, and their weights. */
export const stencilTable = (
  pull: Pull,
  row: Axis,
  along: Axis,
  count: number,
  by: Interpolator,
  boundary: TapBoundary,
  n: number,
): Uint32Array => {
  const width = stencilWords[by];
  const words = new Uint32Array(count * width);
  const floats = new Float32Array(words.buffer);
  const stencil = makeStencil(by);
  const { index, weight } = stencil;
  for (let i = 0; i < count; i++) {
    fillStencil(stencil, by, boundary, coordinateAlong(pull, row, along, i), n);
    words.set(index, i * width);
    // Of two weights the second says all.
    if (by === "linear") floats[i * width + 2] = weight[1] ?? 0;
    if (by === "bspline") floats.set(weight, i * width + index.length);
  }
  return words;
};

/** The indices along the driving axis whose coordinate lies in the extent of `n` voxels. */
export const intervalAlong = (pull: Pull, row: Axis, along: Axis, count: number, n: number): Interval => {
  let start = 0;
  while (start < count && !withinExtent(coordinateAlong(pull, row, along, start), n)) start++;
  let end = start;
  while (end < count && withinExtent(coordinateAlong(pull, row, along, end), n)) end++;
  return { start, end };
};

/** Coordinates further out than this are all the same: no volume reaches there. */
const farthest = 2 ** 27;

/** Writes a number in units of 2^-(32 + shift) as the two words of a `Fixed`, the high one first. */
const writeFixed = (words: Uint32Array, at: number, value: number, shift: number): void => {
  const scaled = Math.min(Math.max(value, -farthest), farthest) * 2 ** shift;
  const high = Math.floor(scaled);
  const low = Math.round((scaled - high) * 2 ** 32);
  words[at] = low === 2 ** 32 ? high + 1 : high;
  words[at + 1] = low;
};

/** The words of a number in units of 2^-(32 + shift). */
export const fixed = (value: number, shift: number): { readonly high: number; readonly low: number } => {
  const words = new Uint32Array(2);
  writeFixed(words, 0, value, shift);
  const [high = 0, low = 0] = words;
  return { high: high | 0, low };
};

/** A coordinate that several output axes drive: the tables of what each of them adds to it. */
export interface MixedCoordinate {
  /** Fraction bits beyond 32. */
  readonly shift: number;
  /** Whether it was brought near by its period. */
  readonly folded: boolean;
  /** What each index along an output axis adds, as pairs of words. */
  readonly part: (along: Axis) => Uint32Array;
}

/**
 * `n` is the number of samples along the source axis. As many bits as the farthest coordinate leaves are
 * spent on the fraction: at least as fine as the float64 of the reference.
 */
export const mixedCoordinate = (pull: Pull, row: Axis, size: Vector3, n: number, period: number): MixedCoordinate => {
  const factor = (k: Axis): number => at(pull.linear, row, k);
  const reach =
    Math.abs(pull.offset[row]) + axes.reduce<number>((sum, k) => sum + Math.abs(factor(k)) * (size[k] - 1), 0);
  // What repeats can be brought near before it is summed.
  const folded = period > 0 && reach > farthest / 4;
  const largest = folded ? 3 * period : Math.min(reach, 3 * farthest);
  const shift = Math.min(20, Math.max(1, 29 - Math.ceil(Math.log2(Math.max(largest, n) + 2))));
  return { shift, folded, part: (k) => coordinatePart(pull, row, k, size, shift, folded ? period : undefined) };
};

/** What each index along an output axis adds to a coordinate, as pairs of words, brought near by a period if one is given. */
export const coordinatePart = (
  pull: Pull,
  row: Axis,
  along: Axis,
  size: Vector3,
  shift: number,
  period?: number,
): Uint32Array => {
  const words = new Uint32Array(2 * size[along]);
  const step = at(pull.linear, row, along);
  const start = along === 2 ? pull.offset[row] : 0;
  for (let i = 0; i < size[along]; i++) {
    const value = step * i + start;
    writeFixed(words, 2 * i, period === undefined ? value : value % period, shift);
  }
  return words;
};

/** After how many voxels a boundary repeats; 0 when it does not. */
export const periodOf: Readonly<Record<TapBoundary, (n: number) => number>> = {
  clamp: () => 0,
  wrap: (n) => n,
  reflect: (n) => 2 * n,
  mirror: (n) => Math.max(1, 2 * n - 2),
};

/** The ends of an extent of `n` voxels, and the half voxel that nearest adds, as the compiler has them. */
export const extentLow: number = -0.5 - tieTolerance;
export const extentHigh = (n: number): number => n - 0.5 - tieTolerance;
export const nearestHalf: number = 0.5 + tieTolerance;
