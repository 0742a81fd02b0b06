/**
 * What stands at which rank among voxels. Integers of up to 16 bits are counted; of others only the ranks that are
 * asked for are brought to their place (Floyd & Rivest 1975, by the package quickselect).
 */
import quickselect from "quickselect";
import { exactNumber, type VoxelArray, type Voxels } from "../compiler/language/voxels.ts";

/** The real values of voxels, each with how many have it or a lower one. */
export interface Distribution {
  readonly values: readonly number[] | Float64Array;
  /** Rising; the last is the number of voxels. */
  readonly upTo: readonly number[] | Float64Array;
}

/** Values in order, without their being sorted before one is asked for. */
export interface Ranked {
  readonly count: number;
  /** The value that `rank` others are not greater than, from 0. */
  at(rank: number): number;
  distribution(): Distribution;
}

/** The voxels where `where` is not 0, or all of them. Not-a-number makes every rank not-a-number, as in numpy. */
export const ranked = (voxels: Voxels, where?: VoxelArray): Ranked => {
  const { data, dtype, rescale } = voxels;
  const { slope, intercept } = rescale;
  const isCounted = (k: number): boolean => where === undefined || Number(where[k]) !== 0;
  const real = (stored: number): number => stored * slope + intercept;
  if (dtype === "int8" || dtype === "uint8" || dtype === "int16" || dtype === "uint16")
    return countedOnes(data, isCounted, real, slope < 0);
  return selectedOnes(realValues(voxels, isCounted, real));
};

/** Stored numbers lie from −2¹⁵ to 2¹⁶ − 1. */
const lowest = -(2 ** 15);

const countedOnes = (
  data: VoxelArray,
  isCounted: (k: number) => boolean,
  real: (stored: number) => number,
  falls: boolean,
): Ranked => {
  const counts = new Uint32Array(2 ** 16 - lowest);
  for (let k = 0; k < data.length; k++)
    if (isCounted(k)) {
      const bin = Number(data[k]) - lowest;
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
  const bins = [...counts.keys()].filter((bin) => counts[bin] !== 0);
  if (falls) bins.reverse();
  const values = bins.map((bin) => real(bin + lowest));
  let sum = 0;
  const upTo = bins.map((bin) => {
    sum += counts[bin] ?? 0;
    return sum;
  });
  return {
    count: sum,
    at: (rank) => values[upTo.findIndex((n) => n > rank)] ?? Number.NaN,
    distribution: () => ({ values, upTo }),
  };
};

const realValues = (
  { data, dtype }: Voxels,
  isCounted: (k: number) => boolean,
  real: (stored: number) => number,
): Float32Array | Float64Array => {
  // What float32 images say float32 holds, unless it is rescaled.
  const isPlain = dtype === "float32" && real(1) === 1 && real(0) === 0;
  const values = isPlain ? new Float32Array(data.length) : new Float64Array(data.length);
  let count = 0;
  for (let k = 0; k < data.length; k++) if (isCounted(k)) values[count++] = real(exactNumber(data[k] ?? 0));
  return values.subarray(0, count);
};

const selectedOnes = (values: Float32Array | Float64Array): Ranked => {
  const count = values.length;
  if (values.some(Number.isNaN))
    return { count, at: () => Number.NaN, distribution: () => ({ values: [Number.NaN], upTo: [count] }) };
  // Ranks that stand where they belong part the rest.
  const settled: number[] = [];
  return {
    count,
    at: (rank) => {
      if (!settled.includes(rank)) {
        const [below, above] = [settled.filter((r) => r < rank), settled.filter((r) => r > rank)];
        // It swaps elements by index, which typed arrays have too.
        const elements = values as { readonly length: number } as number[];
        quickselect(elements, rank, Math.max(-1, ...below) + 1, Math.min(count, ...above) - 1);
        settled.push(rank);
      }
      return values[rank] ?? Number.NaN;
    },
    distribution: () => distributionOf(values.slice().sort()),
  };
};

const distributionOf = (sorted: Float32Array | Float64Array): Distribution => {
  const [values, upTo]: [number[], number[]] = [[], []];
  for (let k = 0; k < sorted.length; k++) {
    const value = sorted[k] ?? Number.NaN;
    if (value !== values.at(-1)) {
      values.push(value);
      upTo.push(k + 1);
    } else upTo[upTo.length - 1] = k + 1;
  }
  return { values, upTo };
};

/** The ranks around a share of `count` values, from 0 to 1, and what the upper one counts for. */
export const ranksAt = (
  share: number,
  count: number,
): { readonly lower: number; readonly upper: number; readonly weight: number } => {
  const position = share * (count - 1);
  const lower = Math.min(Math.floor(position), count - 1);
  return { lower, upper: Math.min(lower + 1, count - 1), weight: position - lower };
};

/** The value below which a share of the values lies: numpy's `quantile`, with its linear rule. */
export const quantileOf = (values: Ranked, share: number): number => {
  const { lower, upper, weight } = ranksAt(share, values.count);
  const [a, b] = [values.at(lower), values.at(upper)];
  // From the nearer end, as numpy does: an end is met exactly.
  return weight < 0.5 ? a + (b - a) * weight : b - (b - a) * (1 - weight);
};

/** The line through rising points, and beyond them the ends: numpy's `interp`. */
export const interpolateLine = (at: number, xs: ArrayLike<number>, ys: ArrayLike<number>): number => {
  let [low, high] = [0, xs.length - 1];
  if (at >= (xs[high] ?? 0)) return ys[high] ?? Number.NaN;
  if (at <= (xs[low] ?? 0)) return ys[low] ?? Number.NaN;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((xs[middle] ?? 0) <= at) low = middle;
    else high = middle;
  }
  const [x0, x1, y0, y1] = [xs[low] ?? 0, xs[high] ?? 0, ys[low] ?? 0, ys[high] ?? 0];
  return y0 + ((y1 - y0) / (x1 - x0)) * (at - x0);
};

/**
 * The line from values to those of the same rank in another distribution, with `knots` of its points: for each the
 * value, what becomes of it, and the slope to the next. All values are knots where there are so few; of more those
 * that lie evenly among the ranks.
 */
export const matchingLine = (
  from: Distribution,
  knots: number,
  to: { readonly values: ArrayLike<number>; readonly shares: ArrayLike<number> },
): readonly number[] => {
  const { values, upTo } = from;
  const count = upTo.at(-1) ?? 0;
  const chosen =
    values.length <= knots
      ? values.map((_: number, k: number) => k)
      : [
          ...new Set(
            Array.from({ length: knots }, (_, k) => placeOfRank(upTo, Math.round((k / (knots - 1)) * (count - 1)))),
          ),
        ];
  const points = Array.from({ length: knots }, (_, k) => {
    const place = chosen[Math.min(k, chosen.length - 1)] ?? 0;
    return [values[place] ?? Number.NaN, interpolateLine((upTo[place] ?? 0) / count, to.shares, to.values)] as const;
  });
  return points.flatMap(([x, y], k) => {
    const [nextX, nextY] = points[k + 1] ?? [x, y];
    return [x, y, nextX > x ? (nextY - y) / (nextX - x) : 0];
  });
};

/** Which of the values has a rank: the first that more than `rank` voxels do not exceed. */
const placeOfRank = (upTo: ArrayLike<number>, rank: number): number => {
  let [low, high] = [0, upTo.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((upTo[middle] ?? 0) > rank) high = middle;
    else low = middle + 1;
  }
  return low;
};
