/**
 * A tap along a row: the coordinates of four voxels at a time, and the samples there. Coordinates are fixed
 * point, 24 bits behind the point, relative to a whole voxel that is chosen anew in float64 every few
 * voxels: errors stay below 2e-6 voxel however long the row is.
 */

import type { Interpolator } from "../../../compiler/language/interpolator.ts";
import type { DType } from "../../../compiler/language/voxels.ts";
import type { TapBoundary } from "../../../compiler/plan.ts";
import { tieTolerance } from "../../../compiler/stencil.ts";
import type { Local } from "../assembler/index.ts";
import type { Context, F, F64, I32, Reader, V128 } from "./context.ts";
import { elementBytes, hasPairs, loadPairs, loadRun, loadScalar } from "./elements.ts";
import { type Sample, sampleHelper } from "./slow.ts";

export interface TapShape {
  readonly by: Interpolator;
  readonly boundary: TapBoundary;
  readonly dtype: DType;
}

/** How the samples of a stretch are read: all neighbours lie within; clamped to the edge; or anywhere. */
export type Reading = "within" | "clamped" | "anywhere";

/** Bits behind the point. */
const fraction = 24;
/** Coordinates relative to the chosen voxel stay below this. */
export const reach = 126;
/** Voxels after which coordinates are taken anew. */
export const longestRun = 48;
/** Fast paths keep this far from where they would read beyond the voxels: more than coordinates err. */
const margin = 1e-5;

