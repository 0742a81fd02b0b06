/** Grids as scanners and people make them: axis-aligned or oblique, sheared, anisotropic, of either handedness. */
import fc from "fast-check";
import { affineOf } from "../../compiler/language/affine.ts";
import { type Grid, gridFromAffine } from "../../compiler/language/grid.ts";
import {
  column,
  diagonal,
  type Matrix3,
  matrix,
  multiply3,
  norm,
  rotation3,
  type Vector3,
} from "../../compiler/language/vector.ts";
import { decimals, vectors } from "./numbers.ts";

/** Axes of any length that a rotation can be about. */
export const rotationAxes: fc.Arbitrary<Vector3> = vectors(fc.integer({ min: -3, max: 3 })).filter(
  (axis) => norm(axis) > 0,
);

/** The 48 directions that run along world axes; half of them are left-handed. */
const signedPermutations: fc.Arbitrary<Matrix3> = fc
  .tuple(
    fc.constantFrom<Vector3>([0, 1, 2], [1, 0, 2], [0, 2, 1], [2, 0, 1], [1, 2, 0], [2, 1, 0]),
    vectors(fc.constantFrom(1, -1)),
  )
  .map(([permutation, sign]) => matrix((r, c) => (permutation[c] === r ? sign[c] : 0)));

const turns: fc.Arbitrary<Matrix3> = fc
  .tuple(rotationAxes, fc.oneof(fc.constant(0), decimals(-180, 180, 1)))
  .map(([axis, degrees]) => rotation3(axis, degrees));

/** As a gantry tilt or a sheared sform has it: columns that are not at right angles. */
const shears: fc.Arbitrary<Matrix3> = vectors(decimals(-0.4, 0.4)).map(([xy, xz, yz]) => [
  1,
  xy,
  xz,
  0,
  1,
  yz,
  0,
  0,
  1,
]);

/** Directions with unit columns: along the axes, oblique, or oblique and sheared. */
export const directions: fc.Arbitrary<Matrix3> = fc.oneof(
  signedPermutations,
  fc.tuple(turns, signedPermutations).map(([turn, p]) => multiply3(turn, p)),
  fc.tuple(turns, shears, signedPermutations).map(([turn, shear, p]) => {
    const m = multiply3(multiply3(turn, shear), p);
    return matrix((r, c) => (m[r * 3 + c] as number) / norm(column(m, c)));
  }),
);

/** Sizes up to `most` voxels along an axis; one axis in five has a single voxel. */
export const sizes = (most: number): fc.Arbitrary<Vector3> =>
  vectors(
    fc.oneof({ weight: 1, arbitrary: fc.constant(1) }, { weight: 4, arbitrary: fc.integer({ min: 1, max: most }) }),
  );

/** Grids of up to `most` voxels an axis, spacing 0.3 to 5 mm, within 200 mm of the world's origin. */
export const grids = (most = 5): fc.Arbitrary<Grid> =>
  fc
    .tuple(sizes(most), vectors(decimals(0.3, 5, 1)), vectors(decimals(-200, 200, 1)), directions)
    .map(([size, spacing, origin, direction]) => ({ size, spacing, origin, direction }));

/** Grids close by another: other size, spacing and direction, shifted by up to two voxels of it. */
export const gridsNear = (near: Grid, most = 5): fc.Arbitrary<Grid> =>
  fc
    .tuple(sizes(most), vectors(decimals(0.6, 1.6, 1)), vectors(decimals(-2, 2, 1)), turns)
    .map(([size, factor, shift, turn]) => {
      const linear = multiply3(multiply3(turn, near.direction), diagonal(near.spacing));
      return gridFromAffine(
        size,
        affineOf(
          matrix((r, c) => (linear[r * 3 + c] as number) * factor[c]),
          [near.origin[0] + shift[0], near.origin[1] + shift[1], near.origin[2] + shift[2]],
        ),
      );
    });
