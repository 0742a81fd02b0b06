/**
 * What a separable gather looks up instead of computing it: for every output coordinate along an axis the
 * samples to read and their weights, from the one rule in `compiler/stencil.ts` and so in float64 and for
 * every boundary. A kernel that follows these tables needs no bounds checks and knows no boundaries.
 */
import { axisPattern } from "../../compiler/classify.ts";
import { type Axis, axes, type Vector3 } from "../../compiler/language/vector.ts";
import type { Region, Tap } from "../../compiler/plan.ts";
import { withinExtent } from "../../compiler/region.ts";
import { fillStencil, makeStencil } from "../../compiler/stencil.ts";

/** Samples along one axis and their weights. */
export interface Knots {
  readonly index: readonly number[];
  readonly weight: readonly number[];
}

/** The output axis along which each source axis is read; those that none drives take what is left over. */
export const readingOrder = (tap: Tap): Vector3 | undefined => {
  const pattern = axisPattern(tap.pull.linear);
  if (pattern === undefined) return undefined;
  const left = axes.filter((axis) => !pattern.includes(axis));
  // x takes x if it may: rows are read along it.
  const [x, y, z] = pattern.map((axis) => axis ?? left.shift() ?? 0);
  return [x ?? 0, y ?? 0, z ?? 0];
};

/** The knots for each of `count` coordinates along output axis `along`, on a source axis of n samples. */
export const knotsAlong = (
  { pull, by, boundary }: Tap,
  axis: Axis,
  along: number,
  count: number,
  n: number,
): readonly Knots[] => {
  const stencil = makeStencil(by);
  const [step = 0, offset = 0] = [pull.linear[axis * 3 + along], pull.offset[axis]];
  return Array.from({ length: count }, (_, i) => {
    fillStencil(stencil, by, boundary, step * i + offset, n);
    return { index: [...stencil.index], weight: [...stencil.weight] };
  });
};

/** The one sample that counts, if it is only one. */
export const singleOf = ({ index, weight }: Knots): number | undefined => {
  const counting = new Set(index.filter((_, k) => weight[k] !== 0));
  const [only] = counting;
  return counting.size === 1 ? only : undefined;
};

/** Words of an entry: four offsets, four weights, four slots, whether one sample is enough, its number, its regions. */
export const entryBytes = 64;
export const entry = { offset: 0, weight: 16, slot: 32, single: 48, number: 52, regions: 56 } as const;

/**
 * A table of entries for y or z. Rows wait in slots for the next output row, which often needs them again:
 * the slot of each is settled here, so that no entry needs two rows in one slot.
 */
export const axisTable = (knots: readonly Knots[], stride: number, masks: Uint8Array): Int32Array => {
  const words = new Int32Array(knots.length * (entryBytes / 4));
  const floats = new Float32Array(words.buffer);
  const slots = new Slots(knots[0]?.index.length ?? 1);
  let number = 0;
  for (const [i, { index, weight }] of knots.entries()) {
    const at = i * (entryBytes / 4);
    const single = singleOf({ index, weight });
    const rows = single === undefined ? index : index.map(() => single);
    const taken = slots.take(rows);
    for (const [k, row] of rows.entries()) {
      words[at + k] = row * stride;
      floats[at + entry.weight / 4 + k] = weight[k] ?? 0;
      words[at + entry.slot / 4 + k] = taken[k] ?? 0;
    }
    words[at + entry.single / 4] = single === undefined ? 0 : 1;
    if (i > 0 && !sameKnots(knots[i - 1], { index, weight })) number = i;
    words[at + entry.number / 4] = number;
    words[at + entry.regions / 4] = masks[i] ?? 0;
  }
  return words;
};

const sameKnots = (a: Knots | undefined, b: Knots): boolean =>
  b.index.every((index, k) => index === a?.index[k]) && b.weight.every((weight, k) => weight === a?.weight[k]);

/** Gives rows slots, and keeps those that are there where they are. */
class Slots {
  readonly #held: number[];

  constructor(count: number) {
    this.#held = Array.from({ length: count }, () => -1);
  }

  take(rows: readonly number[]): readonly number[] {
    for (const row of rows) {
      if (this.#held.includes(row)) continue;
      this.#held[this.#held.findIndex((held) => !rows.includes(held))] = row;
    }
    return rows.map((row) => this.#held.indexOf(row));
  }
}

/** For each coordinate along an output axis the regions whose bounds along it hold, as bits. */
export const regionMasks = (regions: readonly Region[], along: Axis, count: number): Uint8Array =>
  Uint8Array.from({ length: count }, (_, i) =>
    regions.reduce((mask, region, bit) => mask | (holds(region, along, i) ? 1 << bit : 0), 0),
  );

/** Bounds that no output axis drives are asked about along x. */
const holds = ({ pull, size }: Region, along: Axis, i: number): boolean => {
  const drivers = axisPattern(pull.linear) ?? [];
  return axes.every((axis) => {
    if ((drivers[axis] ?? 0) !== along) return true;
    return withinExtent((pull.linear[axis * 3 + along] ?? 0) * i + pull.offset[axis], size[axis]);
  });
};

/** Whether each bound of a region depends on one output axis only. */
export const isSeparable = (region: Region): boolean => axisPattern(region.pull.linear) !== undefined;
