/**
 * How a row of a separable gather is read along x: the part of the source row that is needed, and groups of
 * up to four output voxels, each with where its samples lie in that part, in the form that suits vectors.
 */

import type { DType } from "../../compiler/language/voxels.ts";
import { elementBytes } from "./kernels/elements.ts";
import type { Knots } from "./separable-tables.ts";

/**
 * `compact` groups read the samples of four voxels from a few vectors in a row, lanes picked by a mask;
 * `spread` groups load the samples of each voxel from where they are.
 */
export type Form = "compact" | "spread";

export interface RowTable {
  readonly form: Form;
  /** The samples that are read: from `first` on, so many. */
  readonly first: number;
  readonly count: number;
  /** Samples, relative to `first`, that are repeated behind the row, so that all neighbours lie side by side. */
  readonly repeated: Int32Array;
  /** Floats that a row needs, what is read beyond its end included. */
  readonly width: number;
  /** {@link segmentBytes} each: start, end, regions, and where its groups start and end. */
  readonly segments: Int32Array;
  readonly groups: Int32Array;
  /** Whether the second of two samples counts nowhere near some voxel. */
  readonly hasZeroWeights: boolean;
}

export const segmentBytes = 32;
export const segment = { start: 0, end: 4, regions: 8, groups: 12, groupsEnd: 16 } as const;

/** A group: where it reads and writes, then for `compact` the mask, then weights. */
export const group = { out: { compact: 4, spread: 16 }, mask: 16, weights: 32 } as const;
export const groupBytes = (support: number): number => group.weights + (support === 1 ? 0 : support === 2 ? 16 : 64);

/** Floats are blended this many at a time. */
export const blendWidth = 16;

const roundUp = (n: number, to: number): number => Math.ceil(n / to) * to;

/** Samples side by side and their weights, the first at `place` in the row. */
interface Window {
  readonly place: number;
  readonly weight: readonly number[];
}

export const rowTable = (knots: readonly Knots[], masks: Uint8Array, out: DType): RowTable => {
  const support = knots[0]?.index.length ?? 1;
  const ordered = knots.map(ascending);
  const needed = ordered.flatMap(({ index }) => index);
  const first = needed.reduce((least, i) => Math.min(least, i));
  const count = needed.reduce((most, i) => Math.max(most, i)) - first + 1;
  const { windows, repeated } = place(ordered, first, roundUp(count, blendWidth));
  const cuts = segmentsOf(masks);
  const compact = cuts.map(({ start, end }) => compactGroups(windows, start, end));
  // Groups that hold few voxels cost more than loading each sample by itself.
  const dense = compact.reduce((sum, groups) => sum + groups.length, 0) * 2.5 <= knots.length + 8;
  const form: Form = dense ? "compact" : "spread";
  const chosen = dense ? compact : cuts.map(({ start, end }) => everyFour(start, end));
  const bytes = groupBytes(support);
  const groups = new Int32Array((chosen.flat().length * bytes) / 4);
  const segments = new Int32Array((cuts.length * segmentBytes) / 4);
  let next = 0;
  for (const [s, { start, end, mask }] of cuts.entries()) {
    const from = next;
    for (const voxels of chosen[s] ?? []) {
      writeGroup(groups, next / 4, form, windows, voxels, elementBytes(out));
      next += bytes;
    }
    segments.set([start, end, mask, from, next], (s * segmentBytes) / 4);
  }
  const width = roundUp(count, blendWidth) + roundUp(repeated.length + 8, blendWidth);
  const hasZeroWeights = knots.some(({ weight }) => weight[1] === 0);
  return { form, first, count, repeated, width, segments, groups, hasZeroWeights };
};

/** Knots in descending order turned round. */
const ascending = ({ index, weight }: Knots): Knots =>
  index.every((i, k) => k === 0 || i === (index[k - 1] ?? 0) - 1)
    ? { index: index.toReversed(), weight: weight.toReversed() }
    : { index, weight };

/** Where each voxel's samples lie side by side: in the row, or repeated behind it from `end` on. */
const place = (
  knots: readonly Knots[],
  first: number,
  end: number,
): { readonly windows: readonly Window[]; readonly repeated: Int32Array } => {
  const behind = new Map<string, number>();
  const repeated: number[] = [];
  const windows = knots.map(({ index, weight }): Window => {
    const [start = 0] = index;
    if (index.every((i, k) => i === start + k)) return { place: start - first, weight };
    const key = index.join();
    const known = behind.get(key) ?? end + repeated.length;
    if (!behind.has(key)) repeated.push(...index.map((i) => i - first));
    behind.set(key, known);
    return { place: known, weight };
  });
  return { windows, repeated: Int32Array.from(repeated) };
};

interface Cut {
  readonly start: number;
  readonly end: number;
  readonly mask: number;
}

/** Stretches on which the same regions hold. */
const segmentsOf = (masks: Uint8Array): readonly Cut[] => {
  const cuts: Cut[] = [];
  let start = 0;
  for (let x = 1; x <= masks.length; x++)
    if (x === masks.length || masks[x] !== masks[start]) {
      cuts.push({ start, end: x, mask: masks[start] ?? 0 });
      start = x;
    }
  return cuts;
};

interface Voxels {
  readonly start: number;
  readonly end: number;
}

/** As many voxels as lie within four samples of each other, up to four. */
const compactGroups = (windows: readonly Window[], start: number, end: number): readonly Voxels[] => {
  const groups: Voxels[] = [];
  for (let x = start; x < end; ) {
    let [low, high] = [windows[x]?.place ?? 0, windows[x]?.place ?? 0];
    let next = x + 1;
    for (; next < Math.min(end, x + 4); next++) {
      const at = windows[next]?.place ?? 0;
      if (Math.max(high, at) - Math.min(low, at) > 3) break;
      [low, high] = [Math.min(low, at), Math.max(high, at)];
    }
    groups.push({ start: x, end: next });
    x = next;
  }
  return groups;
};

const everyFour = (start: number, end: number): readonly Voxels[] =>
  Array.from({ length: Math.ceil((end - start) / 4) }, (_, k) => ({
    start: start + 4 * k,
    end: Math.min(end, start + 4 * k + 4),
  }));

/** Lanes beyond the group repeat its last voxel; what they compute is overwritten by the next group. */
const writeGroup = (
  words: Int32Array,
  at: number,
  form: Form,
  windows: readonly Window[],
  { start, end }: Voxels,
  outBytes: number,
): void => {
  const floats = new Float32Array(words.buffer);
  const lanes = [0, 1, 2, 3].map((lane) => windows[Math.min(start + lane, end - 1)] as Window);
  const places = lanes.map((window) => window.place);
  words[at + group.out[form] / 4] = start * outBytes;
  if (form === "spread")
    words.set(
      places.map((p) => p * 4),
      at,
    );
  else {
    const base = Math.min(...places);
    words[at] = base * 4;
    const mask = places.flatMap((p) => [0, 1, 2, 3].map((byte) => (p - base) * 4 + byte));
    new Uint8Array(words.buffer, at * 4 + group.mask, 16).set(mask);
  }
  const weights = at + group.weights / 4;
  const support = lanes[0]?.weight.length ?? 1;
  for (const [lane, { weight }] of lanes.entries()) {
    if (support === 2) floats[weights + lane] = weight[1] ?? 0;
    if (support === 4)
      for (const [k, w] of weight.entries()) floats[weights + (form === "compact" ? k * 4 + lane : lane * 4 + k)] = w;
  }
};
