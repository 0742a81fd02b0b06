/**
 * Where along a row coordinates lie within limits: the rule of `compiler/region.ts`, in the same float64
 * arithmetic, so that kernels and the reference agree on every border voxel.
 */
import type { Func, Local } from "../assembler/index.ts";
import type { Context, F } from "./context.ts";

export type Narrow = Func<
  { b: "f64"; s: "f64"; low: "f64"; high: "f64"; start: "i32"; end: "i32" },
  readonly ["i32", "i32"]
>;

/** Narrows [start, end) to the x for which low ≤ b + s·x < high. */
export const narrowHelper = ({ module }: Context): Narrow =>
  module.helper(
    "narrow",
    { b: "f64", s: "f64", low: "f64", high: "f64", start: "i32", end: "i32" },
    ["i32", "i32"],
    (f, { b, s, low, high, start, end }) => {
      const { f64, i32 } = f;
      const within = (x: Local<"i32">, shift: number) => {
        const at = f.keep(f64.add(b, f64.mul(s, f64.convert_i32_s(i32.add(x, shift)))));
        return i32.and(f64.ge(at, low), f64.lt(at, high));
      };
      f.if(
        f64.eq(s, 0),
        () => {
          f.if(i32.eqz(i32.and(f64.ge(b, low), f64.lt(b, high))), () => {
            start.set(0);
            end.set(0);
          });
        },
        () => {
          const up = f64.gt(s, 0);
          const first = f64.div(f64.sub(f.select(up, low, high), b), s);
          const last = f64.div(f64.sub(f.select(up, high, low), b), s);
          const [low0, high0] = [f.keep(f64.convert_i32_s(start)), f.keep(f64.convert_i32_s(end))];
          const from = f.keep(f64.min(f64.max(f64.sub(f64.ceil(first), 1), low0), high0));
          const to = f.keep(f64.max(f64.min(f64.add(f64.floor(last), 2), high0), low0));
          start.set(i32.trunc_sat_f64_s(from));
          end.set(i32.trunc_sat_f64_s(to));
          shrink(f, start, end, 1, () => within(start, 0), start);
          shrink(f, start, end, -1, () => within(end, -1), end);
        },
      );
      return [start, end];
    },
  );

/** Moves one end inwards while the voxel there is not within. */
const shrink = (
  f: F,
  start: Local<"i32">,
  end: Local<"i32">,
  step: number,
  within: () => ReturnType<F["i32"]["and"]>,
  moved: Local<"i32">,
): void => {
  f.block((done) =>
    f.loop((again) => {
      f.brIf(done, f.i32.ge_s(start, end));
      f.brIf(done, within());
      moved.set(f.i32.add(moved, step));
      f.br(again);
    }),
  );
};
