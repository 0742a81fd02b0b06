/** Whether positions lie on one lattice, what is wrong where they do not, and the grid that they make. */
import { affineOf } from "../../../compiler/language/affine.ts";
import { type Grid, gridFromAffine } from "../../../compiler/language/grid.ts";
import { norm, type Vector3, vector } from "../../../compiler/language/vector.ts";
import type { Place, Problem } from "./arrangement.ts";
import { distance } from "./placement.ts";
import { mm, nameOf, type Position, sameness } from "./positions.ts";
import type { Placement, Slice } from "./slice.ts";
import type { Volumes } from "./volumes.ts";

/** Gaps may differ by this part of the usual one: positions are written with few digits. */
const gapTolerance = 0.01;

const median = (numbers: readonly number[]): number => {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
};

export const gapsOf = (positions: readonly Position[]): readonly number[] =>
  positions.slice(1).map(({ along }, k) => along - (positions[k]?.along ?? 0));

/** The usual gap: the smallest that is not an exception. */
export const usualGap = (gaps: readonly number[]): number => median(gaps);

export const isRegular = (positions: readonly Position[]): boolean => {
  const gaps = gapsOf(positions);
  const usual = usualGap(gaps);
  if (!gaps.every((gap) => Math.abs(gap - usual) <= Math.max(gapTolerance * usual, sameness))) return false;
  const [first, last] = [positions[0], positions.at(-1)];
  if (first === undefined || last === undefined || positions.length < 3) return true;
  const step = vector((k) => (last.point[k] - first.point[k]) / (positions.length - 1));
  return positions.every(
    ({ point }, k) =>
      distance(
        point,
        vector((axis) => first.point[axis] + k * step[axis]),
      ) <= Math.max(gapTolerance * norm(step), sameness),
  );
};

/** The longest run of positions with one gap, the first of those of equal length. */
export const longestRun = (positions: readonly Position[]): readonly Position[] => {
  let best: readonly Position[] = positions.slice(0, 1);
  for (let from = 0; from < positions.length - 1; from++) {
    let to = from + 2;
    while (to < positions.length && isRegular(positions.slice(from, to + 1))) to++;
    if (to - from > best.length) best = positions.slice(from, to);
    if (positions.length - from <= best.length) break;
  }
  return best;
};

/** The most slices that `fill-missing` makes up for each that is there. */
const mostFilled = 4;

export const linearGrid = (slice: Slice, size: Vector3, first: Placement, step: Vector3): Grid => {
  const [sx, sy] = slice.spacing ?? [1, 1];
  return gridFromAffine(
    size,
    affineOf(
      [
        first.across[0] * sx,
        first.down[0] * sy,
        step[0],
        first.across[1] * sx,
        first.down[1] * sy,
        step[1],
        first.across[2] * sx,
        first.down[2] * sy,
        step[2],
      ],
      first.position,
    ),
  );
};

export const gapProblem = (positions: readonly Position[]): Problem => {
  const gaps = gapsOf(positions);
  const usual = usualGap(gaps);
  const odd = gaps.flatMap((gap, k) =>
    Math.abs(gap - usual) > Math.max(gapTolerance * usual, sameness) ? [{ gap, k }] : [],
  );
  const told = odd.slice(0, 3).map(({ gap, k }) => {
    const [a, b] = [positions[k]?.slices[0], positions[k + 1]?.slices[0]];
    return `${mm(gap)} mm between ${a ? nameOf(a) : "?"} and ${b ? nameOf(b) : "?"}`;
  });
  const more = odd.length > 3 ? `, and ${odd.length - 3} more` : "";
  // Whole multiples of the usual gap are slices that are missing.
  const missing = odd.reduce((sum, { gap }) => sum + Math.round(gap / usual) - 1, 0);
  const multiples =
    odd.length > 0 &&
    missing <= mostFilled * positions.length &&
    odd.every(({ gap }) => gap > usual && Math.abs(gap / usual - Math.round(gap / usual)) <= 2 * gapTolerance);
  return {
    kind: "gap",
    message:
      odd.length === 0
        ? "the slices drift away from one line"
        : `the slices are ${mm(usual)} mm apart, but ${told.join(", ")}${more}${multiples ? `: ${missing} missing` : ""}`,
    mends: multiples ? ["fill-missing", "largest-regular-run"] : ["largest-regular-run"],
  };
};

export const asPlaces = (volumes: Volumes): readonly Place[] => {
  const count = volumes.slices[0]?.length ?? 0;
  return Array.from({ length: count }, (_, v) => v).flatMap((v) =>
    volumes.slices.flatMap((here): readonly Place[] => {
      const slice = here[v];
      return slice === undefined ? [] : [{ kind: "slice", slice }];
    }),
  );
};

/** Positions with those that are missing put in, as the slices before and after. */
export const filled = (
  volumes: Volumes,
  positions: readonly Position[],
  usual: number,
): { readonly places: readonly Place[]; readonly depth: number; readonly made: number } => {
  const count = volumes.slices[0]?.length ?? 0;
  const places: Place[] = [];
  let depth = 0;
  let made = 0;
  for (let v = 0; v < count; v++) {
    depth = 0;
    volumes.slices.forEach((here, k) => {
      const before = volumes.slices[k - 1]?.[v];
      const after = here[v];
      if (after === undefined) return;
      if (before !== undefined) {
        const steps = Math.round(((positions[k]?.along ?? 0) - (positions[k - 1]?.along ?? 0)) / usual);
        for (let m = 1; m < steps; m++) {
          places.push({ kind: "between", before, after, weight: m / steps });
          depth++;
          made++;
        }
      }
      places.push({ kind: "slice", slice: after });
      depth++;
    });
  }
  return { places, depth, made };
};
