/**
 * A tap along a row: where its coordinates start, between which limits all its neighbours lie within the
 * voxels, and the samples of four voxels at a time, read the way that a stretch of the row allows.
 */

import type { Interpolator } from "../../../compiler/language/interpolator.ts";
import type { DType } from "../../../compiler/language/voxels.ts";
import type { TapBoundary } from "../../../compiler/plan.ts";
import { tieTolerance } from "../../../compiler/stencil.ts";
import type { Local } from "../assembler/index.ts";
import { bspline } from "./bspline.ts";
import type { Context, F, F64, I32, Reader, V128 } from "./context.ts";
import { elementBytes, hasPairs, loadScalar } from "./elements.ts";
import { type Axis3, FixedRun, type FixedSteps, fixedSteps, type Position, type Triple, triple } from "./fixed.ts";
import { linear } from "./linear.ts";
import { type Sample, sampleHelper } from "./slow.ts";

export interface TapShape {
  readonly by: Interpolator;
  readonly boundary: TapBoundary;
  readonly dtype: DType;
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
const ends: Readonly<Record<Interpolator, readonly [low: number, high: number]>> = {
  nearest: [-0.5 - tieTolerance, -0.5 - tieTolerance],
  linear: [margin, -1 - margin],
  bspline: [1 + margin, -2 - margin],
};

export class TapEmitter {
  readonly shape: TapShape;
  readonly #f: F;
  readonly #sample: () => Sample;
  readonly #matrix: readonly Local<"f64">[];
  readonly #offset: Triple<Local<"f64">>;
  readonly #sizes: Triple<Local<"i32">>;
  readonly #strides: Triple<Local<"i32">>;
  readonly #next: readonly [y: Local<"i32">, z: Local<"i32">];
  readonly #strideLanes: readonly [y: Local<"v128">, z: Local<"v128">];
  readonly #fixed: FixedSteps;
  readonly #source: Local<"i32">;
  readonly #channelBytes: Local<"i32">;
  readonly #base: Triple<Local<"f64">>;
  readonly #here: Local<"i32">;

