/**
 * The transpose of a tap. A job owns some planes of the output and goes over all of the domain that reaches them,
 * so that no two threads add to one voxel, and each voxel gets what it gets in an order that jobs alone decide: the
 * same bits for any number of threads. In front of its planes and behind lie a few that take what falls
 * beyond them, and are thrown away, so that the inner loop asks no questions.
 */
import type { Interpolator } from "../../../compiler/language/interpolator.ts";
import type { Axis } from "../../../compiler/language/vector.ts";
import type { TapBoundary } from "../../../compiler/plan.ts";
import type { Local } from "../assembler/index.ts";
import type { F, F64, Reader } from "./context.ts";
import { perAxis, type RowAxis } from "./fixed.ts";
import { type Give, giveHelper } from "./give.ts";
import { type Kernel, kernelOf } from "./kernel.ts";
import { type Narrowing, narrowing } from "./rows.ts";
import { type GivenRow, giveBlocks, givesAny } from "./scatter-blocks.ts";
import { eachRowOf } from "./strips.ts";
import { ends } from "./tap.ts";

export interface ScatterShape {
  readonly by: Interpolator;
  readonly boundary: TapBoundary;
}

/** Planes in front of a job's own, and behind: as many as a stencil reaches, rounding of coordinates included. */
export const spare: Readonly<Record<Interpolator, number>> = { nearest: 1, linear: 2, bspline: 4 };

/** Boundaries under which what lies beyond the voxels comes back within a few of the edge it is nearest to. */
const isHeld = (boundary: TapBoundary): boolean => boundary === "clamp" || boundary === "mirror";

export const scatterKernel = (shape: ScatterShape, shared: boolean): Kernel =>
  kernelOf(
    "scatter",
    shared,
    (context) => ({ narrow: narrowing(context), give: giveHelper(context, shape.by, shape.boundary) }),
    ({ f, read, scratch, from, to }, { narrow, give }) =>
      new ScatterEmitter(f, read, shape, narrow, give).planes(scratch, from, to),
  );

class ScatterEmitter {
  readonly #f: F;
  readonly #read: Reader;
  readonly #shape: ScatterShape;
  readonly #narrow: Narrowing;
  readonly #give: Give;

  constructor(f: F, read: Reader, shape: ScatterShape, narrow: Narrowing, give: Give) {
    this.#f = f;
    this.#read = read;
    this.#shape = shape;
    this.#narrow = narrow;
    this.#give = give;
  }

