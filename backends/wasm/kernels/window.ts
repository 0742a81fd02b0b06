/**
 * A symmetric window along one axis as a kernel. The samples that some outputs need are brought into a strip first, as
 * floats and with what lies beyond the ends in place: rows of a few vectors along y and z, one row along x. From there
 * on there are no dtypes, boundaries or strides: a sample's neighbours are so many bytes before and behind it, whatever
 * the axis, and vectors go side by side.
 *
 * What stands for 0 is taken off in the strip: sums are as exact as real values are, which may be small where stored ones
 * are large.
 */
import type { Axis } from "../../../compiler/language/vector.ts";
import { type DType, dtypes } from "../../../compiler/language/voxels.ts";
import type { Local } from "../assembler/index.ts";
import type { F, I32, Reader } from "./context.ts";
import { elementBytes, loadRun } from "./elements.ts";
import { behind } from "./gather.ts";
import { type Kernel, kernelOf } from "./kernel.ts";
import { abreast, type Blocks, blockBytes, blocksHelper, blockWidth } from "./window-blocks.ts";

/** All that a kernel depends on. */
export interface WindowShape {
  readonly axis: Axis;
  readonly source: DType;
  readonly dtype: DType;
  /** Whether something else than 0 stands for 0. */
  readonly centred: boolean;
}

/** A block of a row may reach this far beyond its end, whatever the dtype. */
export const spill = 256;

export const windowKernel = (shape: WindowShape, shared: boolean): Kernel =>
  kernelOf(
    "window",
    shared,
    (context) => blocksHelper(context, shape.dtype, dtypes[shape.source].integer && !shape.centred),
    ({ f, read, scratch, from, to }, blocks) => {
      const emitter = new Emitter(f, read, shape, blocks);
      if (shape.axis === 0) emitter.rows(scratch, from, to);
      else if (shape.axis === 1) emitter.planes(scratch, from, to);
      else emitter.across(scratch, from, to);
    },
  );

type Numbers =
  | "nx"
  | "ny"
  | "nz"
  | "source"
  | "channelBytes"
  | "sy"
  | "sz"
  | "reach"
  | "outputRow"
  | "positions"
  | "weights";

class Emitter {
  readonly #f: F;
  readonly #shape: WindowShape;
  readonly #blocks: Blocks;
  readonly #numbers: Readonly<Record<Numbers, Local<"i32">>>;
  readonly #lanes: Readonly<Record<"down" | "up" | "limit" | "offset", Local<"v128">>>;
  /** What is added to samples, the larger part first. */
  readonly #centre: readonly Local<"v128">[];

