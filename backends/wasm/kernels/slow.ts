/**
 * One sample anywhere, one voxel at a time and in float64: the rules of `compiler/stencil.ts` to the
 * letter, for the rims where a fast path would read beyond the voxels, and for what has no fast path.
 */

import { type Interpolator, support } from "../../../compiler/language/interpolator.ts";
import type { Axis } from "../../../compiler/language/vector.ts";
import type { DType } from "../../../compiler/language/voxels.ts";
import type { Tap, TapBoundary } from "../../../compiler/plan.ts";
import { splineBoundary, tieTolerance } from "../../../compiler/stencil.ts";
import type { Code, Func, Local, Locals } from "../assembler/index.ts";
import type { Context, F, F64, I32 } from "./context.ts";
import { elementBytes, loadScalar } from "./elements.ts";

/** Where a sample is looked for: `sy` and `sz` are the bytes from a voxel to the next along y and z. */
export const whereabouts = {
  nx: "i32",
  ny: "i32",
  nz: "i32",
  sy: "i32",
  sz: "i32",
  x: "f64",
  y: "f64",
  z: "f64",
} as const;
type Whereabouts = typeof whereabouts;
type Place = Whereabouts & { readonly source: "i32" };
const place: Place = { source: "i32", ...whereabouts };
export type Sample = Func<Place, readonly ["f32"]>;
export type Address = Func<Place, readonly ["i32"]>;

/** The sample at (x, y, z) by a tap's rules, or its slope along an axis; `k` is the number of the tap. */
export const sampleHelper = (
  context: Context,
  { by, boundary, dtype }: Pick<Tap, "by" | "boundary"> & { readonly dtype: DType },
  k: number,
  slope?: SlopeAlong,
): Sample => {
  const name = slope === undefined ? `sample${k}` : `slope${k}_${"xyz"[slope.axis]}`;
  const bringBack = bringBackHelper(context, by === "bspline" ? splineBoundary[boundary] : boundary, `of_${name}`);
  return context.module.helper(name, place, ["f32"], (f, p) => {
    const { i32, f64 } = f;
    const knots = knotsOf(f, bringBack, by, boundary, elementBytes(dtype), p, slope);
    const sum = f.keep(f64.add(0, 0), "sum");
    const count = support[by];
    for (let c = 0; c < count; c++)
      for (let b = 0; b < count; b++) {
        const row = f.keep(i32.add(i32.add(p.source, knot(knots[2], c).offset), knot(knots[1], b).offset));
        const w = f.keep(f64.mul(knot(knots[2], c).weight, knot(knots[1], b).weight));
        for (let a = 0; a < count; a++) {
          const weight = f.keep(f64.mul(w, knot(knots[0], a).weight));
          const add = (): void =>
            sum.set(f64.add(sum, f64.mul(weight, loadScalar(f, dtype, i32.add(row, knot(knots[0], a).offset)))));
          // A sample of weight 0 does not count, not even as NaN. Coefficients have spread what is not finite anyway.
          if (by === "bspline") add();
          else f.if(f64.ne(weight, 0), add);
          f.release(weight);
        }
        f.release(row);
        f.release(w);
      }
    return f.f32.demote_f64(sum);
  });
};

/** The address of the sample nearest to (x, y, z). */
export const addressHelper = (context: Context, boundary: TapBoundary, dtype: DType, k: number): Address => {
  const bringBack = bringBackHelper(context, boundary, `of_address${k}`);
  return context.module.helper(`address${k}`, place, ["i32"], (f, p) => {
    const [x, y, z] = knotsOf(f, bringBack, "nearest", boundary, elementBytes(dtype), p);
    return f.i32.add(f.i32.add(p.source, knot(x, 0).offset), f.i32.add(knot(y, 0).offset, knot(z, 0).offset));
  });
};

/** Derivatives in place of weights, along one axis. */
export interface SlopeAlong {
  readonly axis: Axis;
  readonly weights: (f: F, by: Interpolator, t: Local<"f64">) => readonly F64[];
}

