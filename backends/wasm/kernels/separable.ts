/**
 * The separable gather as a kernel: where each source axis follows one output axis, work is shared. A row is
 * blended along z and y as a whole and stays in the nearest cache, and the voxels of a stretch are read from
 * it by tables. Nothing is computed about coordinates, regions or boundaries here: the tables know.
 */
import type { Interpolator } from "../../../compiler/language/interpolator.ts";
import { support } from "../../../compiler/language/interpolator.ts";
import { nodesOf, type Scalar } from "../../../compiler/language/scalar.ts";
import type { DType } from "../../../compiler/language/voxels.ts";
import type { Local } from "../assembler/index.ts";
import { group, groupBytes, segment, segmentBytes } from "../separable-row.ts";
import { entry, entryBytes } from "../separable-tables.ts";
import type { Variants } from "../variants.ts";
import { emitBody, type Leaves } from "./body.ts";
import type { F, I32, Reader, V128 } from "./context.ts";
import { elementBytes, storeRun } from "./elements.ts";
import { behind } from "./gather.ts";
import { type Kernel, kernelOf } from "./kernel.ts";
import { type RandomEmitter, randomEmitter, randomsOf } from "./random.ts";
import { constantsOf } from "./rows.ts";
import { type Along, readGroup } from "./separable-along.ts";
import { forgetRows, type MakeRow, makeRowHelper } from "./separable-blend.ts";

/** All that a kernel depends on. */
export interface SeparableShape extends Along {
  readonly by: Interpolator;
  readonly source: DType;
  readonly dtype: DType;
  readonly variants: Variants;
}

export const separableKernel = (shape: SeparableShape, shared: boolean): Kernel =>
  kernelOf(
    "separable",
    shared,
    (context) => makeRowHelper(context, shape.by, shape.source),
    ({ f, read, uniforms, scratch, from, to }, makeRow) => {
      const { i32 } = f;
      const rowBytes = read.i32("outputRow");
      const out = f.keep(scratch, "out");
      const output = i32.mul(i32.sub(to, from), rowBytes);
      const rows = f.keep(behind(f, scratch, output), "rows");
      const emitter = new RowEmitter(f, read, shape, { uniforms, rows, makeRow });
      const plane = f.keep(i32.const(-1), "plane");
      const unit = f.local("i32", "unit");
      f.forRange(unit, from, to, 1, () => {
        emitter.row(unit, out, plane);
        out.set(i32.add(out, rowBytes));
      });
    },
  );

interface Rows {
  readonly uniforms: Local<"i32">;
  readonly rows: Local<"i32">;
  readonly makeRow: MakeRow;
}

class RowEmitter {
  readonly #f: F;
  readonly #read: Reader;
  readonly #shape: SeparableShape;
  readonly #rows: Rows;
  readonly #constants: ReadonlyMap<number, Local<"v128">>;
  readonly #random: RandomEmitter | undefined;

