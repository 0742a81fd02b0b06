/**
 * A tap along a row: where its coordinates start, between which limits all its neighbours lie within the
 * voxels, and the samples of four voxels at a time, read the way that a stretch of the row allows.
 */

import type { Interpolator } from "../../../compiler/language/interpolator.ts";
import type { Axis } from "../../../compiler/language/vector.ts";
import type { DType } from "../../../compiler/language/voxels.ts";
import type { TapBoundary } from "../../../compiler/plan.ts";
import { tieTolerance } from "../../../compiler/stencil.ts";
import type { Local } from "../assembler/index.ts";
import { noGradients } from "./body.ts";
import { bspline, type Weigh, weightsOf } from "./bspline.ts";
import type { Context, F, F64, I32, Reader, V128 } from "./context.ts";
import { elementBytes, hasPairs, loadRun, loadScalar } from "./elements.ts";
import { FixedRun, type FixedStep, fixedStep, type PerAxis, type Position, perAxis, type RowAxis } from "./fixed.ts";
import type { GradientKernels } from "./gradient-kernels.ts";
import { linear } from "./linear.ts";
import type { Slopes } from "./slopes.ts";
import { type Address, addressHelper, type Sample, sampleHelper } from "./slow.ts";

export interface TapShape {
  readonly by: Interpolator;
  readonly boundary: TapBoundary;
  readonly dtype: DType;
  /** Whether z is blended away before: the source is a plane for each plane of output. */
  readonly flat: boolean;
  /** Whether a row of output is a row of the source, moved along it: its voxels lie side by side. */
  readonly straight: boolean;
}

/**
 * How the samples of a stretch are read: all neighbours lie within; block by block either so or clamped to the
 * edge; or anywhere.
 */
export type Reading = "within" | "mixed" | "anywhere";

/** Whether a tap can be read clamped to the edge. */
export const clampable = ({ by, boundary, dtype }: TapShape): boolean =>
  by === "linear" && boundary === "clamp" && hasPairs(dtype);

/** Fast paths keep this far from where they would read beyond the voxels: more than coordinates err. */
const margin = 1e-5;
/** Coordinates between which all neighbours lie within n voxels: from the first number to n + the second. */
export const ends: Readonly<Record<Interpolator, readonly [low: number, high: number]>> = {
  nearest: [-0.5 - tieTolerance, -0.5 - tieTolerance],
  linear: [margin, -1 - margin],
  bspline: [1 + margin, -2 - margin],
};

export type Sloped = Slopes;

export class TapEmitter {
  readonly shape: TapShape;
  /** The axes along which coordinates move. */
  readonly axes: PerAxis<RowAxis>;
  readonly #f: F;
  readonly #gradients: GradientKernels | undefined;
  readonly #sample: (slope?: Axis) => Sample;
  readonly #read: (part: string) => Local<"f64">;
  readonly #sz: Local<"i32">;
  readonly #next: readonly [y: Local<"i32">, z: Local<"i32">];
  readonly #strideLanes: readonly [y: Local<"v128">, z: Local<"v128">];
  readonly #fixed: PerAxis<FixedStep>;
  readonly #source: Local<"i32">;
  readonly #channelBytes: Local<"i32">;
  readonly #here: Local<"i32">;
  readonly #ahead: () => Local<"i32">;
  /** Where the row of a straight tap starts, if it does at the source's first voxel. */
  readonly #line: Local<"i32"> | undefined;
  readonly #address: () => Address;

