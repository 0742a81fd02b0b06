/** Affine maps of world points that are far from singular, so that undoing them loses no digits that matter. */
import fc from "fast-check";
import { type Affine, affineOf } from "../../compiler/language/affine.ts";
import { diagonal, multiply3, rotation3, type Vector3 } from "../../compiler/language/vector.ts";
import { rotationAxes } from "./grids.ts";
import { decimals, vectors } from "./numbers.ts";

/** Factors from 1/2 to 2, of either sign. */
export const factors: fc.Arbitrary<Vector3> = vectors(
  fc.tuple(decimals(0.5, 2), fc.constantFrom(1, 1, 1, -1)).map(([factor, sign]) => factor * sign),
);

/** Shears xy, xz, yz of up to 0.5. */
export const shears: fc.Arbitrary<Vector3> = vectors(decimals(-0.5, 0.5));

/** Maps made of a rotation, a shear, factors and a translation of up to 20 mm. */
export const affines: fc.Arbitrary<Affine<"world", "world">> = fc
  .tuple(rotationAxes, decimals(-180, 180, 1), shears, factors, vectors(decimals(-20, 20, 1)))
  .map(([axis, degrees, [xy, xz, yz], scale, shift]) =>
    affineOf(multiply3(multiply3(rotation3(axis, degrees), [1, xy, xz, 0, 1, yz, 0, 0, 1]), diagonal(scale)), shift),
  );