  constructor(f: F, read: Reader, shape: SeparableShape, rows: Rows) {
    this.#f = f;
    this.#read = read;
    this.#shape = shape;
    this.#rows = rows;
    this.#constants = new Map(
      constantsOf(shape.variants.bodies).map((value, k) => [value, read.f32x4(`constant${k}`)]),
    );
    this.#random = randomEmitter(f, read, shape.variants.bodies);
  }

  /** A row of output at `out`. `plane` is the number of the plane whose rows are kept. */
  row(unit: Local<"i32">, out: Local<"i32">, plane: Local<"i32">): void {
    const f = this.#f;
    const { i32 } = f;
    const [ny, nz] = [this.#read.i32("ny"), this.#read.i32("nz")];
    this.#random?.startRow({ y: i32.rem_u(unit, ny), plane: i32.div_u(unit, ny), nx: this.#read.i32("nx") });
    const planes = f.keep(i32.div_u(unit, ny));
    const channel = f.keep(i32.div_u(planes, nz), "channel");
    const table = (name: string, index: I32): Local<"i32"> =>
      f.keep(i32.add(this.#read.i32(name), i32.mul(index, entryBytes)), name);
    const [y, z] = [table("yTable", i32.rem_u(unit, ny)), table("zTable", i32.rem_u(planes, nz))];
    const number = f.keep(i32.add(i32.mul(channel, nz), i32.load(z, entry.number)));
    f.if(i32.ne(number, plane), () => {
      plane.set(number);
      forgetRows(f, this.#rows.rows);
    });
    const source = f.keep(i32.add(this.#read.i32("source"), i32.mul(channel, this.#read.i32("channelBytes"))));
    const held = f.keep(i32.and(i32.load(y, entry.regions), i32.load(z, entry.regions)), "held");
    // 0 until a stretch needs the row.
    const row = f.keep(i32.const(0), "row");
    const demand = (): void =>
      f.if(i32.eqz(row), () =>
        row.set(f.call(this.#rows.makeRow, { uniforms: this.#rows.uniforms, rows: this.#rows.rows, z, y, source })),
      );
    const at = f.local("i32", "segment");
    f.forRange(at, this.#read.i32("segments"), this.#read.i32("segmentsEnd"), segmentBytes, () => {
      const holds = i32.and(held, i32.load(at, segment.regions));
      const choice = f.keep(i32.load8_u(i32.add(this.#read.i32("choices"), holds)), "choice");
      for (const [k, body] of this.#shape.variants.bodies.entries())
        f.if(i32.eq(choice, k), () => {
          if (usesTap(body)) {
            demand();
            this.#stretch(body, at, out, row, channel);
          } else this.#fill(body, at, out, channel);
        });
    });
  }

  #stretch(body: Scalar, at: Local<"i32">, out: Local<"i32">, row: Local<"i32">, channel: I32): void {
    const f = this.#f;
    const { i32 } = f;
    const { dtype, form, by } = this.#shape;
    const groups = this.#read.i32("groups");
    const start = f.keep(i32.add(groups, i32.load(at, segment.groups)));
    const end = f.keep(i32.add(groups, i32.load(at, segment.groupsEnd)));
    const next = f.local("i32", "group");
    f.forRange(next, start, end, groupBytes(support[by]), () => {
      const tap = f.keep(readGroup(f, this.#shape, next, row));
      const place = f.keep(i32.load(next, group.out[form]));
      const x = (): I32 => i32.div_u(place, elementBytes(dtype));
      storeRun(
        f,
        dtype,
        f.keep(i32.add(out, place)),
        emitBody(f, body, { ...this.#leaves(channel, x), tap: () => tap }),
      );
    });
  }

  #fill(body: Scalar, at: Local<"i32">, out: Local<"i32">, channel: I32): void {
    const f = this.#f;
    const { i32 } = f;
    const { dtype } = this.#shape;
    const bytes = elementBytes(dtype);
    const to = f.keep(i32.add(out, i32.mul(i32.load(at, segment.start), bytes)));
    const end = f.keep(i32.add(out, i32.mul(i32.load(at, segment.end), bytes)));
    const x = (): I32 => i32.div_u(i32.sub(to, out), bytes);
    const value = (): V128 => emitBody(f, body, { ...this.#leaves(channel, x), tap: () => this.#missing("a tap") });
    // The same for all voxels, unless each draws numbers of its own.
    const same = randomsOf([body]).length > 0 ? undefined : f.keep(value());
    f.forRange(to, to, end, 4 * bytes, () => storeRun(f, dtype, to, same ?? value()));
  }

  /** The leaves of the bodies of voxel x and of those after it. */
  #leaves(channel: I32, x: () => I32): Omit<Leaves, "tap"> {
    const { i32, v128 } = this.#f;
    return {
      constant: (value) => this.#constants.get(value) ?? this.#missing(`${value}`),
      channel: () => this.#f.f32x4.splat(this.#f.f32.convert_i32_s(channel)),
      background: (buffer) => v128.load32_splat(i32.add(this.#read.i32(`background${buffer}`), i32.shl(channel, 2))),
      random: (of) => (this.#random ?? this.#missing("random numbers")).at(of, x()),
    };
  }

  #missing(what: string): never {
    throw new RangeError(`the kernel has nothing for ${what}`);
  }
}

const usesTap = (body: Scalar): boolean => nodesOf(body).some((s) => s.kind === "tap");
