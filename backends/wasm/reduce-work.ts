/** Sums over a domain as a kernel and its numbers, and the sums of its strips as the sums asked for. */

import { inside, replaceLeaves, type Scalar, slope, tap } from "../../compiler/language/scalar.ts";
import { bodiesOf, type Reduce, type Region, type Scatter, type Tap } from "../../compiler/plan.ts";
import { compiled } from "./cache.ts";
import { rowNumbers } from "./gather-work.ts";
import { type ReduceShape, reduceKernel } from "./kernels/reduce.ts";
import { canShare } from "./memory.ts";
import { PairwiseSums } from "./pairwise.ts";
import type { Place } from "./places.ts";
import { type RowTiles, strips, stripsOf, tilesFor } from "./row-tiles.ts";
import type { Work } from "./work.ts";

/** Jobs at least, for many threads. */
const fewestJobs = 16;

/** With `kept` the values of that body over the domain follow the sums of each strip. */
export const reduceWork = (pass: Reduce, kept: Scalar | undefined, places: (buffer: number) => Place): Work => {
  const bodies = kept === undefined ? bodiesOf(pass) : [...bodiesOf(pass), kept];
  const { rows, key, tables, numberOf } = rowNumbers(pass, bodies, pass, places);
  const moments = pass.totals.map((total) => total.moments);
  // Sums of nothing are left out. That is structure: a constant that is 0 by chance is one of them.
  const skipped = rows.variants.bodies.flatMap((set, k) => (set.every(isNothing) ? [k] : []));
  const shape: ReduceShape = { ...rows, moments, keeps: kept !== undefined, skipped };
  const { tiles, sumBytes, rowBytes, unitBytes } = stripOf(pass, kept !== undefined);
  const perChannel = stripsOf(pass.size, tiles);
  const numbers: Readonly<Record<string, number>> = {
    rowBytes,
    sumBytes,
    unitBytes,
    perChannel,
    tileRows: tiles.rows,
    tilePlanes: tiles.planes,
    ...Object.fromEntries(pass.taps.map((tap, k) => [`tap${k}.ahead`, aheadOf(tap, places(tap.source))])),
  };
  const units = perChannel * pass.channels;
  return {
    kernel: compiled(`reduce ${JSON.stringify([moments, skipped, shape.keeps])} ${key}`, () =>
      reduceKernel(shape, canShare),
    ),
    units,
    bytesPerUnit: unitBytes,
    workPerUnit: 4 * pass.size[0] * tiles.rows,
    unitsPerJob: Math.min(tiles.planes, Math.ceil(units / fewestJobs)),
    scratchBytes: 0,
    tableBytes: tables.bytes,
    writeTables: (buffer, at) => tables.write(buffer, at),
    valueOf: (name, at) => numbers[name] ?? numberOf(name, at),
  };
};

/** Bytes from the first neighbour of a voxel to the one that no row before has looked at, as rows and planes go on. */
const aheadOf = ({ pull: { linear } }: Tap, { strides, size }: Place): number =>
  ([1, 2] as const).reduce((sum, axis) => {
    const [, alongY = 0, alongZ = 0] = linear.slice(3 * axis, 3 * axis + 3);
    const rise = Math.abs(alongZ) >= Math.abs(alongY) ? alongZ : alongY;
    return sum + (rise > 0 && size[axis] > 1 ? (strides[axis] ?? 0) : 0);
  }, 0);

const isNothing = (s: Scalar): boolean => s.kind === "const" && s.value === 0;

/**
 * What the kernel leaves for each strip, in bytes: Σ body, and Σ body · x and Σ body · y where there are moments, each
 * a float64; and perhaps the values of a body, row by row.
 */
export interface StripBytes {
  readonly tiles: RowTiles;
  readonly sumBytes: number;
  readonly rowBytes: number;
  readonly unitBytes: number;
}

export const stripOf = ({ totals, size }: Reduce, keeps: boolean): StripBytes => {
  const sumBytes = 8 * totals.reduce((sum, { moments }) => sum + (moments ? 3 : 1), 0);
  const rowBytes = keeps ? Math.ceil((4 * size[0]) / 8) * 8 : 0;
  const tiles = tilesFor(size, rowBytes);
  return { tiles, sumBytes, rowBytes, unitBytes: sumBytes + rowBytes * tiles.rows };
};

/**
 * The sums over all strips, pair by pair: errors grow with the logarithm of their number, and the order is that of
 * the strips. A strip's moment along z follows from its sum.
 */
export const sumOfStrips = (
  { totals, size, channels }: Reduce,
  parts: Float64Array,
  { tiles, unitBytes }: StripBytes,
): Float64Array => {
  const sums = new PairwiseSums(totals.reduce((sum, { moments }) => sum + (moments ? 4 : 1), 0));
  let from = 0;
  for (let channel = 0; channel < channels; channel++)
    for (const { z } of strips(size, tiles)) {
      const next = sums.next();
      let [at, to] = [from, 0];
      for (const { moments } of totals) {
        const sum = parts[at++] ?? 0;
        next[to++] = sum;
        if (!moments) continue;
        next[to++] = parts[at++] ?? 0;
        next[to++] = parts[at++] ?? 0;
        next[to++] = sum * z;
      }
      sums.add();
      from += unitBytes / 8;
    }
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
