/**
 * The sums of a symmetric window over samples in a strip, for blocks of outputs. Both samples of a pair are added before
 * they are weighed, which halves the products, but two large floats may be more than a float holds. Where a sum comes
 * out as no finite number it is taken again, over samples made so small that no sum of them can be too large.
 */
import type { DType } from "../../../compiler/language/voxels.ts";
import type { Func, Local } from "../assembler/index.ts";
import type { Context, F, V128 } from "./context.ts";
import { elementBytes, storeRun } from "./elements.ts";

/** Vectors side by side, and the floats in them. */
export const abreast = 8;
export const blockWidth: number = 4 * abreast;
export const blockBytes: number = 4 * blockWidth;
/** The largest float32. */
export const largest: number = 2 ** 128 - 2 ** 104;

const sumParameters = {
  /** The first neighbour of the first output in the strip, and the last one. */
  low: "i32",
  high: "i32",
  /** Bytes from a neighbour to the next. */
  step: "i32",
  /** From the outermost pair to the sample itself. */
  weights: "i32",
  /** What samples are multiplied by where sums may be too large, and what such sums are. */
  down: "v128",
  up: "v128",
  /** How large such a sum may be that is too large by rounding alone. */
  limit: "v128",
} as const;

const placeParameters = {
  offset: "v128",
  /** Where the first block goes, bytes from there to the next one, and how many there are. */
  at: "i32",
  apart: "i32",
  count: "i32",
} as const;
export type Blocks = Func<typeof sumParameters & typeof placeParameters, readonly []>;

/** Blocks that lie one behind the other in the strip; `small` where no sum of samples is too large for a float. */
export const blocksHelper = (context: Context, dtype: DType, small: boolean): Blocks => {
  const large = small ? undefined : largeHelper(context);
  return context.module.func(
    "blocks",
    { ...sumParameters, ...placeParameters },
    [],
    (f, { offset, at, apart, count, ...of }) => {
      const { i32, f32x4, v128 } = f;
      const { low, high } = of;
      const block = f.local("i32", "block");
      f.forRange(block, 0, count, 1, () => {
        const sums = Array.from({ length: abreast }, () => f.keep(f32x4.splat(0)));
        addUp(f, sums, of);
        if (large !== undefined) {
          // Infinity minus itself is no number, and adding up keeps both.
          const all = f.keep(sums.reduce<V128>((sum, each) => f32x4.add(sum, each), f32x4.splat(0)));
          f.if(v128.any_true(notFinite(f, all)), () => {
            const [first, last] = [f.keep(low), f.keep(high)];
            for (const sum of sums) {
              // Each float decides for itself: it must not depend on what a block has beside it.
              const again = f.call(large, { ...of, low: first, high: last });
              sum.set(v128.bitselect(again, sum, notFinite(f, sum)));
              first.set(i32.add(first, 16));
              last.set(i32.add(last, 16));
            }
          });
        }
        const to = f.keep(at, "to");
        for (const [v, sum] of sums.entries()) {
          sum.set(f32x4.add(sum, offset));
          storeRun(f, dtype, to, sum);
          if (v < abreast - 1) to.set(i32.add(to, 4 * elementBytes(dtype)));
        }
        at.set(i32.add(at, apart));
        low.set(i32.add(low, blockBytes));
        high.set(i32.add(high, blockBytes));
      });
    },
  );
};

const notFinite = (f: F, value: Local<"v128">): V128 => {
  const rest = f.keep(f.f32x4.sub(value, value));
  return f.f32x4.ne(rest, rest);
};

/** Adds the window over vectors side by side to `sums`, after what `brought` makes of each sample. */
const addUp = (
  f: F,
  sums: readonly Local<"v128">[],
  { low, high, step, weights }: Readonly<Record<"low" | "high" | "step" | "weights", Local<"i32">>>,
  brought: (sample: V128) => V128 = (sample) => sample,
): void => {
  const { i32, f32x4, v128 } = f;
  const [before, after, weight] = [f.keep(low, "before"), f.keep(high, "after"), f.keep(weights, "weight")];
  f.loop((again) => {
    const by = f.keep(v128.load32_splat(weight));
    for (const [v, sum] of sums.entries()) {
      const pair = f32x4.add(brought(v128.load(before, 16 * v)), brought(v128.load(after, 16 * v)));
      sum.set(f32x4.add(sum, f32x4.mul(pair, by)));
    }
    weight.set(i32.add(weight, 4));
    before.set(i32.add(before, step));
    after.set(i32.sub(after, step));
    f.brIf(again, i32.lt_u(before, after));
  });
  const by = f.keep(v128.load32_splat(weight));
  for (const [v, sum] of sums.entries()) sum.set(f32x4.add(sum, f32x4.mul(brought(v128.load(before, 16 * v)), by)));
};

/** The sums of four outputs, which are infinite only if a sample is or they themselves are too large. */
const largeHelper = ({ module }: Context): Func<typeof sumParameters, readonly ["v128"]> =>
  module.func("large", sumParameters, ["v128"], (f, { down, up, limit, ...of }) => {
    const { f32x4, v128 } = f;
    const sum = f.keep(f32x4.splat(0));
    addUp(f, [sum], of, (sample) => f32x4.mul(sample, down));
    const value = f.keep(f32x4.mul(sum, up));
    const finite = f32x4.pmin(f32x4.splat(largest), f32x4.pmax(f32x4.splat(-largest), value));
    return v128.bitselect(finite, value, f32x4.le(f32x4.abs(sum), limit));
  });
