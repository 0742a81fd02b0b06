/**
 * A grid says where to look at a field: a lattice of voxel centres in the world. It is geometry alone,
 * so that every operation can announce its result's grid without computing a voxel.
 */
import {
  type Affine,
  affineOf,
  compose,
  imageOf,
  invert,
  type Point,
  type Tangents,
  transformPoint,
} from "./affine.ts";
import {
  axes,
  column,
  diagonal,
  identity3,
  isInvertible3,
  type Matrix3,
  matrix,
  multiply3,
  norm,
  product,
  type Vector3,
  vector,
  zero3,
} from "./vector.ts";

/**
 * world = direction · diag(spacing) · index + origin, in LPS millimetres.
 * `direction` is row-major with unit columns; column k is the direction of increasing index k. The
 * columns need not be orthogonal (gantry tilt, sheared sforms). `size` is in voxels, x fastest in memory.
 */
export interface Grid {
  readonly size: Vector3;
  readonly spacing: Vector3;
  readonly origin: Vector3;
  readonly direction: Matrix3;
  /** How index → world changes with parameters: they move the origin, and nothing else of a grid. */
  readonly tangents?: Tangents;
}

/** A grid of `size` voxels; spacing 1 mm, origin 0 and identity direction (LPS) unless said otherwise. */
export const gridOf = (size: Vector3, rest: Partial<Omit<Grid, "size">> = {}): Grid => ({
  size,
  spacing: rest.spacing ?? [1, 1, 1],
  origin: rest.origin ?? zero3,
  direction: rest.direction ?? identity3,
});

/** The grid of `size` voxels whose index → world map is `map`: spacing is the length of its columns. */
export const gridFromAffine = (size: Vector3, map: Affine<"index", "world">): Grid => {
  const spacing = vector((k) => norm(column(map.linear, k)));
  return {
    size,
    spacing,
    origin: map.offset,
    direction: matrix((r, c) => (map.linear[r * 3 + c] as number) / spacing[c]),
  };
};

/** From voxel indices, of which whole ones are centres, to world mm (LPS): direction · diag(spacing) · index + origin. */
export const indexToWorld = (grid: Grid): Affine<"index", "world"> =>
  affineOf(multiply3(grid.direction, diagonal(grid.spacing)), grid.origin, grid.tangents);

/** From world mm (LPS) to voxel indices, fractional as a rule: the inverse of {@link indexToWorld}. */
export const worldToIndex = (grid: Grid): Affine<"world", "index"> => invert(indexToWorld(grid));

/** The world point (LPS mm) at a voxel index, fractional or not. */
export const pointAt = (grid: Grid, index: Vector3): Vector3 => transformPoint(indexToWorld(grid), index);

/** The middle of the grid, index (n − 1)/2, in world mm. */
export const centreOf = (grid: Grid): Vector3 =>
  pointAt(
    grid,
    vector((k) => (grid.size[k] - 1) / 2),
  );

/** The middle of the grid, and how it moves with parameters. */
export const centrePoint = (grid: Grid): Point =>
  imageOf(
    indexToWorld(grid),
    vector((k) => (grid.size[k] - 1) / 2),
  );

/** How many voxels a grid has; channels are not counted. */
export const voxelCount = (grid: Grid): number => product(grid.size);

/** The grid of `size` voxels whose first voxel is this grid's voxel `start`, with the same axes. */
export const subgrid = (grid: Grid, start: Vector3, size: Vector3): Grid => ({
  ...grid,
  size,
  origin: pointAt(grid, start),
});

/** The grid with the same directions but another spacing and size, whose first voxel lies at index `first` of this one. */
export const respaced = (grid: Grid, size: Vector3, spacing: Vector3, first: Vector3): Grid => ({
  ...grid,
  size,
  spacing,
  origin: pointAt(grid, first),
});

/** Whether two grids are the same lattice: world points of all corners agree to `tolerance` voxels of the first. */
export const sameGrid = (a: Grid, b: Grid, tolerance = 1e-6): boolean => {
  if (!axes.every((k) => a.size[k] === b.size[k])) return false;
  const toA = worldToIndex(a);
  return corners(b).every((corner) => {
    const here = transformPoint(toA, pointAt(b, corner));
    return axes.every((k) => Math.abs(here[k] - corner[k]) <= tolerance);
  });
};

/** The grid where it is now: parameters that an expression is moved by do not move what has been computed of it. */
export const standing = (grid: Grid): Grid => {
  if (grid.tangents === undefined) return grid;
  const { tangents: _, ...now } = grid;
  return now;
};

/** The grid moved by a shift that may depend on parameters. */
export const shifted = (grid: Grid, shift: Affine<"world", "world">): Grid => {
  const { offset, tangents } = compose(shift, indexToWorld(grid));
  return { ...grid, origin: offset, ...(tangents === undefined ? {} : { tangents }) };
};

/** The indices of the eight corner voxels. */
export const corners = (grid: { readonly size: Vector3 }): readonly Vector3[] =>
  [0, 1, 2, 3, 4, 5, 6, 7].map((bits) => vector((k) => ((bits >> k) & 1) * (grid.size[k] - 1)));

/** Directions that people type have three digits. */
const unitTolerance = 1e-3;

/** What is wrong with a grid, in words; nothing when it can hold an image. */
export const gridProblem = (grid: Grid): string | undefined => {
  if (!(grid.size.length === 3 && grid.size.every((n) => Number.isInteger(n) && n >= 1)))
    return `its size ${grid.size.join("×")} is not of three whole numbers from 1 (1 along an axis that it has not)`;
  if (!Number.isSafeInteger(product(grid.size))) return `its size ${grid.size.join("×")} is too large to count`;
  if (!grid.spacing.every((s) => Number.isFinite(s) && s > 0))
    return `its spacing ${grid.spacing.join(" × ")} mm is not positive`;
  if (!grid.origin.every(Number.isFinite)) return "its origin is not finite";
  if (!axes.every((k) => Math.abs(norm(column(grid.direction, k)) - 1) <= unitTolerance))
    return "the columns of its direction matrix are not of length 1 (the spacing belongs in `spacing`)";
  if (!isInvertible3(grid.direction)) return "its direction matrix is singular";
  return undefined;
};
