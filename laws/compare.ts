/**
 * Comparisons that say what differs and where. Two strengths only: bit for bit, and within a share of the
 * largest magnitude; laws choose between them, nothing in between is invented elsewhere.
 */
import { type Grid, sameGrid } from "../compiler/language/grid.ts";
import { axes, product, type Vector3 } from "../compiler/language/vector.ts";
import { dtypes, isIdentityRescale, type Storage, sameRescale, type Voxels } from "../compiler/language/voxels.ts";
import type { MedImage } from "../src/image.ts";
import { every, require, type Verdict } from "./verdict.ts";

/** The real value of element `i`: slope · stored + intercept, in float64. */
export const realAt = ({ data, rescale }: Voxels, i: number): number => {
  const stored = Number(data[i] ?? Number.NaN);
  // Adding 0 would turn −0 into 0.
  return isIdentityRescale(rescale) ? stored : stored * rescale.slope + rescale.intercept;
};

/** All real values, in memory order. */
export const reals = (voxels: Voxels): readonly number[] =>
  Array.from({ length: voxels.data.length }, (_, i) => realAt(voxels, i));

/** The largest magnitude among the real values, at least 1: what tolerances are shares of. */
export const magnitude = (...images: readonly MedImage[]): number =>
  images.reduce((most, { voxels }) => reals(voxels).reduce((m, v) => Math.max(m, Math.abs(v)), most), 1);

/** The number that storing a real value leaves: integers round half up and saturate, float32 rounds. */
export const storedReal = (value: number, { dtype, rescale }: Storage): number | bigint => {
  const stored = isIdentityRescale(rescale) ? value : (value - rescale.intercept) / rescale.slope;
  const { integer, min, max } = dtypes[dtype];
  if (!integer) return dtype === "float32" ? Math.fround(stored) : stored;
  const whole = Number.isNaN(stored) ? 0 : Math.min(max, Math.max(min, Math.floor(stored + 0.5)));
  if (dtype === "int64") return BigInt.asIntN(64, BigInt(whole) >= 2n ** 63n ? 2n ** 63n - 1n : BigInt(whole));
  if (dtype === "uint64") return BigInt.asUintN(64, BigInt(whole) >= 2n ** 64n ? 2n ** 64n - 1n : BigInt(whole));
  return whole + 0;
};

/** Element number of a voxel index. */
export const elementAt = (size: Vector3, [x, y, z]: Vector3, channel = 0): number =>
  channel * product(size) + (z * size[1] + y) * size[0] + x;

/** All voxel indices of a size, in memory order. */
export const indicesOf = (size: Vector3): readonly Vector3[] =>
  Array.from({ length: product(size) }, (_, i): Vector3 => {
    const row = Math.floor(i / size[0]);
    return [i % size[0], row % size[1], Math.floor(row / size[1])];
  });

const show = (grid: Grid): string =>
  `${grid.size.join("×")} voxels of ${grid.spacing.join(" × ")} mm at ${grid.origin.join(", ")} along ${grid.direction.join(", ")}`;

/** The same lattice: all corners agree to 1e-6 voxels. */
export const sameLattice = (found: Grid, expected: Grid): Verdict =>
  require(sameGrid(expected, found), () => `the grid is ${show(found)} instead of ${show(expected)}`);

/** The same numbers in the same places, to the last bit of the geometry. */
export const identicalGrid = (found: Grid, expected: Grid): Verdict =>
  require([
    ...axes.flatMap((k) => [
      found.size[k] === expected.size[k],
      found.spacing[k] === expected.spacing[k],
      found.origin[k] === expected.origin[k],
    ]),
    ...expected.direction.map((entry, k) => found.direction[k] === entry),
  ].every(Boolean), () => `the grid is ${show(found)} instead of ${show(expected)}`);

/** Kept in the same way: dtype and rescale. */
export const sameStorage = (found: Storage, expected: Storage): Verdict =>
  require(found.dtype === expected.dtype && sameRescale(found.rescale, expected.rescale), () => {
    const say = ({ dtype, rescale }: Storage): string => `${dtype} · ${rescale.slope} + ${rescale.intercept}`;
    return `it is kept as ${say(found)} instead of ${say(expected)}`;
  });

/** The same elements as `expected` gives, bit for bit (NaN is NaN, −0 is not 0). */
export const sameElements = (found: Voxels, expected: (i: number) => number | bigint | undefined): Verdict => {
  const at = found.data.findIndex((element: number | bigint, i: number) => !Object.is(element, expected(i)));
  return require(at < 0, () => `element ${at} is ${found.data[at]} instead of ${expected(at)}`);
};

/** Bit for bit the same voxels: dtype, rescale, channels and elements. */
export const sameVoxels = (found: Voxels, expected: Voxels): Verdict =>
  every(
    () => sameStorage(found, expected),
    () =>
      require(found.channels === expected.channels && found.data.length === expected.data.length, () => {
        const say = (v: Voxels): string => `${v.data.length} elements in ${v.channels} channel(s)`;
        return `there are ${say(found)} instead of ${say(expected)}`;
      }),
    () => sameElements(found, (i) => expected.data[i]),
  );

/** Real values within `tolerance` of what `expected` gives; where it gives nothing, anything will do. */
export const closeReals = (
  found: Voxels,
  expected: (i: number) => number | undefined,
  tolerance: number | ((i: number) => number),
): Verdict => {
  const allowed = typeof tolerance === "number" ? () => tolerance : tolerance;
  const at = found.data.findIndex((_: number | bigint, i: number) => {
    const due = expected(i);
    // Written so that NaN counts as off.
    return due !== undefined && !(Math.abs(realAt(found, i) - due) <= allowed(i));
  });
  return require(at < 0, () => `element ${at} is ${realAt(found, at)}, over ${allowed(at)} away from ${expected(at)}`);
};

/** The same values in the same number, within `tolerance`. */
export const closeVoxels = (found: Voxels, expected: Voxels, tolerance: number): Verdict =>
  every(
    () =>
      require(found.data.length === expected.data.length, () =>
        `there are ${found.data.length} elements instead of ${expected.data.length}`),
    () => closeReals(found, (i) => realAt(expected, i), tolerance),
  );