  /** Planes `from` … `to` − 1 of one channel, left at `scratch`, before which there is room for others. */
  planes(scratch: Local<"i32">, from: Local<"i32">, to: Local<"i32">): void {
    const f = this.#f;
    const { i32, f64 } = f;
    const read = this.#read;
    const [nx, perChannel] = [read.i32("nx"), read.i32("perChannel")];
    const [sizes, given] = [[read.i32("n0"), read.i32("n1"), read.i32("n2")] as const, read.i32("given")];
    const [rowBytes, unitBytes] = [read.i32("rowBytes"), read.i32("unitBytes")];
    const channel = f.keep(i32.div_u(from, sizes[2]), "channel");
    const first = f.keep(i32.rem_u(from, sizes[2]), "first");
    const past = f.keep(i32.add(first, i32.sub(to, from)), "past");
    const planeBytes = f.keep(i32.shl(i32.mul(sizes[0], sizes[1]), 2), "planeBytes");
    const extra = f.keep(i32.mul(planeBytes, spare[this.#shape.by]));
    const own = f.keep(i32.mul(planeBytes, i32.sub(past, first)), "own");
    f.memory.fill(i32.sub(scratch, extra), 0, i32.add(own, i32.shl(extra, 1)));
    // Where plane 0 would be.
    const origin = f.keep(i32.sub(scratch, i32.mul(planeBytes, first)), "origin");
    const before = this.#shape.by === "bspline" ? 2 : 1;
    const ownLow = f.keep(f64.convert_i32_s(i32.sub(first, before)));
    const ownHigh = f.keep(f64.convert_i32_s(i32.add(past, before - 1)));
    // Beyond the outermost planes come those that are held at the edge, or else anything may come from anywhere.
    const held = isHeld(this.#shape.boundary);
    // A spline reaches back from its edge over as many planes.
    const isFirst = held ? i32.lt_s(first, 3) : i32.const(1);
    const isLast = held ? i32.gt_s(past, i32.sub(sizes[2], 3)) : i32.const(1);
    const low = f.keep(f.select(isFirst, f64.const(-Number.MAX_VALUE), ownLow), "low");
    const high = f.keep(f.select(isLast, f64.const(Number.MAX_VALUE), ownHigh), "high");
    const summed = read.i32("summed");
    const stripFrom = f.select(summed, i32.const(0), i32.mul(channel, perChannel));
    const stripTo = f.keep(
      f.select(summed, i32.mul(read.i32("channels"), perChannel), i32.mul(i32.add(channel, 1), perChannel)),
    );
    const steps = [0, 1, 2].map((a) => read.f64(`m${a * 3}`));
    const strides = [f.keep(i32.const(4)), f.keep(i32.shl(sizes[0], 2)), planeBytes] as const;
    const along = perAxis<Axis, RowAxis>([0, 1, 2], (a) => ({
      base: f.local("f64", "base"),
      step: steps[a] as Local<"f64">,
      size: sizes[a],
      least: f.keep(i32.const(0)),
      most: f.keep(i32.sub(sizes[a], 1)),
      stride: strides[a],
    }));
    const ones = perAxis(along, (_, a) => read.i32x4(`f${a}1`));
    const rest = this.#coefficients();
    const strip = f.local("i32", "strip");
    f.forRange(strip, stripFrom, stripTo, 1, () =>
      eachRowOf(f, read, f.keep(i32.rem_u(strip, perChannel)), ({ y: line, z: plane, before }) => {
        const [y, z] = [f.keep(f64.convert_i32_s(line)), f.keep(f64.convert_i32_s(plane))];
        perAxis(along, ({ base }, a) => {
          const { my, mz, t } = rest[a] as Coefficients;
          base.set(f64.add(f64.add(f64.mul(my, y), f64.mul(mz, z)), t));
        });
        const { base, step } = along[2] as RowAxis;
        const last = f.keep(f64.add(base, f64.mul(step, f64.convert_i32_s(i32.sub(nx, 1)))));
        const reaches = i32.and(f64.ge(f64.max(base, last), low), f64.lt(f64.min(base, last), high));
        f.if(reaches, () => {
          const whole = { start: i32.const(0), end: nx };
          const [start, end] = f.call(this.#narrow.roughly, { b: base, s: step, low, high, ...whole });
          const ofStrip = i32.add(given, i32.mul(strip, unitBytes));
          const values = f.keep(i32.add(ofStrip, i32.mul(before, rowBytes)), "values");
          this.#row({ along, ones, origin, values, first, past, low: ownLow, high: ownHigh }, start, end);
        });
      }),
    );
  }

  #coefficients(): readonly Coefficients[] {
    return [0, 1, 2].map((a) => ({
      my: this.#read.f64(`m${a * 3 + 1}`),
      mz: this.#read.f64(`m${a * 3 + 2}`),
      t: this.#read.f64(`t${a}`),
    }));
  }

  /**
   * Voxels `start` … `end` − 1 of a row. Those whose neighbours all lie within the output are given four at a
   * time, as far as they reach the planes; the others one by one.
   */
  #row(row: Row, start: Local<"i32">, end: Local<"i32">): void {
    const f = this.#f;
    const { i32, f64, v128 } = f;
    const { by } = this.#shape;
    const [lowest, highest] = ends[by];
    const narrowed = ({ base, step }: RowAxis, low: F64, high: F64, interval: Interval): Interval => {
      const [from, to] = f.call(this.#narrow.roughly, {
        b: base,
        s: step,
        low,
        high,
        start: interval.start,
        end: interval.end,
      });
      return { start: from, end: to };
    };
    const gentle = by === "nearest" ? i32.const(0) : this.#read.i32("gentle");
    const within = row.along.reduce<Interval>(
      (interval, axis) => narrowed(axis, f64.const(lowest), f64.add(f64.convert_i32_s(axis.size), highest), interval),
      { start, end: f.keep(f.select(gentle, end, start)) },
    );
    const x = f.keep(start, "x");
    const slowly = (until: Local<"i32">): void =>
      f.while(i32.lt_s(x, until), () =>
        f.if(
          givesAny(f, v128.load(i32.add(row.values, i32.shl(x, 2)))),
          () => {
            this.#one(row, x);
            x.set(i32.add(x, 1));
          },
          // Beyond the edge all is most often nothing.
          () => x.set(i32.add(x, 4)),
        ),
      );
    f.if(i32.lt_s(within.start, within.end), () => {
      slowly(within.start);
      const [, , alongZ] = row.along;
      const near = alongZ === undefined ? within : narrowed(alongZ, row.low, row.high, within);
      x.set(near.start);
      if (by !== "nearest") giveBlocks(f, this.#read, by, row, x, near.end);
      x.set(within.end);
    });
    slowly(end);
  }

  /** One voxel, wherever it lies, by the rules to the letter. */
  #one({ along: [ax, ay, az], origin, values, first, past }: Row, x: Local<"i32">): void {
    const f = this.#f;
    const value = f.keep(f.f32.load(f.i32.add(values, f.i32.shl(x, 2))));
    const at = ({ base, step }: RowAxis): F64 => f.f64.add(base, f.f64.mul(step, f.f64.convert_i32_s(x)));
    if (az === undefined) throw new RangeError("a scatter has three axes");
    f.if(f.f32.ne(value, 0), () => {
      f.call(this.#give, {
        origin,
        first,
        past,
        value,
        nx: ax.size,
        ny: ay.size,
        nz: az.size,
        sy: ay.stride,
        sz: az.stride,
        x: at(ax),
        y: at(ay),
        z: at(az),
      });
    });
  }
}

interface Interval {
  readonly start: Local<"i32">;
  readonly end: Local<"i32">;
}

interface Coefficients {
  readonly my: Local<"f64">;
  readonly mz: Local<"f64">;
  readonly t: Local<"f64">;
}

/** A row of the domain, and where what it has goes. */
interface Row extends GivenRow {
  /** The planes that are kept: from `first` on and before `past`. */
  readonly first: Local<"i32">;
  readonly past: Local<"i32">;
  /** The coordinates along z of what has neighbours in the planes, none of which come back from beyond an edge. */
  readonly low: Local<"f64">;
  readonly high: Local<"f64">;
}
