/** The nearest voxels to where displaced looks lead, moved as the bits that they are. A unit is a row of the output. */
import type { DType } from "../../../compiler/language/voxels.ts";
import type { TapBoundary } from "../../../compiler/plan.ts";
import type { Local } from "../assembler/index.ts";
import { type Coordinates, leads } from "./aim.ts";
import { aimedRows } from "./displaced.ts";
import { elementBytes } from "./elements.ts";
import { type Kernel, kernelOf } from "./kernel.ts";
import { moveElement, type Width } from "./move-steps.ts";
import { addressHelper } from "./slow.ts";

export const displacedNearestKernel = (dtype: DType, boundary: TapBoundary, shared: boolean): Kernel =>
  kernelOf(
    "displaced_nearest",
    shared,
    (context) => addressHelper(context, boundary, dtype, 0),
    (run, address) => {
      const { f, read } = run;
      const { i32, f32, f64 } = f;
      const width = elementBytes(dtype) as Width;
      const size = { nx: read.i32("n0"), ny: read.i32("n1"), nz: read.i32("n2") };
      const strides = { sy: read.i32("sy"), sz: read.i32("sz") };
      const [source, channelBytes] = [read.i32("source"), read.i32("channelBytes")];
      /** Integers have 0 for what is no number. */
      const storeNone = (to: Local<"i32">): void => {
        if (dtype === "float32") f32.store(to, f32.const(Number.NaN));
        else if (dtype === "float64") f64.store(to, f64.const(Number.NaN));
        else f.memory.fill(to, 0, i32.const(width));
      };
      aimedRows(run, width, (channel, aim, number, out) => {
        const start = f.keep(i32.add(source, i32.mul(channel, channelBytes)), "start");
        aim.row(number, (voxel, at: Coordinates) => {
          const to = f.keep(i32.add(out, i32.mul(voxel, width)));
          const [x, y, z] = at;
          f.if(
            leads(f, at),
            () => moveElement(f, width, to, f.call(address, { source: start, ...size, ...strides, x, y, z })),
            () => storeNone(to),
          );
        });
      });
    },
  );
