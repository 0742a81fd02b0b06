/** Boxes of voxels about places in the world: the way from millimetres to what `crop` takes. */
import { fail } from "../compiler/errors.ts";
import { transformPoint } from "../compiler/language/affine.ts";
import { corners, type Grid, worldToIndex } from "../compiler/language/grid.ts";
import { axes, type Vector3, vector } from "../compiler/language/vector.ts";

/** A box of voxels: what `crop` takes. */
export interface Box {
  readonly start: Vector3;
  readonly size: Vector3;
}

/** Voxels. A box that ends at the face of a voxel, but for rounding, does not touch the one behind it. */
const tolerance = 1e-6;

/** The first and the last voxel along each axis that the box about some world points touches, be they in the grid or not. */
export const touchedBy = (grid: Grid, points: readonly Vector3[]): readonly [first: Vector3, last: Vector3] => {
  const toIndex = worldToIndex(grid);
  const ends = points.map((point) => transformPoint(toIndex, point));
  const first = vector((k) => Math.floor(Math.min(...ends.map((p) => p[k])) + 0.5 + tolerance));
  // A point on a face is of the voxel behind it.
  return [first, vector((k) => Math.max(first[k], Math.ceil(Math.max(...ends.map((p) => p[k])) - 0.5 - tolerance)))];
};

/**
 * The least box of a grid's voxels that holds what lies of the grid between two opposite corners of a box in the
 * world, whose edges run along the world's axes. Corners are in mm (LPS), in either order; voxels are the boxes about
 * their centres.
 * @throws MedImagesError `InvalidDocument` where no voxel of the grid touches the box
 */
export const boxAround = (grid: Grid, from: Vector3, to: Vector3): Box => {
  const [first, last] = touchedBy(
    grid,
    corners({ size: [2, 2, 2] }).map((corner) => vector((k) => (corner[k] === 0 ? from[k] : to[k]))),
  );
  const start = vector((k) => Math.max(first[k], 0));
  const size = vector((k) => Math.min(last[k], grid.size[k] - 1) - start[k] + 1);
  return axes.every((k) => size[k] > 0)
    ? { start, size }
    : fail({
        kind: "InvalidDocument",
        errors: [
          `the box from ${from.join(", ")} to ${to.join(", ")} mm lies outside of the image; mind that x is to the left and y to the back`,
        ],
      });
};
