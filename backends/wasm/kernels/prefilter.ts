/**
 * B-spline coefficients in place: the recursions of the reference in float32, several lines at once. Each
 * step of a recursion waits for the one before, so lines go side by side in the lanes of several vectors.
 * Along y and z they lie side by side in memory; along x sixteen rows are transposed on their way in and out.
 */
import type { PrefilterBoundary } from "../../../compiler/plan.ts";
import type { Code, Local } from "../assembler/index.ts";
import type { F, I32, V128 } from "./context.ts";
import { type Kernel, kernelOf } from "./kernel.ts";
import { type BringBack, bringBackHelper } from "./slow.ts";

const pole = Math.sqrt(3) - 2;
const gain = (-6 * pole) / (1 - pole * pole);
/** |pole|^16 < 1e-9: what comes later is below float32. */
const horizon = 16;

/** Vectors side by side along y and z, and rows that go together along x. */
const abreast = 8;
export const rowsPerUnit = 16;
/** Scratch bytes for each sample of a line. */
export const rowScratch: number = 16 * abreast;
export const lineScratch: number = 4 * rowsPerUnit;

/** Some vectors side by side along a set of lines: the samples, what waits between the recursions, the results. */
interface Lines {
  readonly width: number;
  /** Vector v of the k-th set of samples, at the address that `at` makes of k. */
  readonly place: (k: I32) => I32;
  readonly read: (place: I32, v: number) => Code<"v128">;
  readonly write: (place: I32, v: number, value: V128) => void;
  readonly waiting: (k: I32) => I32;
}

/** Replaces n samples of each line by their coefficients: see the reference's `prefilterLine`. */
const filter = (f: F, n: Local<"i32">, boundary: PrefilterBoundary, bringBack: BringBack, lines: Lines): void => {
  const { i32, f32x4, v128, f64 } = f;
  const { width, place, read, write, waiting } = lines;
  const scaled = (v: V128, by: number): V128 => f32x4.mul(v, f32x4.splat(by));
  const vectors = <T>(of: (v: number) => T): readonly T[] => Array.from({ length: width }, (_, v) => of(v));
  const start = f.keep(place(i32.const(0)));
  const end = f.keep(i32.sub(n, 1));
  const sums = vectors((v) => f.keep(read(start, v)));
  /** Adds Σ poleᵐ · sample(index(m)) to each of `sums`. */
  const addHorizon = (sums: readonly Local<"v128">[], index: (m: Local<"i32">) => I32): void =>
    f.scope(() => {
      const weight = f.keep(f64.const(1));
      const m = f.local("i32", "m");
      f.forRange(m, 1, horizon + 1, 1, () => {
        weight.set(f64.mul(weight, pole));
        const by = f.keep(f32x4.splat(f.f32.demote_f64(weight)));
        const there = f.keep(place(f.keep(f.call(bringBack, { i: index(m), n }))));
        for (const [v, sum] of sums.entries()) sum.set(f32x4.add(sum, f32x4.mul(read(there, v), by)));
      });
    });
  addHorizon(sums, (m) => i32.sub(0, m));
  // What the samples beyond the end add follows, where they fold back, from the sums of those before it.
  const beyond = beyondEnd(
    f,
    boundary,
    vectors,
    () => f.keep(place(end)),
    read,
    (all) => addHorizon(all, (m) => i32.add(end, m)),
  );
  const keep = (k: I32): void => {
    const to = f.keep(waiting(k));
    for (const [v, sum] of sums.entries()) v128.store(to, sum, 16 * v);
  };
  f.scope(() => keep(i32.const(0)));
  const k = f.local("i32", "k");
  f.forRange(k, 1, n, 1, () => {
    const from = f.keep(place(k));
    for (const [v, sum] of sums.entries()) sum.set(f32x4.add(read(from, v), scaled(sum, pole)));
    keep(k);
  });
  const last = f.keep(place(end));
  for (const [v, sum] of sums.entries()) {
    sum.set(scaled(beyond(v, sum), gain));
    write(last, v, sum);
  }
  f.forRange(k, i32.sub(n, 2), -1, -1, () => {
    const [from, to] = [f.keep(waiting(k)), f.keep(place(k))];
    for (const [v, sum] of sums.entries()) {
      sum.set(scaled(f32x4.sub(sum, scaled(v128.load(from, 16 * v), 6)), pole));
      write(to, v, sum);
    }
  });
};