  constructor(f: F, read: Reader, shape: WindowShape, blocks: Blocks) {
    this.#f = f;
    this.#shape = shape;
    this.#blocks = blocks;
    this.#numbers = {
      nx: read.i32("nx"),
      ny: read.i32("ny"),
      nz: read.i32("nz"),
      source: read.i32("source"),
      channelBytes: read.i32("channelBytes"),
      sy: read.i32("sy"),
      sz: read.i32("sz"),
      reach: read.i32("reach"),
      outputRow: read.i32("outputRow"),
      positions: read.i32("positions"),
      weights: read.i32("weights"),
    };
    this.#lanes = {
      down: read.f32x4("down"),
      up: read.f32x4("up"),
      limit: read.f32x4("limit"),
      offset: read.f32x4("offset"),
    };
    this.#centre = shape.centred ? [read.f32x4("near"), read.f32x4("rest")] : [];
  }

  /** Along x: each unit is a row. */
  rows(scratch: Local<"i32">, from: Local<"i32">, to: Local<"i32">): void {
    const f = this.#f;
    const { i32, f32 } = f;
    const { source } = this.#shape;
    const { nx, reach, outputRow, positions } = this.#numbers;
    const strip = this.#stripBehind(scratch, from, to, outputRow);
    const first = f.keep(i32.add(strip, i32.shl(reach, 2)), "first");
    const count = f.keep(i32.shr_u(i32.add(nx, blockWidth - 1), 5), "count");
    const bytes = f.keep(i32.shl(nx, 2));
    /** What lies beyond an end is in the strip already: `positions` holds where. */
    const beyond = (start: I32, by: I32): void => {
      const end = f.keep(i32.add(start, by));
      const p = f.local("i32", "p");
      f.forRange(p, start, end, 4, () =>
        f32.store(i32.add(strip, p), f32.load(i32.add(strip, i32.load(i32.add(positions, p))))),
      );
    };
    const at = f.keep(scratch, "at");
    const unit = f.local("i32", "unit");
    f.forRange(unit, from, to, 1, () => {
      const row = f.keep(this.#planeOf(i32.div_u(unit, this.#numbers.ny)), "row");
      row.set(i32.add(row, i32.mul(i32.rem_u(unit, this.#numbers.ny), this.#numbers.sy)));
      const into = f.keep(first, "into");
      const block = f.local("i32", "block");
      f.forRange(block, 0, count, 1, () => {
        this.#bring(row, into);
        row.set(i32.add(row, blockWidth * elementBytes(source)));
        into.set(i32.add(into, blockBytes));
      });
      beyond(i32.const(0), i32.shl(reach, 2));
      beyond(i32.add(i32.shl(reach, 2), bytes), i32.shl(reach, 2));
      this.#call(strip, i32.const(4), at, i32.const(blockWidth * elementBytes(this.#shape.dtype)), count);
      at.set(i32.add(at, outputRow));
    });
  }

  /** Along y: each unit is a row, and those of one plane share their strips. */
  planes(scratch: Local<"i32">, from: Local<"i32">, to: Local<"i32">): void {
    const f = this.#f;
    const { i32 } = f;
    const { ny, outputRow } = this.#numbers;
    const strip = this.#stripBehind(scratch, from, to, outputRow);
    const at = f.keep(scratch, "at");
    const unit = f.keep(from, "unit");
    f.while(i32.lt_s(unit, to), () => {
      const y = f.keep(i32.rem_u(unit, ny), "y");
      const [rest, left] = [f.keep(i32.sub(ny, y)), f.keep(i32.sub(to, unit))];
      const count = f.keep(f.select(i32.lt_s(rest, left), rest, left), "count");
      const plane = f.keep(this.#planeOf(i32.div_u(unit, ny)), "plane");
      this.#strips(strip, plane, y, count, at, outputRow);
      at.set(i32.add(at, i32.mul(count, outputRow)));
      unit.set(i32.add(unit, count));
    });
  }

  /** Along z: each unit is a row of every plane, and planes lie one behind the other. */
  across(scratch: Local<"i32">, from: Local<"i32">, to: Local<"i32">): void {
    const f = this.#f;
    const { i32 } = f;
    const { ny, nz, source, channelBytes, sy, outputRow } = this.#numbers;
    const piece = f.keep(i32.add(i32.mul(i32.sub(to, from), outputRow), spill), "piece");
    const strip = f.keep(behind(f, scratch, i32.mul(piece, nz)), "strip");
    const at = f.keep(scratch, "at");
    const unit = f.local("i32", "unit");
    f.forRange(unit, from, to, 1, () => {
      const row = i32.add(i32.mul(i32.div_u(unit, ny), channelBytes), i32.mul(i32.rem_u(unit, ny), sy));
      this.#strips(strip, f.keep(i32.add(source, row)), f.keep(i32.const(0)), nz, at, piece);
      at.set(i32.add(at, outputRow));
    });
  }

  /**
   * `count` rows of output, `apart` bytes from each other, from the one at index `first` along the axis. What the last
   * block of a row has too much lies where the first block of the next row is written later.
   */
  #strips(
    strip: Local<"i32">,
    start: Local<"i32">,
    first: Local<"i32">,
    count: Local<"i32">,
    at: Local<"i32">,
    apart: Local<"i32">,
  ): void {
    const f = this.#f;
    const { i32 } = f;
    const { source, dtype } = this.#shape;
    const { nx, reach, positions } = this.#numbers;
    const table = f.keep(i32.add(positions, i32.shl(first, 2)), "table");
    const samples = f.keep(i32.add(count, i32.shl(reach, 1)), "samples");
    const x = f.local("i32", "x");
    f.forRange(x, i32.and(i32.sub(nx, 1), -blockWidth), -1, -blockWidth, () => {
      const column = f.keep(i32.add(start, i32.mul(x, elementBytes(source))), "column");
      const into = f.keep(strip, "into");
      const p = f.local("i32", "p");
      f.forRange(p, 0, samples, 1, () => {
        const row = f.keep(i32.add(column, i32.load(i32.add(table, i32.shl(p, 2)))));
        this.#bring(row, into);
        into.set(i32.add(into, blockBytes));
      });
      this.#call(strip, i32.const(blockBytes), i32.add(at, i32.mul(x, elementBytes(dtype))), apart, count);
    });
  }

  /** Brings a block of samples into the strip. */
  #bring(from: Local<"i32">, into: Local<"i32">): void {
    const f = this.#f;
    const { f32x4, v128 } = f;
    const { source } = this.#shape;
    for (let v = 0; v < abreast; v++) {
      const stored = loadRun(f, source, from, 4 * v * elementBytes(source));
      v128.store(
        into,
        this.#centre.reduce((sum, part) => f32x4.add(sum, part), stored),
        16 * v,
      );
    }
  }

  #call(strip: Local<"i32">, step: I32, at: I32, apart: I32, count: Local<"i32">): void {
    const f = this.#f;
    const { i32 } = f;
    const { reach, weights } = this.#numbers;
    const high = i32.add(strip, i32.mul(i32.shl(reach, 1), step));
    f.call(this.#blocks, { low: strip, high, step, weights, ...this.#lanes, at, apart, count });
  }

  /** The address of a plane, numbered through all channels. */
  #planeOf(plane: I32): I32 {
    const f = this.#f;
    const { i32 } = f;
    const { nz, source, channelBytes, sz } = this.#numbers;
    const number = f.keep(plane);
    const channel = i32.mul(i32.div_u(number, nz), channelBytes);
    return i32.add(i32.add(source, channel), i32.mul(i32.rem_u(number, nz), sz));
  }

  #stripBehind(scratch: Local<"i32">, from: Local<"i32">, to: Local<"i32">, outputRow: I32): Local<"i32"> {
    const f = this.#f;
    return f.keep(behind(f, scratch, f.i32.add(f.i32.mul(f.i32.sub(to, from), outputRow), spill)), "strip");
  }
}