  constructor(context: Context, f: F, read: Reader, k: number, shape: TapShape) {
    this.shape = shape;
    this.#f = f;
    const name = (part: string): string => `tap${k}.${part}`;
    this.#matrix = Array.from({ length: 9 }, (_, e) => read.f64(name(`m${e}`)));
    this.#offset = triple((a) => read.f64(name(`t${a}`)));
    this.#sizes = triple((a) => read.i32(name(`n${a}`)));
    const sy = f.keep(f.i32.mul(this.#sizes[0], elementBytes(shape.dtype)), name("sy"));
    const sz = f.keep(f.i32.mul(sy, this.#sizes[1]), name("sz"));
    this.#strides = [f.keep(f.i32.const(elementBytes(shape.dtype))), sy, sz];
    this.#strideLanes = [f.keep(f.i32x4.splat(sy)), f.keep(f.i32x4.splat(sz))];
    // Along an axis of one voxel there is no neighbour but the voxel itself.
    const toNext = (a: 1 | 2): Local<"i32"> =>
      f.keep(f.select(f.i32.eq(this.#sizes[a], 1), f.i32.const(0), this.#strides[a]), name("next"));
    this.#next = [toNext(1), toNext(2)];
    this.#source = read.i32(name("source"));
    this.#channelBytes = read.i32(name("channelBytes"));
    this.#base = triple(() => f.local("f64", name("base")));
    this.#here = f.local("i32", name("here"));
    this.#fixed = fixedSteps(
      f,
      triple((a) => this.#step(a)),
    );
    this.#sample = once(() => sampleHelper(context, shape.by, shape.boundary, shape.dtype, k));
  }

  #step(axis: Axis3): Local<"f64"> {
    return this.#matrix[axis * 3] as Local<"f64">;
  }

  /** At the start of a row: where its coordinates start, in the arithmetic of `rowOf`. */
  startRow(channel: I32, y: F64, z: F64): void {
    const { f64, i32 } = this.#f;
    for (const a of [0, 1, 2] as const) {
      const [my, mz] = [this.#matrix[a * 3 + 1] as F64, this.#matrix[a * 3 + 2] as F64];
      this.#base[a].set(f64.add(f64.add(f64.mul(my, y), f64.mul(mz, z)), this.#offset[a]));
    }
    this.#here.set(i32.add(this.#source, i32.mul(channel, this.#channelBytes)));
  }

  /** Start, step and limits of the coordinates for which all neighbours lie within the voxels. */
  limits(axis: Axis3): Readonly<Record<"b" | "s" | "low" | "high", F64>> {
    const { f64 } = this.#f;
    const n = f64.convert_i32_s(this.#sizes[axis]);
    const [low, high] = ends[this.shape.by];
    return {
      b: this.#base[axis],
      s: this.#step(axis),
      low: f64.const(low),
      high: f64.add(n, high),
    };
  }

  /** Whether limits must hold to the last bit. */
  get limitsAreTight(): boolean {
    return this.shape.by === "nearest";
  }

  /** Prepares to read four voxels at x, x + 4, … of a stretch. */
  startRun(x: Local<"i32">, reading: Reading): Run {
    if (reading === "anywhere") return this.#runAnywhere(x);
    return this.shape.by === "nearest" ? this.#runNearest(x) : this.#runFixed(x, reading);
  }

  #runAnywhere(x: Local<"i32">): Run {
    const f = this.#f;
    const [nx, ny, nz] = this.#sizes;
    const at = (axis: Axis3, lane: number): F64 =>
      f.f64.add(this.#base[axis], f.f64.mul(this.#step(axis), f.f64.convert_i32_s(f.i32.add(x, lane))));
    const value = (lane: number) =>
      f.call(this.#sample(), {
        source: this.#here,
        nx,
        ny,
        nz,
        sy: this.#strides[1],
        sz: this.#strides[2],
        x: at(0, lane),
        y: at(1, lane),
        z: at(2, lane),
      });
    return {
      value: () =>
        [1, 2, 3].reduce<V128>((all, lane) => f.f32x4.replace_lane(all, lane, value(lane)), f.f32x4.splat(value(0))),
      advance: () => {},
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
    const whole = (axis: Axis3, places: V128): V128 =>
      f64x2.add(
        f64x2.add(
          f64x2.add(f64x2.splat(this.#base[axis]), f64x2.mul(f64x2.splat(this.#step(axis)), places)),
          f64x2.splat(tieTolerance),
        ),
        f64x2.splat(magic),
      );
    return () => {
      const places = f.keep(i32x4.add(i32x4.splat(x), i32x4.const([0, 1, 2, 3])));
      const low = f.keep(f64x2.convert_low_i32x4_s(places));
      const high = f.keep(f64x2.convert_low_i32x4_s(i32x4.shuffle(places, places, [2, 3, 2, 3])));
      const index = (axis: Axis3): V128 => i32x4.shuffle(whole(axis, low), whole(axis, high), [0, 2, 4, 6]);
      return this.#addresses(triple(index));
    };
  }

  #addresses(index: Triple<V128>): readonly Local<"i32">[] {
    const { i32x4, i32 } = this.#f;
    const all = this.#f.keep(this.#offsets(index));
    return [0, 1, 2, 3].map((lane) => this.#f.keep(i32.add(this.#here, i32x4.extract_lane(all, lane))));
  }

  /** Bytes from one voxel to those at four indices from it. */
  #offsets([x, y, z]: Triple<V128>): V128 {
    const { i32x4 } = this.#f;
    const [alongY, alongZ] = this.#strideLanes;
    const planes = i32x4.add(i32x4.mul(z, alongZ), i32x4.mul(y, alongY));
    return i32x4.add(planes, i32x4.shl(x, Math.log2(elementBytes(this.shape.dtype))));
  }

  #runFixed(x: Local<"i32">, reading: "within" | "mixed"): Run {
    const f = this.#f;
    const row = { base: this.#base, step: triple((a) => this.#step(a)), sizes: this.#sizes };
    const run = new FixedRun(f, row, this.#fixed, x, reading === "mixed");
    const origin = f.keep(run.origin(this.#strides, this.#here));
    const within = (): V128 =>
      this.shape.by === "linear" ? this.#linear(run.within(), origin) : this.#bspline(run, origin);
    return {
      value: (near) => (near ? within() : this.#linear(run.clamped(), origin)),
      advance: () => run.advance(),
    };
  }

  #linear(position: Triple<Position>, origin: I32): V128 {
    const { dtype } = this.shape;
    if (!hasPairs(dtype)) throw new RangeError(`${dtype} has no fast path`);
    return linear(this.#f, dtype, position, { next: this.#next, corners: this.#corners(position, origin) });
  }

  #bspline(run: FixedRun, origin: I32): V128 {
    const { i32 } = this.#f;
    const [sx, sy, sz] = this.#strides;
    const position = run.within();
    const corners = this.#corners(position, i32.sub(i32.sub(i32.sub(origin, sx), sy), sz));
    return bspline(this.#f, position, { dtype: this.shape.dtype, strides: [sy, sz], corners });
  }

  #corners(position: Triple<Position>, origin: I32): readonly [L, L, L, L] {
    const f = this.#f;
    const offsets = f.keep(this.#offsets(triple((a) => position[a].index)));
    const first = f.keep(origin);
    const corner = (lane: number): L => f.keep(f.i32.add(first, f.i32x4.extract_lane(offsets, lane)));
    return [corner(0), corner(1), corner(2), corner(3)];
  }
}

type L = Local<"i32">;

/** Helpers are added to the module when first called for. */
const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
};

/** Reads four voxels, then goes on by four. */
export interface Run {
  /** `near` says, where blocks are mixed, whether all neighbours of this one lie within. */
  readonly value: (near: boolean) => V128;
  readonly advance: () => void;
}
