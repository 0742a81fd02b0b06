/**
 * The gather as a kernel: for each row the stretches on which every region is decided and every tap's
 * neighbours lie within the voxels, or do not; for each kind of stretch a loop of its own, free of bounds
 * checks, four voxels at a time.
 */

import { nodesOf, type Scalar } from "../../../compiler/language/scalar.ts";
import type { DType } from "../../../compiler/language/voxels.ts";
import { type Local, ModuleBuilder } from "../assembler/index.ts";
import { UniformLayout } from "../uniforms.ts";
import type { Variants } from "../variants.ts";
import { emitBody } from "./body.ts";
import { type Context, type F, type I32, Reader } from "./context.ts";
import { elementBytes, hasPairs, storeRun } from "./elements.ts";
import { type VectorFunctions, vectorFunctions } from "./functions.ts";
import { type Narrow, narrowHelper, narrowRoughlyHelper } from "./interval.ts";
import { PlaneEmitter, type PlaneShape } from "./plane.ts";
import { clampable, type Reading, TapEmitter, type TapShape } from "./tap.ts";

/** All that a kernel depends on: equal shapes share one module. */
export interface GatherShape {
  readonly taps: readonly TapShape[];
  readonly regions: number;
  readonly variants: Variants;
  readonly dtype: DType;
  /** For a flat tap, the only one, how its planes are made. */
  readonly plane?: PlaneShape;
}

export interface Kernel {
  readonly module: ModuleBuilder;
  readonly layout: UniformLayout;
}

/** Constants are numbers of a run, so that a fill or a slope that changes compiles nothing. */
export const constantsOf = (bodies: readonly Scalar[]): readonly number[] => [
  ...new Set(bodies.flatMap((body) => nodesOf(body).flatMap((s) => (s.kind === "const" ? [s.value] : [])))),
];

export const gatherKernel = (shape: GatherShape, shared: boolean): Kernel => {
  const module = new ModuleBuilder("gather");
  module.importMemory("env", "memory", { initial: 1, maximum: 65536, shared });
  const layout = new UniformLayout();
  const context: Context = { module, layout };
  const narrow: Narrowing = { exactly: narrowHelper(context), roughly: narrowRoughlyHelper(context) };
  module.func(
    "run",
    { uniforms: "i32", scratch: "i32", from: "i32", to: "i32" },
    [],
    (f, { uniforms, scratch, from, to }) => {
      const read = new Reader(f, context, uniforms);
      const out = f.keep(scratch, "out");
      const past = f.i32.mul(f.i32.sub(to, from), read.i32("outputRow"));
      const planes =
        shape.plane && new PlaneEmitter(context, f, uniforms, shape.plane, f.keep(behind(f, scratch, past)));
      const rows = new RowEmitter(context, f, read, shape, narrow, planes);
      const unit = f.local("i32", "row");
      f.forRange(unit, from, to, 1, () => rows.row(unit, out));
    },
  );
  return { module, layout };
};

/** Rows are stored four voxels at a time, so the last may reach this far beyond. */
const beyond = 64;
/** The first multiple of 64 behind what is stored in `bytes` bytes from `start` on. */
export const behind = ({ i32 }: F, start: I32, bytes: I32): I32 =>
  i32.and(i32.add(i32.add(start, bytes), beyond + 63), -64);

interface Narrowing {
  readonly exactly: Narrow;
  readonly roughly: Narrow;
}

class RowEmitter {
  readonly #f: F;
  readonly #shape: GatherShape;
  readonly #narrow: Narrowing;
  /** Whether stretches are read block by block, within or clamped. */
  readonly #mixes: boolean;
  readonly #read: Reader;
  readonly #taps: readonly TapEmitter[];
  readonly #nx: Local<"i32">;
  readonly #ny: Local<"i32">;
  readonly #nz: Local<"i32">;
  readonly #runLength: Local<"i32">;
  readonly #gentle: Local<"i32">;
  readonly #choices: Local<"i32">;
  readonly #constants: ReadonlyMap<number, Local<"v128">>;
  readonly #context: Context;
  readonly #planes: PlaneEmitter | undefined;
  #functions: VectorFunctions | undefined;

