/**
 * Sums over strips of rows: for each a few float64 numbers, which the host then adds up in an order that does not
 * depend on threads. Along a row four lanes sum in float32, which is as exact as the values are. Behind the sums of a
 * strip may follow the values of one more body, row by row, for a transposed tap that looks at the same.
 */
import type { Local } from "../assembler/index.ts";
import type { F, V128 } from "./context.ts";
import { gradientKernels } from "./gradient-kernels.ts";
import { type Kernel, kernelOf } from "./kernel.ts";
import { LanesDue } from "./lanes-due.ts";
import { narrowing, RowEmitter, type RowShape, type Sink } from "./rows.ts";
import { eachRowOf } from "./strips.ts";

export interface ReduceShape extends RowShape {
  /** For each total whether Σ body · x and Σ body · y follow Σ body. */
  readonly moments: readonly boolean[];
  /** Whether the last body is not summed but kept, as floats. */
  readonly keeps: boolean;
}

export const reduceKernel = (shape: ReduceShape, shared: boolean): Kernel =>
  kernelOf("reduce", shared, narrowing, ({ f, read, scratch, from, to }, narrow, context) => {
    const { i32, f64 } = f;
    const out = f.keep(scratch, "out");
    const sums = shape.moments.map((moments) => ({
      sum: f.local("v128", "sum"),
      alongX: moments ? f.local("v128", "sum_x") : undefined,
      total: f.local("f64", "total"),
      byX: moments ? f.local("f64", "total_x") : undefined,
      byY: moments ? f.local("f64", "total_y") : undefined,
    }));
    const [unitBytes, sumBytes, rowBytes] = [read.i32("unitBytes"), read.i32("sumBytes"), read.i32("rowBytes")];
    const perChannel = read.i32("perChannel");
    const kept = shape.keeps ? f.local("i32", "kept") : undefined;
    const rows = new RowEmitter(context, f, read, shape, narrow, {
      mixes: false,
      sink: summing(f, sums, kept),
      gradients: gradientKernels,
      touches: true,
    });
    const unit = f.local("i32", "strip");
    f.forRange(unit, from, to, 1, () => {
      for (const { total, byX, byY } of sums) for (const each of [total, byX, byY]) each?.set(f64.const(0));
      const channel = f.keep(i32.div_u(unit, perChannel), "channel");
      eachRowOf(f, read, f.keep(i32.rem_u(unit, perChannel)), ({ y, z, before }) => {
        if (kept !== undefined) {
          kept.set(i32.add(i32.add(out, sumBytes), i32.mul(before, rowBytes)));
          f.memory.fill(kept, 0, rowBytes);
        }
        for (const { sum, alongX } of sums) for (const lanes of [sum, alongX]) lanes?.set(f.f32x4.splat(0));
        rows.rowAt(channel, y, z);
        for (const { sum, alongX, total, byX, byY } of sums) {
          const ofRow = f.keep(acrossLanes(f, sum));
          total.set(f64.add(total, ofRow));
          if (alongX !== undefined) byX?.set(f64.add(byX, acrossLanes(f, alongX)));
          byY?.set(f64.add(byY, f64.mul(ofRow, f64.convert_i32_s(y))));
        }
      });
      const numbers = sums.flatMap(({ total, byX, byY }) =>
        byX === undefined || byY === undefined ? [total] : [total, byX, byY],
      );
      for (const [k, number] of numbers.entries()) f64.store(out, number, 8 * k);
      out.set(i32.add(out, unitBytes));
    });
  });

interface Sum {
  readonly sum: Local<"v128">;
  readonly alongX: Local<"v128"> | undefined;
}

/** Adds what lies in the stretch and has not been added: blocks may overlap, or reach beyond its end. */
const summing = (f: F, sums: readonly Sum[], kept: Local<"i32"> | undefined): Sink => ({
  start: (x, stop, blocks) => {
    const { f32x4, i32, v128 } = f;
    const due = new LanesDue(f, x, stop, blocks);
    const needsPlace = sums.some(({ alongX }) => alongX !== undefined);
    const places = needsPlace ? f.local("v128", "places") : undefined;
    return {
      startRun: (from) => {
        due.startRun(from);
        places?.set(
          f32x4.add(f32x4.splat(f.f32.convert_i32_s(x)), f32x4.const(blocks.step === 4 ? [0, 1, 2, 3] : zeros)),
        );
      },
      put: (values) => {
        const isDue = due.mask();
        for (const [k, { sum, alongX }] of sums.entries()) {
          const value = f.keep(v128.and(values[k] as V128, isDue));
          sum.set(f32x4.add(sum, value));
          if (places !== undefined) alongX?.set(f32x4.add(alongX, f32x4.mul(value, places)));
        }
        places?.set(f32x4.add(places, f32x4.splat(blocks.step)));
        const last = values[sums.length];
        // What lies beyond the stretch is 0 unless another stretch says what it is; what is put again is the same.
        if (kept !== undefined && last !== undefined)
          v128.store(i32.add(kept, i32.shl(x, 2)), blocks.overlap ? last : v128.and(last, isDue));
        due.next();
      },
    };
  },
});
const zeros = [0, 0, 0, 0] as const;

const acrossLanes = (f: F, lanes: Local<"v128">) => {
  const { f64, f32x4 } = f;
  const lane = (k: number) => f64.promote_f32(f32x4.extract_lane(lanes, k));
  return f64.add(f64.add(lane(0), lane(1)), f64.add(lane(2), lane(3)));
};
