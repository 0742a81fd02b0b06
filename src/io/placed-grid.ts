/** A grid from what a header in text says of it, or the reason why there is none. */
import { fail } from "../../compiler/errors.ts";
import { affineOf } from "../../compiler/language/affine.ts";
import { type Grid, gridFromAffine, gridProblem } from "../../compiler/language/grid.ts";
import { axes, column, type Matrix3, matrix, norm, type Vector3 } from "../../compiler/language/vector.ts";

/** Directions of length 1 to this are taken as they are, so that spacings stay the numbers that stand in the file. */
const unitTolerance = 1e-6;

const checked = (grid: Grid, path: string): Grid => {
  const problem = gridProblem(grid);
  return problem === undefined
    ? grid
    : fail({
        kind: "MalformedFile",
        path,
        reason: `its geometry cannot be: ${problem}`,
        remedy: "set it from the scan it came from",
      });
};

/**
 * The grid with these directions, whose columns may have any length, and these spacings, which may be negative.
 * @throws MedImagesError `MalformedFile`
 */
export const placedGrid = (
  size: Vector3,
  direction: Matrix3,
  spacing: Vector3,
  origin: Vector3,
  path: string,
): Grid => {
  const lengths = axes.map((k) => norm(column(direction, k)));
  const plain = lengths.every((n) => Math.abs(n - 1) <= unitTolerance) && spacing.every((s) => s > 0);
  const usable = lengths.every((n) => n > 0) && spacing.every((s) => s !== 0);
  if (plain || !usable) return checked({ size, direction, spacing, origin }, path);
  const linear = matrix((r, c) => (direction[r * 3 + c] as number) * spacing[c]);
  return checked(gridFromAffine(size, affineOf(linear, origin)), path);
};

/**
 * The grid whose index → world map has these columns, in mm.
 * @throws MedImagesError `MalformedFile`
 */
export const gridOfColumns = (
  size: Vector3,
  columns: readonly [Vector3, Vector3, Vector3],
  origin: Vector3,
  path: string,
): Grid => {
  const linear = matrix((r, c) => (columns[c as 0 | 1 | 2] as Vector3)[r as 0 | 1 | 2]);
  return checked(gridFromAffine(size, affineOf(linear, origin)), path);
};