/** Along each axis the samples to read, as bytes from the first, and their weights. */
export const knotsOf = (
  f: F,
  bringBack: BringBack,
  by: Interpolator,
  boundary: TapBoundary,
  sx: number,
  { nx, ny, nz, sy, sz, x, y, z }: Locals<Whereabouts>,
  slope?: SlopeAlong,
): readonly [readonly Knot[], readonly Knot[], readonly Knot[]] => {
  const { i32, f64 } = f;
  const along = (axis: Axis, at: Local<"f64">, n: Local<"i32">, stride: I32 | number): readonly Knot[] => {
    const weigh = axis === slope?.axis ? slope.weights : undefined;
    const exact = weigh === undefined ? at : f.keep(at);
    if (by === "bspline" && boundary === "clamp") at.set(f64.min(f64.max(at, 0), f64.convert_i32_s(i32.sub(n, 1))));
    const low = f.keep(by === "nearest" ? f64.floor(f64.add(f64.add(at, 0.5), tieTolerance)) : f64.floor(at));
    const t = f.keep(f64.sub(at, low));
    const first = f.keep(i32.sub(i32.trunc_sat_f64_s(low), by === "bspline" ? 1 : 0));
    // Held at the edge it does not move.
    const moves = weigh === undefined ? undefined : f.keep(f64.convert_i32_s(f64.eq(exact, at)));
    const all =
      weigh === undefined || moves === undefined
        ? weights(f, by, t)
        : weigh(f, by, t).map((weight) => f64.mul(weight, moves));
    return all.map((weight, k) => ({
      weight: f.keep(weight),
      offset: f.keep(i32.mul(f.call(bringBack, { i: i32.add(first, k), n }), stride)),
    }));
  };
  return [along(0, x, nx, sx), along(1, y, ny, sy), along(2, z, nz, sz)];
};

export interface Knot {
  readonly weight: Local<"f64">;
  readonly offset: Local<"i32">;
}
const knot = (knots: readonly Knot[], k: number): Knot => knots[k] as Knot;

const weights = (f: F, by: Interpolator, t: Local<"f64">): readonly F64[] => {
  const { f64 } = f;
  switch (by) {
    case "nearest":
      return [f64.const(1)];
    case "linear":
      return [f64.sub(1, t), t];
    case "bspline": {
      const u = f.keep(f64.sub(1, t));
      const cubic = (v: F64): F64 => f64.div(f64.mul(f64.mul(v, v), v), 6);
      const middle = (v: F64): F64 => f64.sub(2 / 3, f64.mul(f64.mul(v, v), f64.sub(1, f64.mul(v, 0.5))));
      return [cubic(u), middle(t), middle(u), cubic(t)];
    }
  }
};

export type BringBack = Func<{ i: "i32"; n: "i32" }, readonly ["i32"]>;

export const bringBackHelper = ({ module }: Context, boundary: TapBoundary, suffix: string): BringBack =>
  module.helper(`bring_back_${boundary}_${suffix}`, { i: "i32", n: "i32" }, ["i32"], (f, { i, n }): Code<"i32"> => {
    const { i32 } = f;
    f.if(i32.lt_u(i, n), () => f.return(i));
    /** i modulo `period`, never negative. */
    const modulo = (period: I32): I32 => i32.rem_s(i32.add(i32.rem_s(i, period), period), period);
    switch (boundary) {
      case "clamp": {
        const last = f.keep(i32.sub(n, 1));
        const high = f.keep(f.select(i32.gt_s(i, last), last, i));
        return f.select(i32.lt_s(high, 0), i32.const(0), high);
      }
      case "wrap":
        return modulo(n);
      case "reflect": {
        const period = f.keep(i32.mul(n, 2));
        const m = f.keep(modulo(period));
        return f.select(i32.lt_s(m, n), m, i32.sub(i32.sub(period, 1), m));
      }
      case "mirror": {
        f.if(i32.eq(n, 1), () => f.return(i32.const(0)));
        const period = f.keep(i32.sub(i32.mul(n, 2), 2));
        const m = f.keep(modulo(period));
        return f.select(i32.lt_s(m, n), m, i32.sub(period, m));
      }
    }
  });
