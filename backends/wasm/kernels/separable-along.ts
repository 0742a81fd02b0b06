/**
 * Four voxels of a separable gather from a blended row. Where voxels lie closer than samples, a few vectors
 * in a row hold all that four of them need, and lanes are picked by a mask; elsewhere the samples of each
 * voxel are loaded from where they are.
 */
import type { Interpolator } from "../../../compiler/language/interpolator.ts";
import type { Local } from "../assembler/index.ts";
import { type Form, group } from "../separable-row.ts";
import type { F, V128 } from "./context.ts";

export interface Along {
  readonly by: Interpolator;
  readonly form: Form;
  /** Whether a sample of weight 0 may be no number. */
  readonly guarded: boolean;
}

/** The values of the group of output voxels at `at` in the table. */
export const readGroup = (f: F, along: Along, at: Local<"i32">, row: Local<"i32">): V128 =>
  along.form === "compact" ? compact(f, along, at, row) : spread(f, along, at, row);

const compact = (f: F, along: Along, at: Local<"i32">, row: Local<"i32">): V128 => {
  const { i32, i8x16, v128, f32x4 } = f;
  const from = f.keep(i32.add(row, i32.load(at)));
  const mask = f.keep(v128.load(at, group.mask));
  const sample = (k: number): V128 => i8x16.swizzle(v128.load(from, 4 * k), mask);
  switch (along.by) {
    case "nearest":
      return sample(0);
    case "linear":
      return mix(f, along, sample(0), sample(1), at);
    case "bspline": {
      const part = (k: number): V128 => f32x4.mul(sample(k), v128.load(at, group.weights + 16 * k));
      return f32x4.add(f32x4.add(part(0), part(1)), f32x4.add(part(2), part(3)));
    }
  }
};

const spread = (f: F, along: Along, at: Local<"i32">, row: Local<"i32">): V128 => {
  const { i32, i32x4, v128, f32x4 } = f;
  const [a, b, c, d] = [0, 4, 8, 12].map((k) => f.keep(i32.add(row, i32.load(at, k)))) as [I, I, I, I];
  switch (along.by) {
    case "nearest":
      return [b, c, d].reduce<V128>((all, from, k) => v128.load32_lane(from, all, k + 1), v128.load32_zero(a));
    case "linear": {
      const ab = f.keep(v128.load64_lane(b, v128.load64_zero(a), 1));
      const cd = f.keep(v128.load64_lane(d, v128.load64_zero(c), 1));
      return mix(f, along, i32x4.shuffle(ab, cd, [0, 2, 4, 6]), i32x4.shuffle(ab, cd, [1, 3, 5, 7]), at);
    }
    case "bspline": {
      const [p, q, r, s] = [a, b, c, d].map((from, k) =>
        f.keep(f32x4.mul(v128.load(from), v128.load(at, group.weights + 16 * k))),
      ) as [V, V, V, V];
      const halves = (v: V, w: V): V =>
        f.keep(f32x4.add(i32x4.shuffle(v, w, [0, 4, 1, 5]), i32x4.shuffle(v, w, [2, 6, 3, 7])));
      const [low, high] = [halves(p, q), halves(r, s)];
      return f32x4.add(i32x4.shuffle(low, high, [0, 1, 4, 5]), i32x4.shuffle(low, high, [2, 3, 6, 7]));
    }
  }
};

type I = Local<"i32">;
type V = Local<"v128">;

const mix = (f: F, { guarded }: Along, first: V128, second: V128, at: Local<"i32">): V128 => {
  const { f32x4, v128 } = f;
  const a = f.keep(first);
  const t = f.keep(v128.load(at, group.weights));
  const value = f32x4.add(a, f32x4.mul(f32x4.sub(second, a), t));
  return guarded ? v128.bitselect(a, value, f32x4.eq(t, f32x4.splat(0))) : value;
};
