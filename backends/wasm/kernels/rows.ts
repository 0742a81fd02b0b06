/**
 * Rows of a domain: for each the stretches on which every region is decided and every tap's neighbours lie
 * within the voxels, or do not; for each kind of stretch a loop of its own, free of bounds checks, four voxels
 * at a time. What becomes of the values is said by a sink.
 */
import { nodesOf, type Scalar } from "../../../compiler/language/scalar.ts";
import type { Local } from "../assembler/index.ts";
import type { Variants } from "../variants.ts";
import { emitBodies, noGradients } from "./body.ts";
import type { Context, F, I32, Reader, V128 } from "./context.ts";
import { hasPairs } from "./elements.ts";
import type { GradientKernels } from "./gradient-kernels.ts";
import { type Narrow, narrowHelper, narrowRoughlyHelper } from "./interval.ts";
import type { PlaneEmitter } from "./plane.ts";
import { type RandomEmitter, randomEmitter } from "./random.ts";
import type { TableEmitter } from "./table.ts";
import { type Reading, type Sloped, TapEmitter, type TapShape } from "./tap.ts";

/** What the loops over rows depend on. */
export interface RowShape {
  readonly taps: readonly TapShape[];
  readonly regions: number;
  readonly variants: Variants<readonly Scalar[]>;
  /** The numbers of the variants whose stretches are left out. */
  readonly skipped?: readonly number[];
}

/** Where the values of a stretch of a row go. */
export interface Sink {
  /** At voxel x, the local that the loop moves on, of a stretch that ends before `stop`. */
  start(x: Local<"i32">, stop: Local<"i32">, blocks: Blocks): SinkOfStretch;
}
/** How many voxels a block has, and whether the last goes back over those before it, or else may reach beyond the stretch. */
export interface Blocks {
  readonly step: 1 | 4;
  readonly overlap: boolean;
}
export interface SinkOfStretch {
  /** Before the first block of a run, to which x may have gone back: voxels before `due` have been put. */
  startRun(due: Local<"i32">): void;
  /** The values of each body at x, and of the three voxels after it in blocks of four. */
  put(values: readonly V128[]): void;
}

export interface RowOptions {
  /** Whether stretches are read block by block, within or clamped. */
  readonly mixes: boolean;
  readonly sink: Sink;
  readonly planes?: PlaneEmitter;
  /** For bodies with slopes or lookups. */
  readonly gradients?: GradientKernels;
  /** Whether what a run looks at is touched before: worth it where much is computed between a look and the next. */
  readonly touches?: boolean;
}

/** Constants are numbers of a run, so that a fill or a slope that changes compiles nothing. */
export const constantsOf = (bodies: readonly Scalar[]): readonly number[] => [
  ...new Set(bodies.flatMap((body) => nodesOf(body).flatMap((s) => (s.kind === "const" ? [s.value] : [])))),
];

/** The buffers that bodies look up in. */
export const tablesIn = (bodies: readonly Scalar[]): readonly number[] => [
  ...new Set(bodies.flatMap((body) => nodesOf(body).flatMap((s) => (s.kind === "lookup" ? [s.buffer] : [])))),
];

export interface Narrowing {
  readonly exactly: Narrow;
  readonly roughly: Narrow;
}
export const narrowing = (context: Context): Narrowing => ({
  exactly: narrowHelper(context),
  roughly: narrowRoughlyHelper(context),
});

export class RowEmitter {
  readonly #f: F;
  readonly #shape: RowShape;
  readonly #narrow: Narrowing;
  readonly #options: RowOptions;
  readonly #read: Reader;
  readonly #taps: readonly TapEmitter[];
  readonly #nx: Local<"i32">;
  readonly #ny: Local<"i32">;
  readonly #nz: Local<"i32">;
  readonly #runLength: Local<"i32">;
  readonly #gentle: Local<"i32">;
  readonly #choices: Local<"i32">;
  readonly #constants: ReadonlyMap<number, Local<"v128">>;
  readonly #tables: ReadonlyMap<number, { readonly table: TableEmitter; readonly at: Local<"i32"> }>;
  readonly #random: RandomEmitter | undefined;

