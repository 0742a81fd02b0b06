/** The gather as a kernel: the rows of its domain, stored where they belong in the output. */
import type { DType } from "../../../compiler/language/voxels.ts";
import type { Local } from "../assembler/index.ts";
import type { F, I32, V128 } from "./context.ts";
import { elementBytes, storeRun } from "./elements.ts";
import { type Kernel, kernelOf } from "./kernel.ts";
import { PlaneEmitter, type PlaneShape } from "./plane.ts";
import { narrowing, RowEmitter, type RowShape, type Sink } from "./rows.ts";
import { clampable } from "./tap.ts";

/** All that a kernel depends on: equal shapes share one module. */
export interface GatherShape extends RowShape {
  readonly dtype: DType;
  /** For a flat tap, the only one, how its planes are made. */
  readonly plane?: PlaneShape;
}

export const gatherKernel = (shape: GatherShape, shared: boolean): Kernel =>
  kernelOf("gather", shared, narrowing, ({ f, read, uniforms, scratch, from, to }, narrow, context) => {
    const out = f.keep(scratch, "out");
    const past = f.i32.mul(f.i32.sub(to, from), read.i32("outputRow"));
    const planes = shape.plane && new PlaneEmitter(context, f, uniforms, shape.plane, f.keep(behind(f, scratch, past)));
    // Blocks that reach beyond the edge are read clamped, where that can be done.
    const rows = new RowEmitter(context, f, read, shape, narrow, {
      mixes: shape.taps.every(clampable),
      sink: storing(f, shape.dtype, out),
      ...(planes === undefined ? {} : { planes }),
    });
    const unit = f.local("i32", "row");
    f.forRange(unit, from, to, 1, () => {
      rows.row(unit);
      out.set(f.i32.add(out, f.i32.mul(read.i32("nx"), elementBytes(shape.dtype))));
    });
  });

/** Rows are stored four voxels at a time, so the last may reach this far beyond. */
const beyond = 64;
/** The first multiple of 64 behind what is stored in `bytes` bytes from `start` on. */
export const behind = ({ i32 }: F, start: I32, bytes: I32): I32 =>
  i32.and(i32.add(i32.add(start, bytes), beyond + 63), -64);

/** Stores voxel x of the row at `out`, and those after it. */
const storing = (f: F, dtype: DType, out: Local<"i32">): Sink => ({
  start: (x, _, { step }) => {
    const at = f.local("i32", "at");
    return {
      startRun: () => at.set(f.i32.add(out, f.i32.mul(x, elementBytes(dtype)))),
      put: ([value]) => {
        if (value !== undefined) storeRun(f, dtype, at, value as V128);
        at.set(f.i32.add(at, step * elementBytes(dtype)));
      },
    };
  },
});
