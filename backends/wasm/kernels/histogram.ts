/**
 * Joint histograms of blocks of rows, one table of float64 for each, which the host then adds up. Which rows make a
 * block does not depend on threads, and so neither does any sum.
 */
import type { Local } from "../assembler/index.ts";
import type { F, V128 } from "./context.ts";
import { gradientKernels } from "./gradient-kernels.ts";
import { type Kernel, kernelOf } from "./kernel.ts";
import { LanesDue } from "./lanes-due.ts";
import { narrowing, RowEmitter, type RowShape, type Sink } from "./rows.ts";
import { TableEmitter } from "./table.ts";

/** The bodies of `shape` are the row, the column and the weight. */
export const histogramKernel = (shape: RowShape, shared: boolean): Kernel =>
  kernelOf("histogram", shared, narrowing, ({ f, read, scratch, from, to }, narrow, context) => {
    const { i32 } = f;
    const counts = f.keep(scratch, "counts");
    const [bytes, rowsPerUnit, allRows] = [read.i32("bytes"), read.i32("rowsPerUnit"), read.i32("allRows")];
    const sink = counting(f, new TableEmitter(f, read.i32("bins")), counts);
    const rows = new RowEmitter(context, f, read, shape, narrow, { mixes: false, sink, gradients: gradientKernels });
    const [unit, row] = [f.local("i32", "block"), f.local("i32", "row")];
    f.forRange(unit, from, to, 1, () => {
      f.memory.fill(counts, 0, bytes);
      const first = f.keep(i32.mul(unit, rowsPerUnit));
      const past = i32.add(first, rowsPerUnit);
      const end = f.keep(f.select(i32.lt_s(past, allRows), past, allRows));
      f.forRange(row, first, end, 1, () => rows.row(row));
      counts.set(i32.add(counts, bytes));
    });
  });

const counting = (f: F, table: TableEmitter, counts: Local<"i32">): Sink => ({
  start: (x, stop, blocks) => {
    const due = new LanesDue(f, x, stop, blocks);
    return {
      startRun: (from) => due.startRun(from),
      put: ([row, column, weight]) => {
        if (row === undefined || column === undefined || weight === undefined) return;
        table.count(counts, row, column, f.v128.and(weight as V128, due.mask()));
        due.next();
      },
    };
  },
});
