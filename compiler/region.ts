/**
 * Regions cut output rows into intervals. They are computed here, once and in float64, so that every
 * backend agrees on each voxel and no inner loop has to check bounds.
 */
import type { Affine } from "./language/affine.ts";
import { axes, type Vector3 } from "./language/vector.ts";
import type { Region } from "./plan.ts";
import { tieTolerance } from "./stencil.ts";

/** Source coordinates along an output row: axis k is at base[k] + step[k]·x. */
export interface Row {
  readonly base: Vector3;
  readonly step: Vector3;
}

export const rowOf = (pull: Affine<"index", "index">, y: number, z: number): Row => {
  const { linear: m, offset: t } = pull;
  return {
    base: [m[1] * y + m[2] * z + t[0], m[4] * y + m[5] * z + t[1], m[7] * y + m[8] * z + t[2]],
    step: [m[0], m[3], m[6]],
  };
};

const low = -0.5 - tieTolerance;
const high = (n: number): number => n - 0.5 - tieTolerance;

/** Whether a coordinate lies in the extent [−0.5, n − 0.5) of an axis. */
export const withinExtent = (coordinate: number, n: number): boolean => coordinate >= low && coordinate < high(n);

/** Half-open interval of x; empty when start ≥ end. */
export interface Interval {
  readonly start: number;
  readonly end: number;
}

/** The x in 0 … length − 1 of an output row that lie in the region. */
export const rowInterval = (region: Region, y: number, z: number, length: number): Interval => {
  const { base, step } = rowOf(region.pull, y, z);
  let start = 0;
  let end = length;
  for (const k of axes) {
    const b = base[k];
    const s = step[k];
    const n = region.size[k];
    if (s === 0) {
      if (!withinExtent(b, n)) return { start: 0, end: 0 };
      continue;
    }
    // Division finds the ends to within a voxel; asking the very predicate settles rounding.
    const first = (s > 0 ? low - b : high(n) - b) / s;
    const last = (s > 0 ? high(n) - b : low - b) / s;
    let from = Math.min(Math.max(Math.ceil(first) - 1, start), end);
    let to = Math.max(Math.min(Math.floor(last) + 2, end), start);
    while (from < to && !withinExtent(b + s * from, n)) from++;
    while (to > from && !withinExtent(b + s * (to - 1), n)) to--;
    start = from;
    end = to;
  }
  return { start, end };
};

/** What a region is over a whole output: all of it, none of it, or some. Convexity makes corners enough. */
export const coverage = (region: Region, size: Vector3): "all" | "none" | "some" => {
  const corners: Vector3[] = [];
  for (const z of [0, size[2] - 1])
    for (const y of [0, size[1] - 1]) {
      const { base, step } = rowOf(region.pull, y, z);
      for (const x of [0, size[0] - 1])
        corners.push([base[0] + step[0] * x, base[1] + step[1] * x, base[2] + step[2] * x]);
    }
  if (corners.every((c) => axes.every((k) => withinExtent(c[k], region.size[k])))) return "all";
  const beyond = axes.some(
    (k) => corners.every((c) => c[k] < low) || corners.every((c) => c[k] >= high(region.size[k])),
  );
  return beyond ? "none" : "some";
};
