/**
 * Rows of a separable gather, blended along z and then along y, ready to be read along x. Rows blended along
 * z stay in slots, since the next output row mostly needs them again; so each is made once a plane, and only
 * if it is needed. The order and the expressions are always the same: what is in a row does not depend on
 * which rows were made before.
 */
import { type Interpolator, support } from "../../../compiler/language/interpolator.ts";
import type { DType } from "../../../compiler/language/voxels.ts";
import type { Func, Local } from "../assembler/index.ts";
import { blendWidth } from "../separable-row.ts";
import { entry } from "../separable-tables.ts";
import { type Context, type F, type I32, Reader, type V128 } from "./context.ts";
import { elementBytes, loadRun } from "./elements.ts";

/** The rows of a thread: which row of samples each slot holds, where it lies, the slots, the row along y. */
const tags = 0;
const pointers = 16;
const slotsFrom = 64;
export const rowsBytes = (by: Interpolator, width: number): number => slotsFrom + (support[by] + 1) * width * 4;

/** Blends the samples at `from` + the offsets of the entry `at` by its weights, to floats at `to`. */
export type Blend = Func<{ at: "i32"; from: "i32"; to: "i32"; samples: "i32" }, readonly []>;
export type MakeRow = Func<{ uniforms: "i32"; rows: "i32"; z: "i32"; y: "i32"; source: "i32" }, readonly ["i32"]>;

/** Nothing that was kept holds any more: the next row is of another plane. */
export const forgetRows = (f: F, rows: I32): void => f.v128.store(rows, f.i32x4.const([-1, -1, -1, -1]), tags);

export const blendHelper = ({ module }: Context, by: Interpolator, dtype: DType): Blend =>
  module.helper(
    "blend_z",
    { at: "i32", from: "i32", to: "i32", samples: "i32" },
    [],
    (f, { at, from, to, samples }) => {
      const sources = Array.from({ length: support[by] }, (_, k) =>
        f.i32.add(from, f.i32.load(at, entry.offset + 4 * k)),
      );
      blend(f, by, dtype, { at, sources, to, samples });
    },
  );

/** Makes a row along `y`'s and `z`'s table entries from the samples at `source`; gives its address. */
export const makeRowHelper = (context: Context, by: Interpolator, dtype: DType): MakeRow => {
  const count = support[by];
  const alongZ = blendHelper(context, by, dtype);
  const alongY = context.module.helper(
    "blend_y",
    { at: "i32", from: "i32", to: "i32", samples: "i32" },
    [],
    (f, { at, from, to, samples }) => {
      const sources = Array.from({ length: count }, (_, k) =>
        f.i32.load(f.i32.add(from, f.i32.shl(f.i32.load(at, entry.slot + 4 * k), 2)), pointers),
      );
      blend(f, by, "float32", { at, sources, to, samples });
    },
  );
  return context.module.helper(
    "make_row",
    { uniforms: "i32", rows: "i32", z: "i32", y: "i32", source: "i32" },
    ["i32"],
    (f, { uniforms, rows, z, y, source }) => {
      const { i32 } = f;
      const read = new Reader(f, context, uniforms);
      const [samples, rowBytes, direct] = [read.i32("samples"), read.i32("rowBytes"), read.i32("direct")];
      const slots = f.keep(i32.add(rows, slotsFrom));
      const single = f.keep(i32.load(y, entry.single), "single");
      const fill = (k: number): void =>
        fillSlot(f, k, { rows, z, y, source, slots, rowBytes, samples, direct }, alongZ);
      fill(0);
      const row = f.keep(pointerAt(f, rows, i32.load(y, entry.slot)), "row");
      f.if(i32.eqz(single), () => {
        for (let k = 1; k < count; k++) fill(k);
        row.set(i32.add(slots, i32.mul(rowBytes, count)));
        f.call(alongY, { at: y, from: rows, to: row, samples });
      });
      repeatSamples(f, read, row);
      return row;
    },
  );
};

const pointerAt = (f: F, rows: I32, slot: I32): I32 => f.i32.load(f.i32.add(rows, f.i32.shl(slot, 2)), pointers);