  /** `gradients` where slopes are asked for. */
  constructor(context: Context, f: F, read: Reader, k: number, shape: TapShape, gradients?: GradientKernels) {
    this.shape = shape;
    this.#gradients = gradients;
    this.#f = f;
    const name = (part: string): string => `tap${k}.${part}`;
    this.#read = (part) => read.f64(name(part));
    const strides = [read.i32(name("sx")), read.i32(name("sy")), read.i32(name("sz"))] as const;
    const [, , sz] = strides;
    const all = [0, 1, 2] as const;
    this.axes = perAxis<Axis, RowAxis>(shape.flat ? [0, 1] : all, (a) => ({
      base: f.local("f64", name("base")),
      step: read.f64(name(`m${a * 3}`)),
      size: read.i32(name(`n${a}`)),
      least: read.i32(name(`l${a}`)),
      most: read.i32(name(`h${a}`)),
      stride: strides[a],
    }));
    this.#sz = sz;
    this.#strideLanes = [read.i32x4(name("sy")), read.i32x4(name("sz"))];
    // Along an axis of one voxel there is no neighbour but the voxel itself.
    const toNext = (a: 1 | 2): Local<"i32"> =>
      f.keep(f.select(f.i32.eq(read.i32(name(`n${a}`)), 1), f.i32.const(0), strides[a]), name("next"));
    this.#next = [toNext(1), toNext(2)];
    this.#source = read.i32(name("source"));
    this.#channelBytes = read.i32(name("channelBytes"));
    this.#here = f.local("i32", name("here"));
    this.#ahead = () => read.i32(name("ahead"));
    this.#line = shape.straight ? f.local("i32", name("line")) : undefined;
    this.#address = () => addressHelper(context, shape.boundary, shape.dtype, k);
    this.#fixed = perAxis(this.axes, (_, a) => fixedStep(f, read, (voxels) => name(`f${a}${voxels}`)));
    this.#sample = onceEach((axis) =>
      sampleHelper(context, shape, k, axis === undefined ? undefined : { axis, weights: this.#kernels().exact }),
    );
  }

  /** The address of a channel's first voxel. */
  first(channel: I32): I32 {
    const { i32 } = this.#f;
    return i32.add(this.#source, i32.mul(channel, this.#channelBytes));
  }

  /** At the start of a row: where its coordinates start, in the arithmetic of `rowOf`, in the volume at `first`. */
  startRow(first: I32, y: F64, z: F64): void {
    const { f64 } = this.#f;
    perAxis(this.axes, ({ base }, a) => {
      const [my, mz] = [this.#read(`m${a * 3 + 1}`), this.#read(`m${a * 3 + 2}`)];
      base.set(f64.add(f64.add(f64.mul(my, y), f64.mul(mz, z)), this.#read(`t${a}`)));
    });
    this.#here.set(first);
    this.#line?.set(this.#f.call(this.#address(), { ...this.#place(this.#here), x: 0 }));
  }

  #place(source: Local<"i32">) {
    const [ax, ay, az] = this.axes;
    return {
      source,
      nx: ax.size,
      ny: ay.size,
      nz: az?.size ?? 1,
      sy: ay.stride,
      sz: this.#sz,
      y: ay.base,
      z: az?.base ?? 0,
    };
  }

  /** The axes along which neighbours of a row's voxels may lie beyond the ends: rows themselves are brought back. */
  get open(): readonly RowAxis[] {
    return this.shape.straight ? [this.axes[0]] : this.axes;
  }

  /** Start, step and limits of the coordinates along an axis for which all neighbours lie within the voxels. */
  limits({ base, step, size }: RowAxis): Readonly<Record<"b" | "s" | "low" | "high", F64>> {
    const { f64 } = this.#f;
    const [low, high] = ends[this.shape.by];
    return { b: base, s: step, low: f64.const(low), high: f64.add(f64.convert_i32_s(size), high) };
  }

  /** Whether limits must hold to the last bit. */
  get limitsAreTight(): boolean {
    return this.shape.by === "nearest";
  }

  /** Prepares to read the voxels from x on, where x is the local that the loop moves on. */
  startRun(x: Local<"i32">, reading: Reading): Run {
    if (reading === "anywhere") return this.#runAnywhere(x);
    if (this.#line !== undefined) return this.#runStraight(x, this.#line);
    return this.shape.by === "nearest" ? this.#runNearest(x) : this.#runFixed(x, reading);
  }

  /** One voxel at a time, in all lanes. */
  #runAnywhere(x: Local<"i32">): Run {
    const f = this.#f;
    const at = ({ base, step }: RowAxis): F64 => f.f64.add(base, f.f64.mul(step, f.f64.convert_i32_s(x)));
    const [ax, ay, az] = this.axes;
    const sample = (slope?: Axis): V128 =>
      f.f32x4.splat(
        f.call(this.#sample(slope), {
          source: this.#here,
          nx: ax.size,
          ny: ay.size,
          nz: az?.size ?? 1,
          sy: ay.stride,
          sz: this.#sz,
          x: at(ax),
          y: at(ay),
          z: az === undefined ? 0 : at(az),
        }),
      );
    return {
      value: () => sample(),
      withSlopes: () => ({
        value: f.keep(sample()),
        slopes: [f.keep(sample(0)), f.keep(sample(1)), f.keep(sample(2))],
      }),
      advance: () => {},
    };
  }

  #runStraight(x: Local<"i32">, line: Local<"i32">): Run {
    const f = this.#f;
    const { i32, f64 } = f;
    const { dtype } = this.shape;
    const [{ base }] = this.axes;
    const from = i32.add(x, i32.trunc_sat_f64_s(f64.floor(f64.add(base, 0.5))));
    const at = f.keep(i32.add(line, i32.mul(from, elementBytes(dtype))), "at");
    return {
      value: () => loadRun(f, dtype, at),
      advance: () => at.set(i32.add(at, 4 * elementBytes(dtype))),
    };
  }

  /** Nearest takes its coordinates in float64: a tie must fall as it does in the reference. */
  #runNearest(x: Local<"i32">): Run {
    const f = this.#f;
    const addresses = this.nearestAddresses(x);
    return {
      value: () => {
        const voxels = addresses();
        const lane = (k: number) => f.f32.demote_f64(loadScalar(f, this.shape.dtype, voxels[k] as I32));
        return [1, 2, 3].reduce<V128>((all, k) => f.f32x4.replace_lane(all, k, lane(k)), f.f32x4.splat(lane(0)));
      },
      advance: () => {},
    };
  }

  /** Addresses of the nearest voxels of x … x + 3. */
  nearestAddresses(x: Local<"i32">): () => readonly Local<"i32">[] {
    const f = this.#f;
    const { f64x2, i32x4 } = f;
    // Adding 1.5 · 2⁵² leaves the nearest whole number in the low bits.
    const magic = 1.5 * 2 ** 52;
    const whole = ({ base, step }: RowAxis, places: V128): V128 =>
      f64x2.add(
        f64x2.add(f64x2.add(f64x2.splat(base), f64x2.mul(f64x2.splat(step), places)), f64x2.splat(tieTolerance)),
        f64x2.splat(magic),
      );
    return () => {
      const places = f.keep(i32x4.add(i32x4.splat(x), i32x4.const([0, 1, 2, 3])));
      const low = f.keep(f64x2.convert_low_i32x4_s(places));
      const high = f.keep(f64x2.convert_low_i32x4_s(i32x4.shuffle(places, places, [2, 3, 2, 3])));
      return this.#addresses(
        perAxis(this.axes, (axis) => i32x4.shuffle(whole(axis, low), whole(axis, high), [0, 2, 4, 6])),
      );
    };
  }