  constructor(context: Context, f: F, read: Reader, shape: GatherShape, narrow: Narrowing, planes?: PlaneEmitter) {
    this.#context = context;
    this.#f = f;
    this.#shape = shape;
    this.#narrow = narrow;
    this.#planes = planes;
    this.#mixes = shape.taps.every(clampable);
    this.#read = read;
    this.#nx = read.i32("nx");
    this.#ny = read.i32("ny");
    this.#nz = read.i32("nz");
    this.#runLength = read.i32("runLength");
    this.#gentle = read.i32("gentle");
    this.#choices = read.i32("choices");
    this.#taps = shape.taps.map((tap, k) => new TapEmitter(context, f, read, k, tap));
    this.#constants = new Map(
      constantsOf(shape.variants.bodies).map((value, k) => [value, read.f32x4(`constant${k}`)]),
    );
  }

  row(unit: Local<"i32">, out: Local<"i32">): void {
    const f = this.#f;
    const { i32, f64 } = f;
    const perChannel = f.keep(i32.mul(this.#ny, this.#nz));
    const channel = f.keep(i32.div_u(unit, perChannel), "channel");
    const inChannel = f.keep(i32.rem_u(unit, perChannel));
    const y = f.keep(f64.convert_i32_s(i32.rem_u(inChannel, this.#ny)), "y");
    const plane = f.keep(i32.div_u(inChannel, this.#ny), "z");
    const z = f.keep(f64.convert_i32_s(plane), "z");
    for (const tap of this.#taps) {
      const first = tap.first(channel);
      const number = f.keep(i32.div_u(unit, this.#ny));
      tap.startRow(this.#planes === undefined ? first : this.#planes.of(number, plane, first), y, z);
    }
    const regions = Array.from({ length: this.#shape.regions }, (_, k) => this.#regionInterval(k, y, z));
    const within = this.#withinInterval();
    const x = f.keep(i32.const(0), "x");
    f.while(i32.lt_s(x, this.#nx), () => {
      const stop = f.keep(this.#nx, "stop");
      const held = f.keep(i32.const(0), "held");
      const near = f.keep(i32.const(0), "near");
      const cut = (interval: Interval, mark: () => void): void => {
        const before = i32.lt_s(x, interval.start);
        f.if(
          before,
          () => stop.set(f.select(i32.lt_s(interval.start, stop), interval.start, stop)),
          () =>
            f.if(i32.lt_s(x, interval.end), () => {
              stop.set(f.select(i32.lt_s(interval.end, stop), interval.end, stop));
              mark();
            }),
        );
      };
      for (const [k, interval] of regions.entries()) cut(interval, () => held.set(i32.or(held, 1 << k)));
      if (!this.#mixes) cut(within, () => near.set(1));
      const choice = f.keep(i32.load8_u(i32.add(this.#choices, held)), "choice");
      for (const [k, body] of this.#shape.variants.bodies.entries())
        f.if(i32.eq(choice, k), () => this.#stretch(body, { x, stop, out, channel, near, within }));
      x.set(stop);
    });
    out.set(i32.add(out, i32.mul(this.#nx, elementBytes(this.#shape.dtype))));
  }

  #regionInterval(k: number, y: Local<"f64">, z: Local<"f64">): Interval {
    const f = this.#f;
    const { f64 } = f;
    const whole = { start: f.keep(f.i32.const(0)), end: f.keep(this.#nx) };
    return ([0, 1, 2] as const).reduce<Interval>((interval, a) => {
      const [s, my, mz] = [0, 1, 2].map((c) => this.#read.f64(`region${k}.m${a * 3 + c}`)) as [
        F64Local,
        F64Local,
        F64Local,
      ];
      const offset = this.#read.f64(`region${k}.t${a}`);
      const b = f64.add(f64.add(f64.mul(my, y), f64.mul(mz, z)), offset);
      const [low, high] = [this.#read.f64(`region${k}.low`), this.#read.f64(`region${k}.high${a}`)];
      const [start, end] = f.call(this.#narrow.exactly, { b, s, low, high, start: interval.start, end: interval.end });
      return { start, end };
    }, whole);
  }

  /** Where all neighbours of all taps lie within the voxels; empty where coordinates run too fast for fixed point. */
  #withinInterval(): Interval {
    const f = this.#f;
    const whole = { start: f.keep(f.i32.const(0)), end: f.keep(f.i32.mul(this.#nx, this.#gentle)) };
    return this.#taps.reduce<Interval>(
      (interval, tap) =>
        tap.axes.reduce<Interval>((within, axis) => {
          const { b, s, low, high } = tap.limits(axis);
          const narrow = tap.limitsAreTight ? this.#narrow.exactly : this.#narrow.roughly;
          const [start, end] = f.call(narrow, { b, s, low, high, start: within.start, end: within.end });
          return { start, end };
        }, interval),
      whole,
    );
  }

  /** All voxels of a stretch have the same body; how their taps are read depends on where they lie. */
  #stretch(body: Scalar, stretch: Stretch): void {
    const f = this.#f;
    const { i32 } = f;
    const { x, stop, near } = stretch;
    const used = new Set(nodesOf(body).flatMap((s) => (s.kind === "tap" ? [s.index] : [])));
    const taps = this.#taps.filter((_, k) => used.has(k));
    const read = (reading: Reading): void => this.#loop(body, used, stretch, reading);
    // Fast paths read four voxels at once, none of them beyond the stretch.
    const fits = (): I32 => i32.and(near, i32.le_s(i32.add(x, 4), stop));
    const either = (condition: I32, reading: Reading): void =>
      f.if(
        condition,
        () => read(reading),
        () => read("anywhere"),
      );
    if (used.size === 0) read("within");
    else if (this.#mixes) either(i32.and(this.#gentle, this.#read.i32("clampable")), "mixed");
    else if (taps.every(({ shape }) => shape.by !== "linear" || hasPairs(shape.dtype))) either(fits(), "within");
    else read("anywhere");
  }

  /**
   * Runs of a length over which fixed point holds. Where the neighbours of the voxels after the stretch may not
   * be read, the last four voxels overlap those before; elsewhere they reach beyond it, and are overwritten.
   */
  #loop(body: Scalar, used: ReadonlySet<number>, stretch: Stretch, reading: Reading): void {
    const f = this.#f;
    const { i32 } = f;
    const { dtype } = this.#shape;
    const { stop, out, channel, within } = stretch;
    const overlaps = reading === "within" && used.size > 0;
    // What is sampled one voxel after the other is stored so too: most such stretches are shorter than four.
    const step = reading === "anywhere" ? 1 : 4;
    const x = f.keep(stretch.x, "x");
    f.while(i32.lt_s(x, stop), () => {
      if (overlaps) f.if(i32.gt_s(i32.add(x, 4), stop), () => x.set(i32.sub(stop, 4)));
      const next = i32.add(x, this.#runLength);
      const end = f.keep(used.size === 0 ? stop : f.select(i32.lt_s(next, stop), next, stop), "end");
      const last = overlaps ? f.keep(i32.sub(end, 3)) : end;
      const at = f.keep(i32.add(out, i32.mul(x, elementBytes(dtype))), "at");
      const runs = new Map([...used].map((k) => [k, (this.#taps[k] as TapEmitter).startRun(x, reading)]));
      const block = (near: boolean): void => {
        const value = emitBody(f, body, {
          tap: (k) => f.keep((runs.get(k) ?? missing(k)).value(near)),
          constant: (value) => this.#constants.get(value) ?? missing(value),
          background: (buffer) => this.#background(buffer, channel),
          functions: () => (this.#functions ??= vectorFunctions(this.#context)),
        });
        storeRun(f, dtype, at, value);
        at.set(i32.add(at, step * elementBytes(dtype)));
        x.set(i32.add(x, step));
        for (const run of runs.values()) run.advance();
      };
      if (reading !== "mixed") f.while(i32.lt_s(x, last), () => block(true));
      else {
        const past = i32.sub(within.end, 3);
        const fastEnd = f.keep(f.select(i32.lt_s(past, end), past, end), "fastEnd");
        f.while(i32.lt_s(x, end), () =>
          f.if(
            i32.and(i32.ge_s(x, within.start), i32.lt_s(x, fastEnd)),
            // A loop of its own, so that what clamping needs takes no registers from it.
            () => f.while(i32.lt_s(x, fastEnd), () => block(true)),
            () => block(false),
          ),
        );
      }
      if (!overlaps) x.set(end);
    });
  }

  #background(buffer: number, channel: I32) {
    const { i32, v128 } = this.#f;
    return v128.load32_splat(i32.add(this.#read.i32(`background${buffer}`), i32.shl(channel, 2)));
  }
}

type F64Local = Local<"f64">;
/** Voxels x … stop − 1 of an output row. */
interface Stretch {
  readonly x: Local<"i32">;
  readonly stop: Local<"i32">;
  /** Where voxel 0 of the row goes. */
  readonly out: Local<"i32">;
  readonly channel: Local<"i32">;
  /** Whether all neighbours of the whole stretch lie within, and where on the row they do. */
  readonly near: Local<"i32">;
  readonly within: Interval;
}
interface Interval {
  readonly start: Local<"i32">;
  readonly end: Local<"i32">;
}
const missing = (what: number): never => {
  throw new RangeError(`the kernel has nothing for ${what}`);
};