interface Slot {
  readonly rows: Local<"i32">;
  readonly z: Local<"i32">;
  readonly y: Local<"i32">;
  readonly source: Local<"i32">;
  readonly slots: Local<"i32">;
  readonly rowBytes: Local<"i32">;
  readonly samples: Local<"i32">;
  readonly direct: Local<"i32">;
}

/** Makes the k-th row of an entry along z, unless its slot holds it. */
const fillSlot = (f: F, k: number, s: Slot, alongZ: Blend): void =>
  f.scope(() => {
    const { i32 } = f;
    const slot = f.keep(i32.load(s.y, entry.slot + 4 * k));
    const offset = f.keep(i32.load(s.y, entry.offset + 4 * k));
    const state = f.keep(i32.add(s.rows, i32.shl(slot, 2)));
    f.if(i32.ne(i32.load(state, tags), offset), () => {
      i32.store(state, offset, tags);
      const from = f.keep(i32.add(s.source, offset));
      f.if(
        // What needs neither blending nor converting is read where it lies.
        i32.and(s.direct, i32.load(s.z, entry.single)),
        () => i32.store(state, i32.add(from, i32.load(s.z, entry.offset)), pointers),
        () => {
          const to = f.keep(i32.add(s.slots, i32.mul(slot, s.rowBytes)));
          i32.store(state, to, pointers);
          f.call(alongZ, { at: s.z, from, to, samples: s.samples });
        },
      );
    });
  });

interface Blending {
  /** The table entry with the weights. */
  readonly at: Local<"i32">;
  readonly sources: readonly I32[];
  readonly to: Local<"i32">;
  readonly samples: Local<"i32">;
}

/** Blends rows of `samples` samples, a multiple of {@link blendWidth}, into floats. */
const blend = (f: F, by: Interpolator, dtype: DType, { at, sources, to, samples }: Blending): void => {
  const { i32, v128, f32x4 } = f;
  const from = sources.map((source) => f.keep(source));
  const end = f.keep(i32.add(to, i32.shl(samples, 2)));
  const weights = from.map((_, k) => f.keep(v128.load32_splat(at, entry.weight + 4 * k)));
  const loop = (value: (sample: (k: number) => V128) => V128, read: readonly Local<"i32">[]): void =>
    f.forRange(to, to, end, blendWidth * 4, () => {
      for (let v = 0; v < blendWidth; v += 4)
        v128.store(
          to,
          value((k) => loadRun(f, dtype, read[k] as I32, v * elementBytes(dtype))),
          v * 4,
        );
      for (const address of read) address.set(i32.add(address, blendWidth * elementBytes(dtype)));
    });
  const copy = (): void => loop((sample) => sample(0), from.slice(0, 1));
  const [w0, w1, w2, w3] = weights as readonly V128[] as readonly [V128, V128, V128, V128];
  switch (by) {
    case "nearest":
      copy();
      return;
    case "linear":
      f.if(i32.load(at, entry.single), copy, () =>
        loop((sample) => {
          const a = f.keep(sample(0));
          return f32x4.add(a, f32x4.mul(f32x4.sub(sample(1), a), w1));
        }, from),
      );
      return;
    case "bspline":
      f.if(i32.load(at, entry.single), copy, () =>
        loop((sample) => {
          const ab = f32x4.add(f32x4.mul(w0, sample(0)), f32x4.mul(w1, sample(1)));
          return f32x4.add(f32x4.add(ab, f32x4.mul(w2, sample(2))), f32x4.mul(w3, sample(3)));
        }, from),
      );
      return;
  }
};

/** Copies samples behind the row, so that a voxel's neighbours lie side by side also where a boundary folds them. */
const repeatSamples = (f: F, read: Reader, row: Local<"i32">): void => {
  const { i32 } = f;
  const [from, end] = [read.i32("repeated"), read.i32("repeatedEnd")];
  const to = f.keep(i32.add(row, i32.shl(read.i32("samples"), 2)));
  f.forRange(from, from, end, 4, () => {
    i32.store(to, i32.load(i32.add(row, i32.shl(i32.load(from), 2))));
    to.set(i32.add(to, 4));
  });
};
