/**
 * Ellipsoids in the world and the rows of voxels that lie in them. A row crosses an ellipsoid in one
 * interval, which a quadratic equation gives: painting costs one root a row, not a test a voxel.
 */
import { type Grid, indexToWorld } from "../../compiler/language/grid.ts";
import {
  apply3,
  column,
  diagonal,
  dot,
  identity3,
  type Matrix3,
  multiply3,
  rotation3,
  subtract,
  transpose3,
  type Vector3,
} from "../../compiler/language/vector.ts";
import type { TissueName } from "./tissues.ts";

/** All points of `centre` + `turn` · (`radii` · unit ball), filled with a tissue. World mm, LPS. */
export interface Ellipsoid {
  readonly tissue: TissueName;
  readonly centre: Vector3;
  readonly radii: Vector3;
  readonly turn: Matrix3;
}

/** An ellipsoid along the world axes, or turned right-handed by `degrees` about one of them. */
export const ellipsoid = (
  tissue: TissueName,
  centre: Vector3,
  radii: Vector3,
  turn?: { readonly about: Vector3; readonly degrees: number },
): Ellipsoid => ({
  tissue,
  centre,
  radii,
  turn: turn === undefined ? identity3 : rotation3(turn.about, turn.degrees),
});

const mirror: Matrix3 = diagonal([-1, 1, 1]);

/** An ellipsoid and its image on the other side of the body. */
export const onBothSides = (left: Ellipsoid): readonly Ellipsoid[] => [
  left,
  { ...left, centre: apply3(mirror, left.centre), turn: multiply3(multiply3(mirror, left.turn), mirror) },
];

/**
 * Calls `fill(y, start, end)` for each row of slice `z` that crosses the ellipsoid, with the voxels
 * `start` ≤ x < `end` that lie in it.
 */
export type Rasterizer = (z: number, fill: (y: number, start: number, end: number) => void) => void;

export const rasterizer = (shape: Ellipsoid, grid: Grid): Rasterizer => {
  // In coordinates where the ellipsoid is the unit ball, index (x, y, z) lies at first + x·dx + y·dy + z·dz.
  const toBall = multiply3(
    diagonal([1 / shape.radii[0], 1 / shape.radii[1], 1 / shape.radii[2]]),
    transpose3(shape.turn),
  );
  const map = indexToWorld(grid);
  const steps = multiply3(toBall, map.linear);
  const first = apply3(toBall, subtract(map.offset, shape.centre));
  const [dx, dy, dz] = [column(steps, 0), column(steps, 1), column(steps, 2)];
  const [width, height] = grid.size;
  const a = dot(dx, dx);
  return (z, fill) => {
    for (let y = 0; y < height; y++) {
      const px = first[0] + y * dy[0] + z * dz[0];
      const py = first[1] + y * dy[1] + z * dz[1];
      const pz = first[2] + y * dy[2] + z * dz[2];
      const b = px * dx[0] + py * dx[1] + pz * dx[2];
      const discriminant = b * b - a * (px * px + py * py + pz * pz - 1);
      if (discriminant < 0) continue;
      const root = Math.sqrt(discriminant);
      const start = Math.max(0, Math.ceil((-b - root) / a));
      const end = Math.min(width, Math.floor((-b + root) / a) + 1);
      if (start < end) fill(y, start, end);
    }
  };
};