type Triple<T> = readonly [T, T, T];
const triple = <T>(of: (axis: 0 | 1 | 2) => T): Triple<T> => [of(0), of(1), of(2)];

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
  readonly #lanes: Triple<Local<"v128">>;
  readonly #steps: Triple<Local<"v128">>;
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
    const scale = 2 ** fraction;
    const fixedStep = triple((a) => f.i32.trunc_sat_f64_s(f.f64.nearest(f.f64.mul(this.#step(a), scale))));
    this.#lanes = triple((a) => f.keep(f.i32x4.mul(f.i32x4.splat(fixedStep[a]), f.i32x4.const([0, 1, 2, 3]))));
    this.#steps = triple((a) => f.keep(f.i32x4.splat(f.i32.shl(fixedStep[a], 2))));
    this.#sample = once(() => sampleHelper(context, shape.by, shape.boundary, shape.dtype, k));
  }

  #step(axis: 0 | 1 | 2): Local<"f64"> {
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
  limits(axis: 0 | 1 | 2): Readonly<Record<"b" | "s" | "low" | "high", F64>> {
    const { f64 } = this.#f;
    const n = f64.convert_i32_s(this.#sizes[axis]);
    const ends: Readonly<Record<Interpolator, readonly [low: number, high: number]>> = {
      nearest: [-0.5 - tieTolerance, -0.5 - tieTolerance],
      linear: [margin, -1 - margin],
      bspline: [1 + margin, -2 - margin],
    };
    const [low, high] = ends[this.shape.by];
    return {
      b: this.#base[axis],
      s: this.#step(axis),
      low: f64.const(low),
      high: f64.add(n, high),
    };
  }

  /** Prepares to read four voxels at x, x + 4, … of a stretch. */
  startRun(x: Local<"i32">, reading: Reading): Run {
    if (reading === "anywhere") return this.#runAnywhere(x);
    return this.shape.by === "nearest" ? this.#runNearest(x) : this.#runFixed(x, reading);
  }

  #runAnywhere(x: Local<"i32">): Run {
    const f = this.#f;
    const [nx, ny, nz] = this.#sizes;
    const at = (axis: 0 | 1 | 2, lane: number): F64 =>
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
    const whole = (axis: 0 | 1 | 2, places: V128): V128 =>
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
      const index = (axis: 0 | 1 | 2): V128 => i32x4.shuffle(whole(axis, low), whole(axis, high), [0, 2, 4, 6]);
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

  #runFixed(x: Local<"i32">, reading: "within" | "clamped"): Run {
    const f = this.#f;
    const { f64, i32, i32x4 } = f;
    const place = f.keep(f64.convert_i32_s(x));
    const parts = triple((a) => {
      const exact = f64.add(this.#base[a], f64.mul(this.#step(a), place));
      const last = f64.convert_i32_s(i32.sub(this.#sizes[a], 1));
      const at = f.keep(reading === "within" ? exact : f64.min(f64.max(exact, -reach), f64.add(last, reach)));
      const floor = f.keep(f64.floor(at));
      const start = i32.trunc_sat_f64_s(f64.mul(f64.sub(at, floor), 2 ** fraction));
      return { whole: f.keep(i32.trunc_sat_f64_s(floor)), at: f.keep(i32x4.add(i32x4.splat(start), this.#lanes[a])) };
    });
    const origin = f.keep(
      parts.reduce<I32>((sum, { whole }, a) => i32.add(sum, i32.mul(whole, this.#strides[a as 0 | 1 | 2])), this.#here),
    );
    const limits = reading === "within" ? undefined : triple((a) => this.#fixedLimits(a, parts[a].whole));
    return {
      value: () => (this.shape.by === "linear" ? this.#linear(parts, origin, limits) : this.#bspline(parts, origin)),
      advance: () => {
        for (const [a, { at }] of parts.entries()) at.set(i32x4.add(at, this.#steps[a as 0 | 1 | 2]));
      },
    };
  }

  /** The edge voxels' coordinates relative to the chosen voxel, as far as fixed point reaches, and the last pair's index. */
  #fixedLimits(axis: 0 | 1 | 2, whole: Local<"i32">): FixedLimits {
    const f = this.#f;
    const { i32, i32x4 } = f;
    const least = f.keep(i32.sub(0, whole));
    const most = f.keep(i32.sub(i32.sub(this.#sizes[axis], 1), whole));
    const held = f.keep(f.select(i32.gt_s(most, reach), i32.const(reach), most));
    const low = f.keep(f.select(i32.lt_s(least, -reach), i32.const(-reach), least));
    return {
      low: f.keep(i32x4.splat(i32.shl(low, fraction))),
      high: f.keep(i32x4.splat(i32.shl(held, fraction))),
      lastPair: f.keep(i32x4.splat(f.select(i32.eq(this.#sizes[axis], 1), most, i32.sub(most, 1)))),
    };
  }

  #linear(parts: Triple<Part>, origin: Local<"i32">, limits: Triple<FixedLimits> | undefined): V128 {
    const f = this.#f;
    const { f32x4, i32x4, v128, i32 } = f;
    const places = triple((a) => {
      const { at } = parts[a];
      if (limits === undefined)
        return {
          index: f.keep(i32x4.shr_s(at, fraction)),
          part: v128.and(at, i32x4.const([0xffffff, 0xffffff, 0xffffff, 0xffffff])),
        };
      const held = f.keep(i32x4.min_s(i32x4.max_s(at, limits[a].low), limits[a].high));
      const index = f.keep(i32x4.min_s(i32x4.shr_s(held, fraction), limits[a].lastPair));
      return { index, part: i32x4.sub(held, i32x4.shl(index, fraction)) };
    });
    const t = triple((a) => f.keep(f32x4.mul(f32x4.convert_i32x4_s(places[a].part), f32x4.splat(2 ** -fraction))));
    const offsets = f.keep(this.#offsets([places[0].index, places[1].index, places[2].index]));
    const cornerOf = (lane: number): Local<"i32"> => f.keep(i32.add(origin, i32x4.extract_lane(offsets, lane)));
    const corner = [cornerOf(0), cornerOf(1), cornerOf(2), cornerOf(3)] as const;
    const { dtype } = this.shape;
    if (!hasPairs(dtype)) throw new RangeError(`${dtype} has no fast path`);
    const mix = (a: V128, b: V128, share: V128): V128 => {
      const kept = f.keep(a);
      return f.keep(f32x4.add(kept, f32x4.mul(f32x4.sub(b, kept), share)));
    };
    const along = (shift: I32 | undefined): V128 => {
      const at = (lane: 0 | 1 | 2 | 3): I32 => (shift === undefined ? corner[lane] : i32.add(corner[lane], shift));
      const [first, second] = loadPairs(f, dtype, [at(0), at(1), at(2), at(3)]);
      return mix(first, second, t[0]);
    };
    const [nextY, nextZ] = this.#next;
    const both = f.keep(i32.add(nextY, nextZ));
    const front = mix(along(undefined), along(nextY), t[1]);
    const back = mix(along(nextZ), along(both), t[1]);
    return mix(front, back, t[2]);
  }

  /** One voxel after the other: the four coefficients along x lie in the four lanes. */
  #bspline(parts: Triple<Part>, origin: Local<"i32">): V128 {
    const f = this.#f;
    const { f32x4, i32x4, v128, i32 } = f;
    const mask = i32x4.const([0xffffff, 0xffffff, 0xffffff, 0xffffff]);
    const index = triple((a) => f.keep(i32x4.shr_s(parts[a].at, fraction)));
    const weight = triple((a) => {
      const t = f.keep(f32x4.mul(f32x4.convert_i32x4_s(v128.and(parts[a].at, mask)), f32x4.splat(2 ** -fraction)));
      const u = f.keep(f32x4.sub(f32x4.splat(1), t));
      const cubic = (v: V128): V128 => f32x4.mul(f32x4.mul(f32x4.mul(v, v), v), f32x4.splat(1 / 6));
      const middle = (v: V128): V128 =>
        f32x4.sub(
          f32x4.splat(2 / 3),
          f32x4.mul(f32x4.mul(v, v), f32x4.sub(f32x4.splat(1), f32x4.mul(v, f32x4.splat(0.5)))),
        );
      return [f.keep(cubic(u)), f.keep(middle(t)), f.keep(middle(u)), f.keep(cubic(t))] as const;
    });
    const [sx, sy, sz] = this.#strides;
    const first = i32.sub(i32.sub(i32.sub(origin, sx), sy), sz);
    const start = f.keep(first);
    const offsets = f.keep(this.#offsets(index));
    const [wx0, wx1, wx2, wx3] = weight[0];
    const [ab, cd] = [f.keep(i32x4.shuffle(wx0, wx1, [0, 4, 1, 5])), f.keep(i32x4.shuffle(wx2, wx3, [0, 4, 1, 5]))];
    const [ef, gh] = [f.keep(i32x4.shuffle(wx0, wx1, [2, 6, 3, 7])), f.keep(i32x4.shuffle(wx2, wx3, [2, 6, 3, 7]))];
    const alongX = [
      i32x4.shuffle(ab, cd, [0, 1, 4, 5]),
      i32x4.shuffle(ab, cd, [2, 3, 6, 7]),
      i32x4.shuffle(ef, gh, [0, 1, 4, 5]),
      i32x4.shuffle(ef, gh, [2, 3, 6, 7]),
    ];
    const voxels = f.keep(f32x4.splat(0));
    for (const lane of [0, 1, 2, 3])
      f.scope(() => {
        const splat = (v: V128): V128 => i32x4.shuffle(v, v, [lane, lane, lane, lane]);
        const wy = weight[1].map((w) => f.keep(splat(w)));
        const plane = f.keep(i32.add(start, i32x4.extract_lane(offsets, lane)));
        const total = f.keep(f32x4.splat(0));
        for (let c = 0; c < 4; c++) {
          const row = f.keep(c === 0 ? plane : i32.add(plane, i32.mul(sz, c)));
          const line = f.keep(f32x4.splat(0));
          for (let b = 0; b < 4; b++) {
            const four = loadRun(f, this.shape.dtype, b === 0 ? row : i32.add(row, i32.mul(sy, b)));
            line.set(f32x4.add(line, f32x4.mul(wy[b] as V128, four)));
          }
          total.set(f32x4.add(total, f32x4.mul(splat(weight[2][c] as V128), line)));
          f.release(row);
          f.release(line);
        }
        total.set(f32x4.mul(total, alongX[lane] as V128));
        const halves = f.keep(f32x4.add(total, i32x4.shuffle(total, total, [2, 3, 2, 3])));
        const sum = f.f32.add(f32x4.extract_lane(halves, 0), f32x4.extract_lane(halves, 1));
        voxels.set(f32x4.replace_lane(voxels, lane, sum));
      });
    return voxels;
  }
}

/** Helpers are added to the module when first called for. */
const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
};

interface Part {
  readonly whole: Local<"i32">;
  readonly at: Local<"v128">;
}
interface FixedLimits {
  readonly low: Local<"v128">;
  readonly high: Local<"v128">;
  readonly lastPair: Local<"v128">;
}

/** Reads four voxels, then goes on by four. */
export interface Run {
  readonly value: () => V128;
  readonly advance: () => void;
}