/** The two-sided sum at the end, of the one-sided one. */
const beyondEnd = (
  f: F,
  boundary: PrefilterBoundary,
  vectors: <T>(of: (v: number) => T) => readonly T[],
  end: () => Local<"i32">,
  read: Lines["read"],
  addHorizon: (sums: readonly Local<"v128">[]) => void,
): ((v: number, sum: Local<"v128">) => V128) => {
  const { f32x4 } = f;
  switch (boundary) {
    case "reflect":
      return (_, sum) => f32x4.mul(sum, f32x4.splat(1 + pole));
    case "mirror": {
      const at = end();
      const samples = vectors((v) => f.keep(read(at, v)));
      return (v, sum) => f32x4.sub(f32x4.add(sum, sum), samples[v] as V128);
    }
    case "wrap": {
      const sums = vectors(() => f.keep(f32x4.splat(0)));
      addHorizon(sums);
      return (v, sum) => f32x4.add(sum, sums[v] as V128);
    }
  }
};

/**
 * Along y or z. A unit is a set of n rows of `rowBytes`, `stride` bytes apart; unit u starts at
 * data + (u / inner)·outerBytes + (u mod inner)·innerBytes.
 */
export const prefilterRows = (boundary: PrefilterBoundary, shared: boolean): Kernel =>
  kernelOf(
    "prefilter_rows",
    shared,
    (context) => bringBackHelper(context, boundary, ""),
    ({ f, read, from, to, scratch }, bringBack) => {
      const { i32, v128 } = f;
      const [data, n, stride, rowBytes] = [read.i32("data"), read.i32("n"), read.i32("stride"), read.i32("rowBytes")];
      const [inner, innerBytes, outerBytes] = [read.i32("inner"), read.i32("innerBytes"), read.i32("outerBytes")];
      const unit = f.local("i32", "unit");
      f.forRange(unit, from, to, 1, () => {
        const outer = i32.mul(i32.div_u(unit, inner), outerBytes);
        const start = f.keep(i32.add(data, i32.add(outer, i32.mul(i32.rem_u(unit, inner), innerBytes))));
        const x = f.keep(i32.const(0), "x");
        const columns = (bytes: number, width: number, read: Lines["read"], write: Lines["write"]): void =>
          f.forRange(x, x, i32.sub(rowBytes, bytes - 1), bytes, () => {
            const column = f.keep(i32.add(start, x));
            const place = (k: I32): I32 => i32.add(column, i32.mul(k, stride));
            const waiting = (k: I32): I32 => i32.add(scratch, i32.mul(k, 16 * width));
            filter(f, n, boundary, bringBack, { width, place, waiting, read, write });
          });
        for (const width of [abreast, 1])
          columns(
            16 * width,
            width,
            (at, v) => v128.load(at, 16 * v),
            (at, v, value) => v128.store(at, value, 16 * v),
          );
        // What is left of a row is filtered one line at a time.
        columns(
          4,
          1,
          (at) => v128.load32_zero(at),
          (at, _, value) => v128.store32_lane(at, value, 0),
        );
      });
    },
  );

