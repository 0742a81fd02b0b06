/** Cubic B-spline interpolation, one voxel after the other: four coefficients along x fill the four lanes. */
import type { DType } from "../../../compiler/language/voxels.ts";
import type { Local } from "../assembler/index.ts";
import type { F, V128 } from "./context.ts";
import { loadRun } from "./elements.ts";
import type { PerAxis, Position } from "./fixed.ts";

export type V = Local<"v128">;
export type Four<T> = readonly [T, T, T, T];
const lanes = [0, 1, 2, 3] as const;

/** The weights of four knots, or their derivatives, at a fraction. */
export type Weigh = (f: F, t: V) => Four<V>;

export interface Coefficients {
  readonly dtype: DType;
  /** Bytes from a coefficient to the next along y and z. */
  readonly strides: readonly [y: Local<"i32">, z: Local<"i32">];
  /** Addresses of the first of the 64 coefficients of each voxel, or 16 in a plane. */
  readonly corners: Four<Local<"i32">>;
}

export const bspline = (
  f: F,
  [x, y, z]: PerAxis<Position>,
  { dtype, strides, corners }: Coefficients,
  along: PerAxis<Weigh> = [weightsOf, weightsOf, weightsOf],
): V128 => {
  const { f32x4, i32x4, i32 } = f;
  const [weighX, weighY, weighZ = weightsOf] = along;
  const [alongX, alongY] = [transposed(f, weighX(f, x.share)), weighY(f, y.share)];
  const alongZ = z && weighZ(f, z.share);
  const [sy, sz] = strides;
  const totals = lanes.map((lane) => {
    const total = f.keep(f32x4.splat(0));
    f.scope(() => {
      const splat = (v: V): V128 => i32x4.shuffle(v, v, [lane, lane, lane, lane]);
      const wy = alongY.map((w) => f.keep(splat(w)));
      /** Four rows, the first at `row`. */
      const plane = (row: Local<"i32">): V128 => {
        const sum = f.keep(f32x4.mul(wy[0] as V, loadRun(f, dtype, row)));
        for (const w of wy.slice(1)) {
          row.set(i32.add(row, sy));
          sum.set(f32x4.add(sum, f32x4.mul(w, loadRun(f, dtype, row))));
        }
        return sum;
      };
      const start = f.keep(corners[lane]);
      if (alongZ === undefined) total.set(plane(start));
      else
        for (const [c, wz] of alongZ.entries())
          f.scope(() => {
            total.set(f32x4.add(total, f32x4.mul(splat(wz), plane(f.keep(start)))));
            if (c < 3) start.set(i32.add(start, sz));
          });
      total.set(f32x4.mul(total, alongX[lane]));
    });
    return total;
  }) as [V, V, V, V];
  // The sum over the lanes of each.
  const pairs = (a: V, b: V): V =>
    f.keep(f32x4.add(i32x4.shuffle(a, b, [0, 4, 1, 5]), i32x4.shuffle(a, b, [2, 6, 3, 7])));
  const [low, high] = [pairs(totals[0], totals[1]), pairs(totals[2], totals[3])];
  return f32x4.add(i32x4.shuffle(low, high, [0, 1, 4, 5]), i32x4.shuffle(low, high, [2, 3, 6, 7]));
};

/** The weights of the four knots at a fraction t (Unser 1999). */
export const weightsOf = (f: F, t: V): Four<V> => {
  const { f32x4 } = f;
  const u = f.keep(f32x4.sub(f32x4.splat(1), t));
  const cubic = (v: V128): V128 => f32x4.mul(f32x4.mul(f32x4.mul(v, v), v), f32x4.splat(1 / 6));
  const middle = (v: V128): V128 =>
    f32x4.sub(
      f32x4.splat(2 / 3),
      f32x4.mul(f32x4.mul(v, v), f32x4.sub(f32x4.splat(1), f32x4.mul(v, f32x4.splat(0.5)))),
    );
  return [f.keep(cubic(u)), f.keep(middle(t)), f.keep(middle(u)), f.keep(cubic(t))];
};

/** From the k-th weight of each voxel to the weights of the k-th voxel, or back. */
export const transposed = (f: F, [a, b, c, d]: Four<V>): Four<V> => {
  const { i32x4 } = f;
  const [ab, cd] = [f.keep(i32x4.shuffle(a, b, [0, 4, 1, 5])), f.keep(i32x4.shuffle(c, d, [0, 4, 1, 5]))];
  const [ef, gh] = [f.keep(i32x4.shuffle(a, b, [2, 6, 3, 7])), f.keep(i32x4.shuffle(c, d, [2, 6, 3, 7]))];
  return [
    f.keep(i32x4.shuffle(ab, cd, [0, 1, 4, 5])),
    f.keep(i32x4.shuffle(ab, cd, [2, 3, 6, 7])),
    f.keep(i32x4.shuffle(ef, gh, [0, 1, 4, 5])),
    f.keep(i32x4.shuffle(ef, gh, [2, 3, 6, 7])),
  ];
};
