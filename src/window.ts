/**
 * Windows along an axis: each voxel becomes a sum over its neighbours. They are passes that look at shifted copies of a
 * volume, which every backend has, and their transpose is known where weights are symmetric.
 */
import { type Affine, translation } from "../compiler/language/affine.ts";
import { type Field, interpolate, mapFields, sample, warp } from "../compiler/language/field.ts";
import type { Grid } from "../compiler/language/grid.ts";
import type { Sampling } from "../compiler/language/interpolator.ts";
import { binary, constant, type Scalar, tap } from "../compiler/language/scalar.ts";
import { type Axis, column, vector } from "../compiler/language/vector.ts";

/** Voxels as they are, and the image mirrored at its outer faces (… c b a | a b c …), which keeps windows symmetric. */
export const asIs: Sampling = { by: "nearest", outside: { kind: "reflect" } };

/**
 * Σ weights[d + r] · field(i + d) over d = −r … r along an axis of a grid, for a field that shows samples on it `asIs`.
 * There are 2 r + 1 weights.
 */
export const windowAlong = (
  field: Field,
  grid: Grid,
  axis: Axis,
  weights: readonly number[],
  reason: string,
): Field => {
  const step = column(grid.direction, axis);
  const along = (by: number): Affine<"world", "world"> => translation(vector((k) => step[k] * grid.spacing[axis] * by));
  const radius = (weights.length - 1) / 2;
  const neighbours = weights.map((_, k) => warp(field, along(k - radius)));
  return interpolate(sample(mapFields(weighted(weights), neighbours), grid, "working", reason), asIs);
};

/** Σ weights[k] · tap k; those of one weight are added before they are multiplied. */
const weighted = (weights: readonly number[]): Scalar =>
  sumOf(
    [...new Set(weights)].map((weight) => {
      const taps = weights.flatMap((w, k) => (w === weight ? [tap(k)] : []));
      return binary("mul", sumOf(taps), constant(weight));
    }),
  );
const sumOf = ([first = constant(0), ...rest]: readonly Scalar[]): Scalar =>
  rest.reduce((sum, each) => binary("add", sum, each), first);
