/** Sums over a domain as a kernel and its numbers, and the sums of its rows as the sums asked for. */

import type { Scalar } from "../../compiler/language/scalar.ts";
import { bodiesOf, type Reduce } from "../../compiler/plan.ts";
import { compiled } from "./cache.ts";
import { rowNumbers } from "./gather-work.ts";
import { type ReduceShape, reduceKernel } from "./kernels/reduce.ts";
import { canShare } from "./memory.ts";
import type { Place } from "./places.ts";
import type { Work } from "./work.ts";

export const reduceWork = (pass: Reduce, places: (buffer: number) => Place): Work => {
  const { rows, key, tables, numberOf } = rowNumbers(pass, bodiesOf(pass), pass, places);
  const moments = pass.totals.map((total) => total.moments);
  // Sums of nothing are left out. That is structure: a constant that is 0 by chance is one of them.
  const skipped = rows.variants.bodies.flatMap((set, k) => (set.every(isNothing) ? [k] : []));
  const shape: ReduceShape = { ...rows, moments, skipped };
  const [, ny, nz] = pass.size;
  return {
    kernel: compiled(`reduce ${JSON.stringify([moments, skipped])} ${key}`, () => reduceKernel(shape, canShare)),
    units: ny * nz * pass.channels,
    bytesPerUnit: rowLength(pass) * 8,
    scratchBytes: 0,
    tableBytes: tables.bytes,
    writeTables: (buffer, at) => tables.write(buffer, at),
    valueOf: numberOf,
  };
};

const isNothing = (s: Scalar): boolean => s.kind === "const" && s.value === 0;

/** Numbers that the kernel leaves for each row: Σ body, and Σ body · x where there are moments. */
export const rowLength = ({ totals }: Reduce): number =>
  totals.reduce((sum, { moments }) => sum + (moments ? 2 : 1), 0);

/**
 * The sums over all rows, pair by pair: errors grow with the logarithm of their number, and the order is that of
 * the rows. A row's moments along y and z follow from its sum.
 */
export const sumOfRows = ({ totals, size: [, ny, nz] }: Reduce, rows: Float64Array): Float64Array => {
  const length = rows.length === 0 ? 0 : totals.reduce((sum, { moments }) => sum + (moments ? 2 : 1), 0);
  const count = length === 0 ? 0 : rows.length / length;
  const pairwise = (of: (row: number) => number, from: number, to: number): number => {
    if (to - from <= 8) {
      let sum = 0;
      for (let row = from; row < to; row++) sum += of(row);
      return sum;
    }
    const middle = (from + to) >> 1;
    return pairwise(of, from, middle) + pairwise(of, middle, to);
  };
  let at = 0;
  const sums = totals.flatMap(({ moments }) => {
    const start = at;
    at += moments ? 2 : 1;
    const sum = (row: number): number => rows[row * length + start] ?? 0;
    const alongX = (row: number): number => rows[row * length + start + 1] ?? 0;
    const total = (of: (row: number) => number): number => pairwise(of, 0, count);
    return moments
      ? [
          total(sum),
          total(alongX),
          total((row) => sum(row) * (row % ny)),
          total((row) => sum(row) * (Math.floor(row / ny) % nz)),
        ]
      : [total(sum)];
  });
  return Float64Array.from(sums);
};