  #addresses(index: PerAxis<V128>): readonly Local<"i32">[] {
    const { i32x4, i32 } = this.#f;
    const all = this.#f.keep(this.#offsets(index));
    return [0, 1, 2, 3].map((lane) => this.#f.keep(i32.add(this.#here, i32x4.extract_lane(all, lane))));
  }

  /** Bytes from one voxel to those at four indices from it. */
  #offsets([x, y, z]: PerAxis<V128>): V128 {
    const { i32x4 } = this.#f;
    const [alongY, alongZ] = this.#strideLanes;
    const inPlane = i32x4.mul(y, alongY);
    const planes = z === undefined ? inPlane : i32x4.add(i32x4.mul(z, alongZ), inPlane);
    return i32x4.add(planes, i32x4.shl(x, Math.log2(elementBytes(this.shape.dtype))));
  }

  #runFixed(x: Local<"i32">, reading: "within" | "mixed"): Run {
    const f = this.#f;
    const run = FixedRun.from(f, this.axes, this.#fixed, x, reading === "mixed");
    const origin = f.keep(run.origin(this.#here));
    return {
      value: (near) => {
        if (this.shape.by === "bspline") return this.#bspline(run.within(), origin);
        return this.#linear(near ? run.within() : run.clamped(), origin);
      },
      withSlopes: () => this.#withSlopes(run.within(), origin),
      touch: (end) =>
        this.#kernels().touch(f, run, f.i32.add(origin, this.#ahead()), x, end, (whole) => this.#offsets(whole)),
      advance: () => run.advance(),
    };
  }

  /** All neighbours of the four voxels lie within. */
  #withSlopes(position: PerAxis<Position>, origin: I32): Sloped {
    const { dtype, by } = this.shape;
    const [x, y, z] = position;
    if (z === undefined || !hasPairs(dtype)) return noGradients();
    const kernels = this.#kernels();
    if (by === "linear")
      return kernels.linear(this.#f, dtype, [x, y, z], { next: this.#next, corners: this.#corners(position, origin) });
    const along = (axis?: Axis): Local<"v128"> => {
      const weigh = (a: Axis): Weigh => (a === axis ? kernels.bspline : weightsOf);
      return this.#f.keep(this.#bspline(position, origin, [weigh(0), weigh(1), weigh(2)]));
    };
    return { value: along(), slopes: [along(0), along(1), along(2)] };
  }

  #kernels(): GradientKernels {
    return this.#gradients ?? noGradients();
  }

  #linear(position: PerAxis<Position>, origin: I32): V128 {
    const { dtype } = this.shape;
    if (!hasPairs(dtype)) throw new RangeError(`${dtype} has no fast path`);
    return linear(this.#f, dtype, position, { next: this.#next, corners: this.#corners(position, origin) });
  }

  #bspline(position: PerAxis<Position>, origin: I32, weigh?: PerAxis<Weigh>): V128 {
    const { i32 } = this.#f;
    const [{ stride: sx }, { stride: sy }, az] = this.axes;
    const inPlane = i32.sub(i32.sub(origin, sx), sy);
    const first = az === undefined ? inPlane : i32.sub(inPlane, az.stride);
    const corners = this.#corners(position, first);
    return bspline(this.#f, position, { dtype: this.shape.dtype, strides: [sy, this.#sz], corners }, weigh);
  }

  #corners(position: PerAxis<Position>, origin: I32): readonly [L, L, L, L] {
    const f = this.#f;
    f.comment("addresses of first samples");
    const offsets = f.keep(this.#offsets(perAxis(position, ({ index }) => index)));
    const first = f.keep(origin);
    const corner = (lane: number): L => f.keep(f.i32.add(first, f.i32x4.extract_lane(offsets, lane)));
    return [corner(0), corner(1), corner(2), corner(3)];
  }
}

type L = Local<"i32">;

/** Helpers are added to the module when first called for. */
const onceEach = <T>(make: (slope?: Axis) => T): ((slope?: Axis) => T) => {
  const made = new Map<Axis | undefined, T>();
  return (slope) => {
    const helper = made.get(slope) ?? make(slope);
    made.set(slope, helper);
    return helper;
  };
};

/** Reads four voxels, then goes on by four; one, then by one, where they may lie anywhere. */
export interface Run {
  /** `near` says, where blocks are mixed, whether all neighbours of this one lie within. */
  readonly value: (near: boolean) => V128;
  /** With slopes, which the nearest voxel has none of; not where blocks are mixed. */
  readonly withSlopes?: () => Sloped;
  readonly advance: () => void;
  /** Asks for what the run looks at up to voxel `end`, so that it is there when it is needed. */
  readonly touch?: (end: Local<"i32">) => void;
}
