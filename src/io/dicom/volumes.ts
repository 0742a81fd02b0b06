/** Axes beyond the third: which of several slices at one place belong to which volume, by what tells them apart. */
import type { ExtraAxis } from "./arrangement.ts";
import { byOrder, type Position } from "./positions.ts";
import type { Slice } from "./slice.ts";

/** Candidates by name; each must have the same values at every position. */
const axisBy = (name: string, positions: readonly Position[]): ExtraAxis | undefined => {
  const valuesAt = ({ slices }: Position): readonly string[] => slices.map(({ keys }) => keys().get(name) ?? "");
  const [first] = positions;
  if (first === undefined) return undefined;
  const values = [...new Set(valuesAt(first))];
  if (values.length < 2 || values.includes("")) return undefined;
  const known = new Set(values);
  for (const position of positions) {
    const here = new Set(valuesAt(position));
    if (here.size !== known.size || ![...here].every((value) => known.has(value))) return undefined;
  }
  // Numbers in their own order; words in that in which they were acquired.
  const numeric = values.every((value) => value.trim() !== "" && Number.isFinite(Number(value)));
  return { name, values: numeric ? values.sort((a, b) => Number(a) - Number(b)) : values };
};

/** Slices of one position by their values along axes; nothing when two are at the same place. */
const placeOnAxes = (slices: readonly Slice[], axes: readonly ExtraAxis[]): readonly Slice[] | undefined => {
  const places: (Slice | undefined)[] = [];
  for (const slice of slices) {
    let at = 0;
    let stride = 1;
    for (const { name, values } of axes) {
      at += stride * values.indexOf(slice.keys().get(name) ?? "");
      stride *= values.length;
    }
    if (places[at] !== undefined) return undefined;
    places[at] = slice;
  }
  return Array.from(places).every((place) => place !== undefined) ? (places as readonly Slice[]) : undefined;
};

export interface Volumes {
  readonly axes: readonly ExtraAxis[];
  /** For each position the slices of all volumes. */
  readonly slices: readonly (readonly Slice[])[];
}

const arrangedBy = (positions: readonly Position[], axes: readonly ExtraAxis[]): Volumes | undefined => {
  const slices = positions.map((position) => placeOnAxes(position.slices, axes));
  return slices.every((here) => here !== undefined)
    ? { axes, slices: slices as readonly (readonly Slice[])[] }
    : undefined;
};

/** Subsets of candidates whose numbers of values multiply to `count`, small ones first. */
function* combinations(candidates: readonly ExtraAxis[], count: number): Generator<readonly ExtraAxis[]> {
  for (let size = 1; size <= Math.min(3, candidates.length); size++) {
    const choose = function* (
      from: number,
      chosen: readonly ExtraAxis[],
      product: number,
    ): Generator<readonly ExtraAxis[]> {
      if (chosen.length === size) {
        if (product === count) yield chosen;
        return;
      }
      for (let k = from; k < candidates.length; k++) {
        const candidate = candidates[k];
        if (candidate !== undefined && count % (product * candidate.values.length) === 0)
          yield* choose(k + 1, [...chosen, candidate], product * candidate.values.length);
      }
    };
    yield* choose(0, [], 1);
  }
}

const numbered = (count: number): ExtraAxis => ({
  name: "InstanceNumber",
  values: Array.from({ length: count }, (_, k) => String(k + 1)),
});

/** Whether the instances of each volume all come before those of the next: an acquisition volume by volume. */
const inBlocks = (positions: readonly Position[], count: number): boolean => {
  for (let v = 1; v < count; v++) {
    const before = positions.map(({ slices }) => slices[v - 1]);
    const after = positions.map(({ slices }) => slices[v]);
    const last = before.reduce((a, b) => (a !== undefined && b !== undefined && byOrder(a, b) > 0 ? a : b));
    const first = after.reduce((a, b) => (a !== undefined && b !== undefined && byOrder(a, b) < 0 ? a : b));
    if (last === undefined || first === undefined) return false;
    if (last.order[0] > first.order[0] || (last.order[0] === first.order[0] && last.order[1] >= first.order[1]))
      return false;
  }
  return true;
};

/** Several slices at each place as volumes, when something says which belongs to which. */
export const volumesOf = (positions: readonly Position[], asked: boolean): Volumes | undefined => {
  const count = positions[0]?.slices.length ?? 0;
  if (count === 1) return { axes: [], slices: positions.map(({ slices }) => slices) };
  const names = [...new Set(positions.flatMap(({ slices }) => slices.flatMap(({ keys }) => [...keys().keys()])))];
  const candidates = names.flatMap((name) => axisBy(name, positions) ?? []);
  for (const axes of combinations(candidates, count)) {
    const volumes = arrangedBy(positions, axes);
    if (volumes !== undefined) return volumes;
  }
  // Two slices of one place alone do not make a time series: nothing says that they belong to volumes.
  const ordered = positions.length > 1 && inBlocks(positions, count);
  return asked || ordered ? { axes: [numbered(count)], slices: positions.map(({ slices }) => slices) } : undefined;
};
