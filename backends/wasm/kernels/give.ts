/**
 * One value given to samples anywhere, in float64 weights: the rules of `compiler/stencil.ts` to the letter, for the
 * rims where the fast path of a transposed tap would write beyond the voxels, and for what has no fast path.
 */
import { type Interpolator, support } from "../../../compiler/language/interpolator.ts";
import type { Axis } from "../../../compiler/language/vector.ts";
import type { TapBoundary } from "../../../compiler/plan.ts";
import { splineBoundary } from "../../../compiler/stencil.ts";
import type { Func } from "../assembler/index.ts";
import type { Context, I32 } from "./context.ts";
import { bringBackHelper, type Knot, knotsOf, whereabouts } from "./slow.ts";

type Parameters = typeof whereabouts & {
  readonly origin: "i32";
  readonly first: "i32";
  readonly past: "i32";
  readonly value: "f32";
};
const parameters: Parameters = { origin: "i32", first: "i32", past: "i32", value: "f32", ...whereabouts };
/** `origin` is where voxel (0, 0, 0) would be; planes from `first` on and before `past` are there. */
export type Give = Func<Parameters, readonly []>;

/** Gives a value to the samples around (x, y, z) by the rules of a tap, as far as they lie in the planes. */
export const giveHelper = (context: Context, by: Interpolator, boundary: TapBoundary): Give => {
  const bringBack = bringBackHelper(context, by === "bspline" ? splineBoundary[boundary] : boundary, "of_give");
  return context.module.helper("give", parameters, [], (f, p) => {
    const { i32, f64, f32 } = f;
    const knots = knotsOf(f, bringBack, by, boundary, 4, p);
    const at = (axis: Axis, k: number): Knot => knots[axis][k] as Knot;
    const [low, high] = [f.keep(i32.mul(p.first, p.sz)), f.keep(i32.mul(p.past, p.sz))];
    const value = f.keep(f64.promote_f32(p.value));
    for (let c = 0; c < support[by]; c++) {
      const { offset, weight } = at(2, c);
      const isOwn = (): I32 => i32.and(i32.ge_s(offset, low), i32.lt_s(offset, high));
      f.if(i32.and(isOwn(), f64.ne(weight, 0)), () => {
        const ofPlane = f.keep(f64.mul(value, weight));
        for (let b = 0; b < support[by]; b++)
          f.scope(() => {
            const ofRow = f.keep(f64.mul(ofPlane, at(1, b).weight));
            const row = f.keep(i32.add(i32.add(p.origin, offset), at(1, b).offset));
            for (let a = 0; a < support[by]; a++)
              f.scope(() => {
                const to = f.keep(i32.add(row, at(0, a).offset));
                f32.store(to, f32.add(f32.load(to), f32.demote_f64(f64.mul(ofRow, at(0, a).weight))));
              });
          });
      });
    }
  });
};