  constructor(context: Context, f: F, read: Reader, shape: RowShape, narrow: Narrowing, options: RowOptions) {
    this.#f = f;
    this.#shape = shape;
    this.#narrow = narrow;
    this.#options = options;
    this.#read = read;
    this.#nx = read.i32("nx");
    this.#ny = read.i32("ny");
    this.#nz = read.i32("nz");
    this.#runLength = read.i32("runLength");
    this.#gentle = read.i32("gentle");
    this.#choices = read.i32("choices");
    this.#taps = shape.taps.map((tap, k) => new TapEmitter(context, f, read, k, tap, options.gradients));
    this.#constants = new Map(
      constantsOf(shape.variants.bodies.flat()).map((value, k) => [value, read.f32x4(`constant${k}`)]),
    );
    this.#random = randomEmitter(f, read, shape.variants.bodies.flat());
    this.#tables = new Map(
      tablesIn(shape.variants.bodies.flat()).map((buffer) => [
        buffer,
        {
          table: (options.gradients ?? noGradients()).table(f, read.i32(`bins${buffer}`)),
          at: read.i32(`table${buffer}`),
        },
      ]),
    );
  }

  /** One row of the domain: the `unit`-th, counting through planes and channels. */
  row(unit: Local<"i32">): void {
    const f = this.#f;
    const { i32 } = f;
    const plane = f.keep(i32.div_u(unit, this.#ny));
    const channel = f.keep(i32.div_u(plane, this.#nz), "channel");
    this.rowAt(channel, f.keep(i32.rem_u(unit, this.#ny)), f.keep(i32.rem_u(plane, this.#nz)));
  }

  /** Row (y, z) of a channel. */
  rowAt(channel: Local<"i32">, line: Local<"i32">, plane: Local<"i32">): void {
    const f = this.#f;
    const { i32, f64 } = f;
    const y = f.keep(f64.convert_i32_s(line), "y");
    const z = f.keep(f64.convert_i32_s(plane), "z");
    const number = f.keep(i32.add(i32.mul(channel, this.#nz), plane), "number");
    this.#random?.startRow({ y: line, plane: number, nx: this.#nx });
    for (const tap of this.#taps) {
      const first = tap.first(channel);
      tap.startRow(this.#options.planes?.of(number, plane, first) ?? first, y, z);
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
      if (!this.#options.mixes) cut(within, () => near.set(1));
      const choice = f.keep(i32.load8_u(i32.add(this.#choices, held)), "choice");
      for (const [k, bodies] of this.#shape.variants.bodies.entries())
        if (this.#shape.skipped?.includes(k) !== true)
          f.if(i32.eq(choice, k), () => this.#stretch(bodies, { x, stop, channel, near, within }));
      x.set(stop);
    });
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
        tap.open.reduce<Interval>((within, axis) => {
          const { b, s, low, high } = tap.limits(axis);
          const narrow = tap.limitsAreTight ? this.#narrow.exactly : this.#narrow.roughly;
          const [start, end] = f.call(narrow, { b, s, low, high, start: within.start, end: within.end });
          return { start, end };
        }, interval),
      whole,
    );
  }

  /** All voxels of a stretch have the same bodies; how their taps are read depends on where they lie. */
  #stretch(bodies: readonly Scalar[], stretch: Stretch): void {
    const f = this.#f;
    const { i32 } = f;
    const { x, stop, near } = stretch;
    const nodes = bodies.flatMap(nodesOf);
    const used = new Set(nodes.flatMap((s) => (s.kind === "tap" || s.kind === "slope" ? [s.index] : [])));
    const taps = this.#taps.filter((_, k) => used.has(k));
    const read = (reading: Reading): void => this.#loop(bodies, used, stretch, reading);
    // Fast paths read four voxels at once, none of them beyond the stretch.
    const fits = (): I32 => i32.and(near, i32.le_s(i32.add(x, 4), stop));
    const either = (condition: I32, reading: Reading): void =>
      f.if(
        condition,
        () => read(reading),
        () => read("anywhere"),
      );
    if (used.size === 0) read("within");
    else if (this.#options.mixes) either(i32.and(this.#gentle, this.#read.i32("clampable")), "mixed");
    else if (taps.every(({ shape }) => shape.by !== "linear" || hasPairs(shape.dtype))) either(fits(), "within");
    else read("anywhere");
  }

  /**
   * Runs of a length over which fixed point holds. Where the neighbours of the voxels after the stretch may not
   * be read, the last four voxels overlap those before; elsewhere they reach beyond it, and are overwritten.
   */
  #loop(bodies: readonly Scalar[], used: ReadonlySet<number>, stretch: Stretch, reading: Reading): void {
    const f = this.#f;
    const { i32 } = f;
    const { stop, channel, within } = stretch;
    const overlaps = reading === "within" && used.size > 0;
    // What is sampled one voxel after the other is stored so too: most such stretches are shorter than four.
    const step = reading === "anywhere" ? 1 : 4;
    const x = f.keep(stretch.x, "x");
    const writer = this.#options.sink.start(x, stop, { step, overlap: overlaps });
    const sloped = new Set(bodies.flatMap(nodesOf).flatMap((s) => (s.kind === "slope" ? [s.index] : [])));
    f.while(i32.lt_s(x, stop), () => {
      const due = f.keep(x, "due");
      if (overlaps) f.if(i32.gt_s(i32.add(x, 4), stop), () => x.set(i32.sub(stop, 4)));
      const next = i32.add(x, this.#runLength);
      const end = f.keep(used.size === 0 ? stop : f.select(i32.lt_s(next, stop), next, stop), "end");
      const last = overlaps ? f.keep(i32.sub(end, 3)) : end;
      writer.startRun(due);
      const runs = new Map([...used].map((k) => [k, (this.#taps[k] as TapEmitter).startRun(x, reading)]));
      if (this.#options.touches === true && reading === "within") for (const run of runs.values()) run.touch?.(last);
      const block = (near: boolean): void => {
        const slopes = new Map<number, Sloped>();
        const withSlopes = (k: number): Sloped => {
          const known = slopes.get(k) ?? (runs.get(k)?.withSlopes ?? missing(k))();
          slopes.set(k, known);
          return known;
        };
        const values = emitBodies(f, bodies, {
          tap: (k) => (sloped.has(k) ? withSlopes(k).value : f.keep((runs.get(k) ?? missing(k)).value(near))),
          slope: (k, axis) => withSlopes(k).slopes[axis],
          constant: (value) => this.#constants.get(value) ?? missing(value),
          channel: () => f.f32x4.splat(f.f32.convert_i32_s(channel)),
          background: (buffer) => this.#background(buffer, channel),
          random: (of) => (this.#random ?? missing(of.seed)).at(of, x),
          lookup: ({ buffer, weights }, row, column) => {
            const { table, at } = this.#tables.get(buffer) ?? missing(buffer);
            return table.lookup(at, row, column, weights);
          },
        });
        writer.put(values);
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
