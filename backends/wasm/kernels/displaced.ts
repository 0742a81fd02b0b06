/**
 * Looks that a displacement moves, one voxel after the other: nothing is known of where the next goes. A unit is a row
 * of the output, float32.
 */
import type { Interpolator } from "../../../compiler/language/interpolator.ts";
import type { Axis } from "../../../compiler/language/vector.ts";
import type { DType } from "../../../compiler/language/voxels.ts";
import type { TapBoundary } from "../../../compiler/plan.ts";
import type { Code, Local } from "../assembler/index.ts";
import { AimEmitter, type Coordinates } from "./aim.ts";
import type { I32 } from "./context.ts";
import { type Kernel, kernelOf, type Run } from "./kernel.ts";
import { exactSlopes } from "./slopes.ts";
import { sampleHelper } from "./slow.ts";

export interface DisplacedShape {
  readonly by: Interpolator;
  readonly boundary: TapBoundary;
  readonly dtype: DType;
  readonly slope?: Axis;
}

export const displacedKernel = (shape: DisplacedShape, shared: boolean): Kernel =>
  kernelOf(
    "displaced",
    shared,
    (context) =>
      sampleHelper(
        context,
        shape,
        0,
        shape.slope === undefined ? undefined : { axis: shape.slope, weights: exactSlopes },
      ),
    (run, sample) => {
      const { f, read } = run;
      const { i32, f64, f32 } = f;
      const size = { nx: read.i32("n0"), ny: read.i32("n1"), nz: read.i32("n2") };
      const strides = { sy: read.i32("sy"), sz: read.i32("sz") };
      const [source, channelBytes] = [read.i32("source"), read.i32("channelBytes")];
      rows(run, (channel) => {
        const start = f.keep(i32.add(source, i32.mul(channel, channelBytes)), "start");
        return ([x, y, z]) => {
          const sum = f.keep(f64.add(f64.add(f64.mul(x, 0), f64.mul(y, 0)), f64.mul(z, 0)));
          // What leads nowhere has no value, not even that of the nearest voxel.
          const value = f.local("f32", "value");
          f.if(
            f64.eq(sum, 0),
            () => value.set(f.call(sample, { source: start, ...size, ...strides, x, y, z })),
            () => value.set(f32.const(Number.NaN)),
          );
          return value;
        };
      });
    },
  );

/** 1 where looks lead into an extent, else 0. */
export const withinKernel = (shared: boolean): Kernel =>
  kernelOf(
    "within",
    shared,
    () => undefined,
    (run) => {
      const { f, read } = run;
      const low = read.f64("low");
      const high = [0, 1, 2].map((k) => read.f64(`high${k}`));
      const holds = (at: Coordinates): I32 =>
        at
          .map(
            (coordinate, k): I32 => f.i32.and(f.f64.ge(coordinate, low), f.f64.lt(coordinate, high[k] as Local<"f64">)),
          )
          .reduce((a, b) => f.i32.and(a, b));
      rows(run, () => (at) => f.f32.convert_i32_s(holds(at)));
    },
  );

/** The rows of a run, each left at its place in the scratch area; `start` is called for each with its channel. */
const rows = (
  { f, read, scratch, from, to }: Run,
  start: (channel: Local<"i32">) => (at: Coordinates) => Code<"f32">,
): void => {
  const { i32, f32 } = f;
  const aim = new AimEmitter(f, read);
  const perChannel = f.keep(i32.mul(read.i32("ny"), read.i32("nz")));
  const rowBytes = f.keep(i32.shl(read.i32("nx"), 2));
  const out = f.keep(scratch, "out");
  const unit = f.local("i32", "unit");
  f.forRange(unit, from, to, 1, () => {
    const channel = f.keep(i32.div_u(unit, perChannel), "channel");
    const number = f.keep(i32.rem_u(unit, perChannel), "number");
    const valueAt = start(channel);
    aim.row(number, (x, at) => f32.store(i32.add(out, i32.shl(x, 2)), valueAt(at)));
    out.set(i32.add(out, rowBytes));
  });
};
