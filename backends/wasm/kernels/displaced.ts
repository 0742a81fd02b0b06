/**
 * Looks that a displacement moves. Nothing is known of where the next goes, so each four are asked whether they stay
 * within the voxels; those that do are read at once, others one by one. A unit is a row of the output, float32.
 */
import type { Interpolator } from "../../../compiler/language/interpolator.ts";
import type { Axis } from "../../../compiler/language/vector.ts";
import type { DType } from "../../../compiler/language/voxels.ts";
import type { TapBoundary } from "../../../compiler/plan.ts";
import type { Local } from "../assembler/index.ts";
import { AimEmitter, type Coordinates, leads, type Positions } from "./aim.ts";
import { bspline, type Weigh, weightsOf } from "./bspline.ts";
import type { F, I32, V128 } from "./context.ts";
import { elementBytes, hasPairs } from "./elements.ts";
import { type Kernel, kernelOf, type Run } from "./kernel.ts";
import { linear } from "./linear.ts";
import { exactSlopes, linearSlopes, slopesOf } from "./slopes.ts";
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
      const { i32, f32 } = f;
      const sizes = [read.i32("n0"), read.i32("n1"), read.i32("n2")] as const;
      const [nx, ny, nz] = sizes;
      const [sy, sz] = [read.i32("sy"), read.i32("sz")];
      const [source, channelBytes] = [read.i32("source"), read.i32("channelBytes")];
      const look = fastLook(f, shape, sizes, [sy, sz]);
      aimedRows(run, 4, (channel, aim, number, out) => {
        const start = f.keep(i32.add(source, i32.mul(channel, channelBytes)), "start");
        const one = (voxel: Local<"i32">, at: Coordinates): void => {
          const [x, y, z] = at;
          const to = f.keep(i32.add(out, i32.shl(voxel, 2)));
          f.if(
            leads(f, at),
            () => f32.store(to, f.call(sample, { source: start, nx, ny, nz, sy, sz, x, y, z })),
            () => f32.store(to, f32.const(Number.NaN)),
          );
        };
        if (look === undefined) aim.row(number, one);
        else
          aim.rowInFours(
            number,
            (x, at, slowly) =>
              f.if(look.isWithin(at), () => f.v128.store(i32.add(out, i32.shl(x, 2)), look.values(at, start)), slowly),
            one,
          );
      });
    },
  );

/** Four looks at once, where all their neighbours lie within the voxels. */
interface FastLook {
  readonly isWithin: (at: Positions) => I32;
  readonly values: (at: Positions, start: Local<"i32">) => V128;
}

type Three = readonly [Local<"i32">, Local<"i32">, Local<"i32">];

/** Undefined for what has none. */
const fastLook = (
  f: F,
  { by, dtype, slope }: DisplacedShape,
  sizes: Three,
  [sy, sz]: readonly [Local<"i32">, Local<"i32">],
): FastLook | undefined => {
  const { i32, i32x4, v128 } = f;
  if (by === "nearest" || !hasPairs(dtype)) return undefined;
  const before = by === "bspline" ? 1 : 0;
  const ends = sizes.map((n) => f.keep(i32x4.splat(i32.sub(n, 2 + before))));
  const bytes = elementBytes(dtype);
  return {
    isWithin: (at) =>
      at
        .map(
          ({ index }, k): I32 =>
            i32x4.all_true(
              v128.and(i32x4.ge_s(index, i32x4.splat(before)), i32x4.le_s(index, ends[k] as Local<"v128">)),
            ),
        )
        .reduce((a, b) => i32.and(a, b)),
    values: (at, start) => {
      const [x, y, z] = at;
      const inPlane = i32x4.add(i32x4.shl(x.index, Math.log2(bytes)), i32x4.mul(y.index, i32x4.splat(sy)));
      const offsets = f.keep(i32x4.add(inPlane, i32x4.mul(z.index, i32x4.splat(sz))));
      const first = f.keep(before === 0 ? start : i32.sub(i32.sub(i32.sub(start, bytes), sy), sz));
      const corner = (lane: number): Local<"i32"> => f.keep(i32.add(first, i32x4.extract_lane(offsets, lane)));
      const corners = [corner(0), corner(1), corner(2), corner(3)] as const;
      if (by === "bspline") {
        const weigh = (axis: Axis): Weigh => (axis === slope ? slopesOf : weightsOf);
        return bspline(f, at, { dtype, strides: [sy, sz], corners }, [weigh(0), weigh(1), weigh(2)]);
      }
      if (slope === undefined) return linear(f, dtype, at, { next: [sy, sz], corners });
      return linearSlopes(f, dtype, at, { next: [sy, sz], corners }).slopes[slope];
    },
  };
};

/** 1 where looks lead into an extent, else 0. */
export const withinKernel = (shared: boolean): Kernel =>
  kernelOf(
    "within",
    shared,
    () => undefined,
    (run) => {
      const { f, read } = run;
      const { i32, f32, f64 } = f;
      const low = read.f64("low");
      const high = [0, 1, 2].map((k) => read.f64(`high${k}`));
      const holds = (at: Coordinates): I32 =>
        at
          .map((coordinate, k): I32 => i32.and(f64.ge(coordinate, low), f64.lt(coordinate, high[k] as Local<"f64">)))
          .reduce((a, b) => i32.and(a, b));
      aimedRows(run, 4, (_, aim, number, out) =>
        aim.row(number, (x, at) => f32.store(i32.add(out, i32.shl(x, 2)), f32.convert_i32_s(holds(at)))),
      );
    },
  );

/**
 * The rows of a run, of elements of `width` bytes, each to be left at `out` in the scratch area; `number` is that of the
 * row in its channel.
 */
export const aimedRows = (
  { f, read, scratch, from, to }: Run,
  width: number,
  row: (channel: Local<"i32">, aim: AimEmitter, number: Local<"i32">, out: Local<"i32">) => void,
): void => {
  const { i32 } = f;
  const aim = new AimEmitter(f, read);
  const perChannel = f.keep(i32.mul(read.i32("ny"), read.i32("nz")));
  const rowBytes = f.keep(i32.mul(read.i32("nx"), width));
  const out = f.keep(scratch, "out");
  const unit = f.local("i32", "unit");
  f.forRange(unit, from, to, 1, () => {
    const channel = f.keep(i32.div_u(unit, perChannel), "channel");
    const number = f.keep(i32.rem_u(unit, perChannel), "number");
    row(channel, aim, number, out);
    out.set(i32.add(out, rowBytes));
  });
};