/** Along x. A unit is {@link rowsPerUnit} of `rows` rows of n floats. */
export const prefilterLines = (boundary: PrefilterBoundary, shared: boolean): Kernel =>
  kernelOf(
    "prefilter_lines",
    shared,
    (context) => bringBackHelper(context, boundary, ""),
    ({ f, read, from, to, scratch }, bringBack) => {
      const { i32, v128 } = f;
      const [data, n, rows] = [read.i32("data"), read.i32("n"), read.i32("rows")];
      const rowBytes = f.keep(i32.shl(n, 2));
      const last = f.keep(i32.sub(rows, 1));
      const unit = f.local("i32", "unit");
      f.forRange(unit, from, to, 1, () => {
        const first = f.keep(i32.mul(unit, rowsPerUnit));
        /** Four rows at a time on their way in or out; at the end rows may be named twice, which computes them twice alike. */
        const transposed = (move: (rows: readonly Local<"i32">[], column: Local<"i32">) => void): void => {
          const four = f.local("i32", "four");
          f.forRange(four, 0, rowsPerUnit, 4, () => {
            const addresses = [0, 1, 2, 3].map((k) => {
              const row = f.keep(i32.add(i32.add(first, four), k));
              return f.keep(i32.add(data, i32.mul(f.select(i32.lt_s(row, last), row, last), rowBytes)));
            });
            move(addresses, f.keep(i32.add(scratch, i32.shl(four, 2))));
          });
        };
        transposed((rows, column) => bringIn(f, n, rows, column));
        const place = (k: I32): I32 => i32.add(scratch, i32.mul(k, lineScratch));
        filter(f, n, boundary, bringBack, {
          width: rowsPerUnit / 4,
          place,
          waiting: place,
          read: (at, v) => v128.load(at, 16 * v),
          write: (at, v, value) => v128.store(at, value, 16 * v),
        });
        transposed((rows, column) => bringOut(f, n, rows, column));
      });
    },
  );

type Four = readonly [V128, V128, V128, V128];

/** Four vectors of four, rows for columns. */
const transpose = (f: F, [a, b, c, d]: Four): Four => {
  const { i32x4 } = f;
  const [ab, cd] = [f.keep(i32x4.shuffle(a, b, [0, 4, 1, 5])), f.keep(i32x4.shuffle(c, d, [0, 4, 1, 5]))];
  const [ef, gh] = [f.keep(i32x4.shuffle(a, b, [2, 6, 3, 7])), f.keep(i32x4.shuffle(c, d, [2, 6, 3, 7]))];
  return [
    i32x4.shuffle(ab, cd, [0, 1, 4, 5]),
    i32x4.shuffle(ab, cd, [2, 3, 6, 7]),
    i32x4.shuffle(ef, gh, [0, 1, 4, 5]),
    i32x4.shuffle(ef, gh, [2, 3, 6, 7]),
  ];
};

/** Walks along four rows of n floats and the column of vectors that they make, by four, then what is left by one. */
const alongRows = (
  f: F,
  n: Local<"i32">,
  rows: readonly Local<"i32">[],
  column: Local<"i32">,
  four: () => void,
  one: () => void,
): void => {
  const { i32 } = f;
  const x = f.keep(i32.const(0), "x");
  const step = (by: number): void => {
    for (const row of rows) row.set(i32.add(row, 4 * by));
    column.set(i32.add(column, lineScratch * by));
  };
  f.forRange(x, x, i32.sub(n, 3), 4, () => {
    four();
    step(4);
  });
  f.forRange(x, x, n, 1, () => {
    one();
    step(1);
  });
};

const bringIn = (f: F, n: Local<"i32">, rows: readonly Local<"i32">[], column: Local<"i32">): void => {
  const { v128 } = f;
  const [a, b, c, d] = rows as readonly I32[] as readonly [I32, I32, I32, I32];
  alongRows(
    f,
    n,
    rows,
    column,
    () => {
      const kept = [a, b, c, d].map((row) => f.keep(v128.load(row)));
      for (const [k, vector] of transpose(f, kept as readonly V128[] as Four).entries())
        v128.store(column, vector, k * lineScratch);
    },
    () =>
      v128.store(
        column,
        [b, c, d].reduce<V128>((all, row, k) => v128.load32_lane(row, all, k + 1), v128.load32_zero(a)),
      ),
  );
};

const bringOut = (f: F, n: Local<"i32">, rows: readonly Local<"i32">[], column: Local<"i32">): void => {
  const { v128 } = f;
  alongRows(
    f,
    n,
    rows,
    column,
    () => {
      const kept = [0, 1, 2, 3].map((k) => f.keep(v128.load(column, k * lineScratch)));
      for (const [k, vector] of transpose(f, kept as readonly V128[] as Four).entries())
        v128.store(rows[k] as I32, vector);
    },
    () => {
      const vector = f.keep(v128.load(column));
      for (const [k, row] of rows.entries()) v128.store32_lane(row, vector, k);
    },
  );
};
