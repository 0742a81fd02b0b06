/**
 * Orientation codes: for each index axis the direction in which it increases, as nibabel and MedImages.jl
 * name it. The identity direction in LPS world is `LPS`. There are 48.
 */

import type { Grid } from "../compiler/language/grid.ts";
import { type Axis, at, axes, column, type Matrix3, norm, type Vector3, vector } from "../compiler/language/vector.ts";

/** World axis and sign of each letter; world is LPS. */
const letters: Readonly<Record<string, readonly [axis: Axis, sign: 1 | -1]>> = {
  L: [0, 1],
  R: [0, -1],
  P: [1, 1],
  A: [1, -1],
  S: [2, 1],
  I: [2, -1],
};
const names: readonly (readonly [positive: string, negative: string])[] = [
  ["L", "R"],
  ["P", "A"],
  ["S", "I"],
];

/** For each index axis, the world axis that it runs along and in which sense. */
export interface AxisCodes {
  readonly world: readonly [Axis, Axis, Axis];
  readonly sign: Vector3;
}

/** All 48 codes. */
export const orientationCodes: readonly string[] = names.flatMap((_, first) =>
  names.flatMap((_, second) =>
    first === second
      ? []
      : [0, 1, 2, 3, 4, 5, 6, 7].map((signs) =>
          [first, second, 3 - first - second].map((axis, k) => names[axis]?.[(signs >> k) & 1] ?? "").join(""),
        ),
  ),
);

/** Reads a code such as `RAS`, in either case; undefined when it is none of the 48. */
export const parseOrientation = (code: string): AxisCodes | undefined => {
  const upper = code.toUpperCase();
  if (!orientationCodes.includes(upper)) return undefined;
  const parts = [...upper].map((letter) => letters[letter] ?? ([0, 1] as const));
  const [x, y, z] = parts;
  if (x === undefined || y === undefined || z === undefined) return undefined;
  return { world: [x[0], y[0], z[0]], sign: [x[1], y[1], z[1]] };
};

/**
 * The nearest code of a direction matrix, oblique or sheared: the assignment of index axes to world axes
 * with the largest sum of |cosines|.
 */
export const nearestAxes = (direction: Matrix3): AxisCodes => {
  const unit = axes.map((k) => {
    const c = column(direction, k);
    return vector((w) => c[w] / norm(c));
  });
  const permutations: readonly (readonly [Axis, Axis, Axis])[] = [
    [0, 1, 2],
    [1, 0, 2],
    [0, 2, 1],
    [2, 0, 1],
    [1, 2, 0],
    [2, 1, 0],
  ];
  const score = (p: readonly [Axis, Axis, Axis]): number =>
    axes.reduce<number>((sum, k) => sum + Math.abs(unit[k]?.[p[k]] ?? 0), 0);
  const world = permutations.reduce((best, p) => (score(p) > score(best) + 1e-9 ? p : best));
  return { world, sign: vector((k) => (at(direction, world[k], k) < 0 ? -1 : 1)) };
};

/** The orientation code of a grid, such as `LPS`. */
export const orientationOf = (grid: Grid): string => {
  const { world, sign } = nearestAxes(grid.direction);
  return axes.map((k) => names[world[k]]?.[sign[k] < 0 ? 1 : 0] ?? "").join("");
};
