/** Known movements of real scans: what a registration has to find again, and how far it is off. */
import { transformPoint } from "../../compiler/language/affine.ts";
import { type Grid, pointAt, worldToIndex } from "../../compiler/language/grid.ts";
import { norm, subtract, type Vector3, vector } from "../../compiler/language/vector.ts";
import { affine, centreOf, evaluate, type MedImage, pipe } from "../../src/index.ts";
import { affineMap } from "../../src/ops/affine.ts";
import { pointMapOf, type Transform, transformOf } from "../../src/register/index.ts";

export type Kind = "rigid" | "affine";

/** A movement of content about the centre of a grid. */
export interface Draw {
  readonly rotate: Vector3;
  readonly translate: Vector3;
  readonly scale: Vector3;
}

/** Numbers in [−1, 1) from a seed (mulberry32), so that everyone draws the same. */
export const noise = (seed: number): (() => number) => {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
};

/** Up to 20° and 20 mm in all, in a direction of its own each, and for affine ±10 % along each axis. */
export const draw = (kind: Kind, next: () => number): Draw => {
  const within = (most: number): Vector3 => {
    const direction = vector(() => next());
    const length = (most * Math.abs(next())) / norm(direction);
    return vector((k) => direction[k] * length);
  };
  return {
    rotate: within(20),
    translate: within(20),
    scale: kind === "affine" ? vector(() => 1 + 0.1 * next()) : [1, 1, 1],
  };
};

/** The scan with its content moved, by cubic B-splines, and the transform that leads from the scan to it. */
export const moved = async (
  scan: MedImage<"intensity">,
  { rotate, translate, scale }: Draw,
): Promise<{ readonly moving: MedImage<"intensity">; readonly truth: Transform }> => {
  const centre = centreOf(scan.grid);
  return {
    moving: await evaluate(pipe(scan, affine({ rotate, translate, scale }, { interpolation: "bspline" }))),
    truth: transformOf(affineMap({ rotate, translate, scale }, { at: centre }), centre),
  };
};

/** Points of 10 to 90 % of a grid's extent along each axis, five on each. */
export const landmarks = (grid: Grid): readonly Vector3[] =>
  Array.from({ length: 125 }, (_, i) => [i % 5, Math.floor(i / 5) % 5, Math.floor(i / 25)] as const).map((at) =>
    pointAt(
      grid,
      vector((k) => (0.1 + 0.2 * at[k]) * (grid.size[k] - 1)),
    ),
  );

/** How far two transforms are apart at each landmark of `grid`, in voxels, its own or others: the target registration errors. */
export const errorsOf = (found: Transform, truth: Transform, grid: Grid, voxels: Grid = grid): readonly number[] => {
  const [f, t] = [pointMapOf(found), pointMapOf(truth)];
  const { linear } = worldToIndex(voxels);
  return landmarks(grid).map((point) => {
    const off = subtract(transformPoint(f, point), transformPoint(t, point));
    return norm(transformPoint({ linear, offset: [0, 0, 0] }, off));
  });
};
