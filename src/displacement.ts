/**
 * What one asks of a displacement besides moving content by it: its vectors on a grid, its inverse, and how much it
 * stretches space.
 */

import { fail } from "../compiler/errors.ts";
import { translation } from "../compiler/language/affine.ts";
import { channelOf } from "../compiler/language/channel.ts";
import { type Field, input, interpolate, mapFields, sample, spline, warp } from "../compiler/language/field.ts";
import { type Grid, indexToWorld, worldToIndex } from "../compiler/language/grid.ts";
import type { Scalar } from "../compiler/language/scalar.ts";
import { binary, constant, tap } from "../compiler/language/scalar.ts";
import { type Axis, at, axes, vector } from "../compiler/language/vector.ts";
import { storedAs } from "../compiler/language/voxels.ts";
import { release } from "./backends.ts";
import { type EvaluateOptions, evaluate } from "./evaluate.ts";
import { type Expression, type Source, toExpression } from "./expression.ts";
import type { MedImage } from "./image.ts";
import { displace } from "./ops/displace.ts";
import { rescale } from "./ops/intensity.ts";

const checkVectors = (image: MedImage): void => {
  if (image.voxels.channels !== 3)
    fail({
      kind: "InvalidDocument",
      errors: [
        `an image of ${image.voxels.channels} channels is no displacement; it takes three, in mm along x, y and z`,
      ],
    });
};

/**
 * The vectors of a B-spline of control points, in mm, at the voxels of a grid: a displacement to save, to invert or to
 * look at. It is an image of its own and no step of a pipeline: `toJSON` says nothing of it.
 * @throws MedImagesError `InvalidDocument` where the control points have not three channels
 */
export const displacementField = (
  controlPoints: MedImage<"intensity">,
  onto: Grid | { readonly grid: Grid },
): Expression<"intensity"> => {
  checkVectors(controlPoints);
  const field = spline(input(controlPoints.voxels, controlPoints.grid), { kind: "constant", value: 0 });
  const grid = "grid" in onto ? onto.grid : onto;
  return { ...toExpression(controlPoints), grid, field, storage: storedAs("float32") };
};

export interface InvertOptions extends EvaluateOptions {
  /** Iterations end when no vector changes by more than so many mm, 0.001 unless said. */
  readonly tolerance?: number;
  /** The most iterations, 50 unless said. */
  readonly iterations?: number;
}

export interface InvertedDisplacement {
  readonly inverse: MedImage<"intensity">;
  /** By how much, in mm, a vector changed last: over the tolerance where iterations did not settle. */
  readonly residual: number;
  readonly iterations: number;
}

/**
 * The displacement v with v(p) = −u(p + v(p)), so that displacing by one and then by the other leads back to p, on the
 * grid of u. By the fixed-point iteration of Chen et al. 2008, "A simple fixed-point approach to invert a deformation
 * field", which settles where u nowhere changes by as much as the distance over which it does: where the map folds
 * space there is no inverse, and the residual stays. Beyond its grid u is taken to go on as at its edge: a jump there
 * would have no inverse either.
 * @throws MedImagesError `InvalidDocument` where there are not three channels; as `evaluate`
 */
export const invertDisplacement = async (
  vectors: MedImage<"intensity">,
  { tolerance = 1e-3, iterations = 50, ...options }: InvertOptions = {},
): Promise<InvertedDisplacement> => {
  checkVectors(vectors);
  const back = rescale(-1);
  let inverse = await evaluate(back(vectors), options);
  for (let k = 1; ; k++) {
    const next = await evaluate(back(displace(inverse, { interpolation: "linear", fill: "clamp" })(vectors)), options);
    const residual = largestDifference(next, inverse);
    release(inverse);
    inverse = next;
    if (residual <= tolerance || k >= iterations) return { inverse, residual, iterations: k };
  }
};

const largestDifference = (a: MedImage, b: MedImage): number => {
  let largest = 0;
  a.voxels.data.forEach((value: number | bigint, k: number) => {
    const difference = Math.abs(Number(value) - Number(b.voxels.data[k]));
    // A difference that is no number is no agreement.
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  });
  return largest;
};

/**
 * det(∂(p + u(p))/∂p) at the voxels of a displacement: the volume that a small piece of the result takes in the source,
 * 1 where nothing stretches, at or below 0 where space is folded. Derivatives are central differences of neighbouring
 * voxels; at an edge, where the vectors are held, they are half of those to the one neighbour (as in ITK). An expression
 * like any other: it can be evaluated and differentiated; but no step of a pipeline, so `toJSON` says nothing of it.
 * @throws MedImagesError `InvalidDocument` where there are not three channels
 */
export const jacobianDeterminant = (vectors: Source<"intensity">): Expression<"intensity"> => {
  const expression = toExpression(vectors);
  checkVectors(expression.image);
  const { grid } = expression;
  const taken = sample(expression.field, grid, "working", "the displacement whose derivatives are taken");
  const field = interpolate(taken, { by: "nearest", outside: { kind: "clamp" } });
  const neighbour = (component: Axis, along: Axis, by: 1 | -1): Field =>
    warp(
      channelOf(field, component),
      translation<"world">(vector((k) => by * at(indexToWorld(grid).linear, k, along))),
    );
  const fields = axes.flatMap((component) =>
    axes.flatMap((along) => [neighbour(component, along, 1), neighbour(component, along, -1)]),
  );
  const toIndex = worldToIndex(grid).linear;
  /** ∂u_component/∂x_row of the world, from those along the axes of the grid. */
  const slope = (component: Axis, row: Axis): Scalar =>
    axes.reduce<Scalar>(
      (sum, along) => {
        const k = 6 * component + 2 * along;
        const difference = binary("sub", tap(k), tap(k + 1));
        return binary("add", sum, binary("mul", difference, constant(at(toIndex, along, row) / 2)));
      },
      constant(component === row ? 1 : 0),
    );
  const j = axes.map((component) => axes.map((row) => slope(component, row)));
  const entry = (row: Axis, k: Axis): Scalar => j[row]?.[k] ?? constant(0);
  const minor = (a: Axis, b: Axis): Scalar =>
    binary("sub", binary("mul", entry(1, a), entry(2, b)), binary("mul", entry(1, b), entry(2, a)));
  const body = binary(
    "add",
    binary("sub", binary("mul", entry(0, 0), minor(1, 2)), binary("mul", entry(0, 1), minor(0, 2))),
    binary("mul", entry(0, 2), minor(0, 1)),
  );
  return { ...expression, field: mapFields(body, fields), storage: storedAs("float32"), sampling: null };
};
