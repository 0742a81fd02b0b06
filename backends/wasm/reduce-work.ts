/** Sums over a domain as a kernel and its numbers, and the sums of its rows as the sums asked for. */

import { inside, replaceLeaves, type Scalar, slope, tap } from "../../compiler/language/scalar.ts";
import { bodiesOf, type Reduce, type Region, type Scatter, type Tap } from "../../compiler/plan.ts";
import { compiled } from "./cache.ts";
import { rowNumbers } from "./gather-work.ts";
import { type ReduceShape, reduceKernel } from "./kernels/reduce.ts";
import { canShare } from "./memory.ts";
import { PairwiseSums } from "./pairwise.ts";
import type { Place } from "./places.ts";
import { eachRow, tilesFor } from "./row-tiles.ts";
import type { Work } from "./work.ts";

/** Jobs at least, for many threads. */
const fewestJobs = 16;

/** With `kept` the values of that body over the domain follow the sums of each row. */
export const reduceWork = (pass: Reduce, kept: Scalar | undefined, places: (buffer: number) => Place): Work => {
  const bodies = kept === undefined ? bodiesOf(pass) : [...bodiesOf(pass), kept];
  const { rows, key, tables, numberOf } = rowNumbers(pass, bodies, pass, places);
  const moments = pass.totals.map((total) => total.moments);
  // Sums of nothing are left out. That is structure: a constant that is 0 by chance is one of them.
  const skipped = rows.variants.bodies.flatMap((set, k) => (set.every(isNothing) ? [k] : []));
  const shape: ReduceShape = { ...rows, moments, keeps: kept !== undefined, skipped };
  const { sumBytes, rowBytes } = rowOf(pass, kept !== undefined);
  const [, ny, nz] = pass.size;
  const tiles = tilesFor(rowBytes);
  const numbers: Readonly<Record<string, number>> = {
    rowBytes,
    sumBytes,
    tileRows: tiles.rows,
    tilePlanes: tiles.planes,
  };
  const units = ny * nz * pass.channels;
  return {
    kernel: compiled(`reduce ${JSON.stringify([moments, skipped, shape.keeps])} ${key}`, () =>
      reduceKernel(shape, canShare),
    ),
    units,
    bytesPerUnit: rowBytes,
    unitsPerJob: Math.min(tiles.rows * tiles.planes, Math.ceil(units / fewestJobs)),
    scratchBytes: 0,
    tableBytes: tables.bytes,
    writeTables: (buffer, at) => tables.write(buffer, at),
    valueOf: (name, at) => numbers[name] ?? numberOf(name, at),
  };
};

const isNothing = (s: Scalar): boolean => s.kind === "const" && s.value === 0;

/**
 * What the kernel leaves for each row, in bytes: Σ body, and Σ body · x where there are moments, each a float64; and
 * perhaps the values of a body.
 */
export const rowOf = (
  { totals, size }: Reduce,
  keeps: boolean,
): { readonly sumBytes: number; readonly rowBytes: number } => {
  const sumBytes = 8 * totals.reduce((sum, { moments }) => sum + (moments ? 2 : 1), 0);
  return { sumBytes, rowBytes: keeps ? Math.ceil((sumBytes + 4 * size[0]) / 8) * 8 : sumBytes };
};

/**
 * The sums over all rows, pair by pair: errors grow with the logarithm of their number, and the order is that of
 * the rows. A row's moments along y and z follow from its sum.
 */
export const sumOfRows = ({ totals, size, channels }: Reduce, rows: Float64Array, rowBytes: number): Float64Array => {
  const length = rowBytes / 8;
  const sums = new PairwiseSums(totals.reduce((sum, { moments }) => sum + (moments ? 4 : 1), 0));
  const tiles = tilesFor(rowBytes);
  let [from, count] = [0, 0];
  // A few are added one after the other: a sum of eight has three roundings more than by pairs, and takes a third.
  let few = sums.next().fill(0);
  const add = (y: number, z: number): void => {
    let [at, to] = [from, 0];
    for (const { moments } of totals) {
      const sum = rows[at++] ?? 0;
      few[to] = (few[to++] ?? 0) + sum;
      if (!moments) continue;
      few[to] = (few[to++] ?? 0) + (rows[at++] ?? 0);
      few[to] = (few[to++] ?? 0) + sum * y;
      few[to] = (few[to++] ?? 0) + sum * z;
    }
    from += length;
    if (++count % 8 === 0) {
      sums.add();
      few = sums.next().fill(0);
    }
  };
  for (let channel = 0; channel < channels; channel++) eachRow(size, tiles, add);
  sums.add();
  return sums.total();
};

/** The body of a scatter in terms of what a reduce over the same domain looks at; undefined where it looks elsewhere. */
export const seenFrom = (pass: Reduce, scatter: Scatter): Scalar | undefined => {
  const sameDomain = [...pass.size, pass.channels].every((n, k) => n === [...scatter.size, scatter.channels][k]);
  const spellTap = ({ source, pull, by, boundary }: Tap): string =>
    `${source} ${by} ${boundary} ${[...pull.linear, ...pull.offset].join()}`;
  const spellRegion = ({ pull, size }: Region): string => [...pull.linear, ...pull.offset, ...size].join();
  const [taps, regions] = [pass.taps.map(spellTap), pass.regions.map(spellRegion)];
  const tapOf = scatter.taps.map((tap) => taps.indexOf(spellTap(tap)));
  const regionOf = scatter.regions.map((region) => regions.indexOf(spellRegion(region)));
  if (!sameDomain || tapOf.includes(-1) || regionOf.includes(-1)) return undefined;
  return replaceLeaves(scatter.body, (leaf) => {
    if (leaf.kind === "tap") return tap(tapOf[leaf.index] ?? 0);
    if (leaf.kind === "slope") return slope(tapOf[leaf.index] ?? 0, leaf.axis);
    return leaf.kind === "inside" ? inside(regionOf[leaf.region] ?? 0) : undefined;
  });
};
