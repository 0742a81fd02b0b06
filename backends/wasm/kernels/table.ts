/**
 * Places in a square table, of four voxels at a time: a row by rounding, and along it the four elements around a
 * column with their cubic B-spline weights. Histograms count there, and lookups read.
 */
import type { Lookup } from "../../../compiler/language/scalar.ts";
import type { Local } from "../assembler/index.ts";
import { transposed, weightsOf } from "./bspline.ts";
import type { F, V128 } from "./context.ts";
import { slopesOf } from "./slopes.ts";

export interface TablePlace {
  /** The number of the first of the four elements. */
  readonly index: Local<"v128">;
  /** How far the column lies beyond the second of them. */
  readonly share: Local<"v128">;
  /** All bits set where neither row nor column is NaN. */
  readonly isSomewhere: Local<"v128">;
}

export class TableEmitter {
  readonly #f: F;
  readonly #bins: Local<"v128">;
  readonly #lastRow: Local<"v128">;
  readonly #lastColumn: Local<"v128">;
  readonly #lastWhole: Local<"v128">;

  constructor(f: F, bins: Local<"i32">) {
    const { f32x4, i32x4, i32 } = f;
    const less = (by: number): Local<"v128"> => f.keep(f32x4.convert_i32x4_s(i32x4.splat(i32.sub(bins, by))));
    this.#f = f;
    this.#bins = f.keep(i32x4.splat(bins));
    this.#lastRow = less(1);
    this.#lastColumn = less(2);
    this.#lastWhole = less(3);
  }

  /** Where four voxels lie. Whatever row and column are, that is in the table. */
  place(row: V128, column: V128): TablePlace {
    const f = this.#f;
    const { f32x4, i32x4, v128 } = f;
    const [givenRow, givenColumn] = [f.keep(row), f.keep(column)];
    const isSomewhere = f.keep(
      v128.and(f32x4.eq(givenRow, givenRow), f32x4.eq(givenColumn, givenColumn)),
      "is_somewhere",
    );
    const within = (value: V128, low: number, high: Local<"v128">): Local<"v128"> =>
      f.keep(f32x4.min(f32x4.max(v128.and(value, isSomewhere), f32x4.splat(low)), high));
    const rounded = f32x4.floor(f32x4.add(givenRow, f32x4.splat(0.5)));
    const whole = within(rounded, 0, this.#lastRow);
    const held = within(givenColumn, 1, this.#lastColumn);
    const before = f.keep(f32x4.min(f32x4.floor(held), this.#lastWhole));
    const first = i32x4.sub(i32x4.trunc_sat_f32x4_s(before), i32x4.splat(1));
    const index = f.keep(i32x4.add(i32x4.mul(i32x4.trunc_sat_f32x4_s(whole), this.#bins), first), "index");
    return { index, share: f.keep(f32x4.sub(held, before), "share"), isSomewhere };
  }

  /** Looks up in the table of float32 at `table`. */
  lookup(table: Local<"i32">, row: V128, column: V128, weights: Lookup["weights"]): V128 {
    const f = this.#f;
    const { f32x4, i32x4, v128, i32 } = f;
    const { index, share, isSomewhere } = this.place(row, column);
    const rowOf = (lane: number): Local<"v128"> =>
      f.keep(v128.load(i32.add(table, i32.shl(i32x4.extract_lane(index, lane), 2))));
    const elements = transposed(f, [rowOf(0), rowOf(1), rowOf(2), rowOf(3)]);
    const [w0, w1, w2, w3] = (weights === "slope" ? slopesOf : weightsOf)(f, share);
    const [e0, e1, e2, e3] = elements;
    const sum = f32x4.add(
      f32x4.add(f32x4.mul(w0, e0), f32x4.mul(w1, e1)),
      f32x4.add(f32x4.mul(w2, e2), f32x4.mul(w3, e3)),
    );
    return v128.and(sum, isSomewhere);
  }

  /** Adds numbers to the table of float64 at `table`, each spread by its weights. What is 0 is not added. */
  count(table: Local<"i32">, row: V128, column: V128, numbers: V128): void {
    const f = this.#f;
    const { f32x4, f64x2, i32x4, v128, i32 } = f;
    const { index, share, isSomewhere } = this.place(row, column);
    const given = f.keep(v128.and(numbers, isSomewhere));
    f.if(v128.any_true(f32x4.ne(given, f32x4.splat(0))), () => {
      const [w0, w1, w2, w3] = weightsOf(f, share);
      const times = (w: Local<"v128">): Local<"v128"> => f.keep(f32x4.mul(given, w));
      for (const [lane, parts] of transposed(f, [times(w0), times(w1), times(w2), times(w3)]).entries())
        f.scope(() => {
          const at = f.keep(i32.add(table, i32.shl(i32x4.extract_lane(index, lane), 3)));
          const add = (two: V128, offset: number): void =>
            v128.store(at, f64x2.add(v128.load(at, offset), f64x2.promote_low_f32x4(two)), offset);
          add(parts, 0);
          add(i32x4.shuffle(parts, parts, [2, 3, 2, 3]), 16);
        });
    });
  }
}
