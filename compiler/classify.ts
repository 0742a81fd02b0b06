/**
 * Finds out how much freedom a pull leaves, once for all backends, and makes it exact: transforms that
 * cancel leave rounding noise, and a copy must move voxels, not blend them with weight 1e-16.
 */
import { type Affine, affineOf } from "./language/affine.ts";
import { type Axis, at, axes, type Matrix3, matrix, type Vector3, vector } from "./language/vector.ts";
import type { TapClass } from "./plan.ts";

/** No sample point moves by more than this many voxels when a pull is made exact. */
const exactness = 1e-7;

/** Entries that are whole numbers but for noise, over an output of `size`, become whole. */
export const snapPull = (pull: Affine<"index", "index">, size: Vector3): Affine<"index", "index"> => {
  const linear = matrix((row, column) => {
    const entry = at(pull.linear, row, column);
    const whole = Math.round(entry) + 0;
    const reach = size[column] - 1;
    if (Math.abs(entry - whole) * Math.max(reach, 1) <= exactness) return whole;
    // Along an axis of one voxel the index is 0 and the entry never counts.
    return reach === 0 ? 0 : entry;
  });
  const offset = vector((k) => {
    const whole = Math.round(pull.offset[k]) + 0;
    return Math.abs(pull.offset[k] - whole) <= exactness ? whole : pull.offset[k];
  });
  return affineOf(linear, offset, pull.tangents);
};

/** For each source axis the output axis that drives it, or none; undefined when axes mix. */
export const axisPattern = (linear: Matrix3): readonly [Axis | null, Axis | null, Axis | null] | undefined => {
  const driver = (row: Axis): Axis | null | undefined => {
    const drivers = axes.filter((column) => at(linear, row, column) !== 0);
    return drivers.length > 1 ? undefined : (drivers[0] ?? null);
  };
  const [x, y, z] = [driver(0), driver(1), driver(2)];
  if (x === undefined || y === undefined || z === undefined) return undefined;
  const used = [x, y, z].filter((k) => k !== null);
  return new Set(used).size === used.length ? [x, y, z] : undefined;
};

/** The class of a pull that has been through {@link snapPull}. */
export const classify = (pull: Affine<"index", "index">): TapClass => {
  if (axisPattern(pull.linear) === undefined) return "general";
  const whole = pull.linear.every((e) => e === 0 || Math.abs(e) === 1) && pull.offset.every(Number.isInteger);
  return whole ? "copy" : "axis-aligned";
};
