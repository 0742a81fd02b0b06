/**
 * Where along a row coordinates lie within limits: the rule of `compiler/region.ts`, in the same float64
 * arithmetic, so that kernels and the reference agree on every border voxel.
 */
import type { Func, Local } from "../assembler/index.ts";
import type { Context, F, F64, I32 } from "./context.ts";

export type Narrow = Func<
  { b: "f64"; s: "f64"; low: "f64"; high: "f64"; start: "i32"; end: "i32" },
  readonly ["i32", "i32"]
>;

const signature = { b: "f64", s: "f64", low: "f64", high: "f64", start: "i32", end: "i32" } as const;

/** Narrows [start, end) to the x for which low ≤ b + s·x < high. */
export const narrowHelper = ({ module }: Context): Narrow =>
  module.helper("narrow", signature, ["i32", "i32"], (f, { b, s, low, high, start, end }) => {
    const { f64, i32 } = f;
    const without = (x: I32): I32 => {
      const at = f.keep(f64.add(b, f64.mul(s, f64.convert_i32_s(x))));
      return i32.eqz(i32.and(f64.ge(at, low), f64.lt(at, high)));
    };
    f.if(
      f64.eq(s, 0),
      () => keepIf(f, i32.and(f64.ge(b, low), f64.lt(b, high)), start, end),
      () => {
        const { first, last } = crossings(f, { b, s, low, high });
        const [low0, high0] = [f.keep(f64.convert_i32_s(start)), f.keep(f64.convert_i32_s(end))];
        const from = f.keep(f64.min(f64.max(f64.sub(f64.ceil(first), 1), low0), high0));
        const to = f.keep(f64.max(f64.min(f64.add(f64.floor(last), 2), high0), low0));
        start.set(i32.trunc_sat_f64_s(from));
        end.set(i32.trunc_sat_f64_s(to));
        // Division finds the ends to within a voxel, so asking twice at each settles them; without branches,
        // since which way they would go changes from row to row.
        for (let asked = 0; asked < 2; asked++) {
          start.set(i32.add(start, i32.and(i32.lt_s(start, end), without(start))));
          end.set(i32.sub(end, i32.and(i32.lt_s(start, end), without(i32.sub(end, 1)))));
        }
      },
    );
    return [start, end];
  });

/** As {@link narrowHelper}, for limits so far from what must not be passed that rounding does not matter. */
export const narrowRoughlyHelper = ({ module }: Context): Narrow =>
  module.helper("narrow_roughly", signature, ["i32", "i32"], (f, { b, s, low, high, start, end }) => {
    const { f64, i32 } = f;
    f.if(
      f64.eq(s, 0),
      () => keepIf(f, i32.and(f64.ge(b, low), f64.lt(b, high)), start, end),
      () => {
        const { first, last } = crossings(f, { b, s, low, high });
        const from = f64.max(f64.ceil(first), f64.convert_i32_s(start));
        const to = f64.min(f64.ceil(last), f64.convert_i32_s(end));
        start.set(i32.trunc_sat_f64_s(from));
        const last0 = f.keep(i32.trunc_sat_f64_s(to));
        // Empty, but not inside out, which a tighter limit would take for a whole interval.
        end.set(f.select(i32.lt_s(last0, start), start, last0));
      },
    );
    return [start, end];
  });

const keepIf = (f: F, holds: I32, start: Local<"i32">, end: Local<"i32">): void =>
  f.if(f.i32.eqz(holds), () => {
    start.set(0);
    end.set(0);
  });

/** Where a coordinate passes the limits, in order of x. */
const crossings = (
  f: F,
  { b, s, low, high }: Readonly<Record<"b" | "s" | "low" | "high", Local<"f64">>>,
): { readonly first: F64; readonly last: F64 } => {
  const { f64 } = f;
  const up = f.keep(f64.gt(s, 0));
  return {
    first: f64.div(f64.sub(f.select(up, low, high), b), s),
    last: f64.div(f64.sub(f.select(up, high, low), b), s),
  };
};
