/** How interpolated values rise along each axis. */
import type { Interpolator } from "../../../compiler/language/interpolator.ts";
import type { Local } from "../assembler/index.ts";
import type { Four, V } from "./bspline.ts";
import type { F, F64, I32, V128 } from "./context.ts";
import { loadPairs, type PairDType } from "./elements.ts";
import type { Position } from "./fixed.ts";
import type { Neighbours } from "./linear.ts";

/** A value and how it rises along each axis, per voxel. */
export interface Slopes {
  readonly value: V128;
  readonly slopes: readonly [V128, V128, V128];
}

/** Linear interpolation in a volume with slopes: they are made of the same eight samples. */
export const linearSlopes = (
  f: F,
  dtype: PairDType,
  [x, y, z]: readonly [Position, Position, Position],
  { next: [nextY, nextZ], corners }: Neighbours,
): Slopes => {
  const { f32x4, i32 } = f;
  const mix = (a: Local<"v128">, b: Local<"v128">, share: V128): Local<"v128"> =>
    f.keep(f32x4.add(a, f32x4.mul(f32x4.sub(b, a), share)));
  const along = (shift: I32): { readonly at: Local<"v128">; readonly rise: Local<"v128"> } => {
    const kept = f.keep(shift);
    const at = (lane: 0 | 1 | 2 | 3): I32 => i32.add(corners[lane], kept);
    const [first, second] = loadPairs(f, dtype, [at(0), at(1), at(2), at(3)]);
    const [low, high] = [f.keep(first), f.keep(second)];
    return { at: mix(low, high, x.share), rise: f.keep(f32x4.sub(high, low)) };
  };
  const both = f.keep(i32.add(nextY, nextZ));
  const [a, b, c, d] = [along(i32.const(0)), along(nextY), along(nextZ), along(both)];
  const [front, back] = [mix(a.at, b.at, y.share), mix(c.at, d.at, y.share)];
  const alongX = mix(mix(a.rise, b.rise, y.share), mix(c.rise, d.rise, y.share), z.share);
  const alongY = mix(f.keep(f32x4.sub(b.at, a.at)), f.keep(f32x4.sub(d.at, c.at)), z.share);
  return {
    value: mix(front, back, z.share),
    slopes: [alongX, alongY, f.keep(f32x4.sub(back, front))],
  };
};

/** The derivatives of the weights of cubic B-splines, four at a time. */
export const slopesOf = (f: F, t: V): Four<V> => {
  const { f32x4 } = f;
  const u = f.keep(f32x4.sub(f32x4.splat(1), t));
  const end = (v: V, sign: number): V128 => f32x4.mul(f32x4.mul(v, v), f32x4.splat(sign * 0.5));
  const middle = (v: V, sign: number): V128 =>
    f32x4.mul(f32x4.mul(v, f32x4.splat(sign)), f32x4.sub(f32x4.splat(2), f32x4.mul(v, f32x4.splat(1.5))));
  return [f.keep(end(u, -1)), f.keep(middle(t, -1)), f.keep(middle(u, 1)), f.keep(end(t, 1))];
};

/** The derivatives of the weights by t, in float64. */
export const exactSlopes = (f: F, by: Interpolator, t: Local<"f64">): readonly F64[] => {
  const { f64 } = f;
  switch (by) {
    case "nearest":
      return [f64.const(0)];
    case "linear":
      return [f64.const(-1), f64.const(1)];
    case "bspline": {
      const u = f.keep(f64.sub(1, t));
      const end = (v: Local<"f64">): F64 => f64.mul(f64.mul(v, v), 0.5);
      const middle = (v: Local<"f64">): F64 => f64.mul(v, f64.sub(2, f64.mul(v, 1.5)));
      return [f64.neg(end(u)), f64.neg(middle(t)), middle(u), end(t)];
    }
  }
};
