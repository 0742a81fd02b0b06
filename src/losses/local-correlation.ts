/**
 * Local normalised cross-correlation: how well one image is a line of the other within a small window, wherever that
 * is; for images of one modality whose brightness drifts. Avants B. et al. 2008, "Symmetric diffeomorphic image
 * registration with cross-correlation", Medical Image Analysis 12(1). Windows are sums along one axis after the other.
 */
import { compose } from "../../compiler/language/affine.ts";
import { type Field, interpolate, mapFields, sample, warp } from "../../compiler/language/field.ts";
import { type Grid, gridOf, indexToWorld, worldToIndex } from "../../compiler/language/grid.ts";
import { reduction } from "../../compiler/language/reduction.ts";
import { binary, constant, type Scalar, tap, unary } from "../../compiler/language/scalar.ts";
import { axes } from "../../compiler/language/vector.ts";
import type { Expression, Source } from "../expression.ts";
import { countOf, type LossOf, lossOf, type MaskOptions, sceneOf, times } from "../loss.ts";
import { isRefusal, refuse } from "../ops/operation.ts";
import { asIs, windowAlong } from "../window.ts";
import { refusedLoss } from "./refused.ts";
import { type RangeOptions, type ValueRange, valueRange } from "./value-range.ts";

export interface LocalCorrelationOptions extends MaskOptions, RangeOptions {
  /** Windows are of 2 · radius + 1 voxels along each axis; a whole number from 1, 4 unless said. */
  readonly radius?: number;
  /**
   * What keeps windows without contrast from counting; 1e-9 unless said. It is compared with the product of two
   * variances of values in their ranges, so that it has no unit: 1e-9 is where both deviate by 0.6 % of their range.
   */
  readonly epsilon?: number;
}

/**
 * The negative local normalised cross-correlation −Σ cov(v, t)² / (var(v) · var(t) + ε) / n over the voxels of the
 * image's grid, which is near −1 where each window of one image is a line of the other's, rising or falling.
 * Covariance and variances are those in the window of (2 · radius + 1)³ voxels around a voxel; at borders the images go
 * on as their mirror image about the outer face of the last voxel. A mask weights the voxels whose windows count, and
 * not what is in these.
 *
 * Values are measured in ranges, which are those of the images' own finite voxels, unless steps change their values:
 * then they must be given, or the loss has a problem that is reported as for any step. Where contrast is under a
 * hundredth of the range it hardly counts, and float32 backends see little of it: then give a narrower range, such as
 * that of soft tissue in CT. Values beyond a range are not held in it. One voxel that is NaN makes the loss NaN.
 */
export const lncc =
  (to: Source, options: LocalCorrelationOptions = {}): LossOf =>
  (source) => {
    const { radius = 4, epsilon = 1e-9, mask } = options;
    const scene = sceneOf(source, mask === undefined ? [to] : [to, mask]);
    const {
      expression,
      others: [target = expression, weights],
    } = scene;
    const range = valueRange(expression, options.range, "range");
    const targetRange = valueRange(target, options.targetRange, "targetRange");
    const refusals = [
      ...(Number.isInteger(radius) && radius >= 1
        ? []
        : [refuse(`the radius ${radius} is no whole number from 1`, "give a whole number of voxels")]),
      ...(epsilon > 0 ? [] : [refuse(`epsilon ${epsilon} is not positive`, "give a small number over 0")]),
      ...[range, targetRange].filter(isRefusal),
    ];
    if (refusals.length > 0 || isRefusal(range) || isRefusal(targetRange)) return refusedLoss(scene, "lncc", refusals);
    // What the grid does with parameters is done with the first look; from there on there are only indices.
    const grid = gridOf(expression.grid.size);
    const pull = compose(indexToWorld(expression.grid), worldToIndex(grid));
    const seen = ({ field }: Expression): Field => warp(field, pull);
    const image = sampled(inRange(range), [seen(expression)], grid);
    const other = sampled(inRange(targetRange), [seen(target)], grid);
    const means = products.map((body) => meanInWindow(sampled(body, [image, other], grid), grid, radius));
    const correlation = correlationOf(epsilon);
    const sum = (body: Scalar): ReturnType<typeof reduction> =>
      reduction(body, weights === undefined ? means : [...means, seen(weights)], grid);
    const mean = times(tap(0), constant(-1 / countOf(scene)));
    return weights === undefined
      ? lossOf(scene, [sum(correlation)], mean)
      : lossOf(scene, [sum(times(tap(5), correlation)), sum(tap(5))], unary("neg", binary("div", tap(0), tap(1))));
  };

/** v, t, v², t², v · t. */
const products: readonly Scalar[] = [
  tap(0),
  tap(1),
  times(tap(0), tap(0)),
  times(tap(1), tap(1)),
  times(tap(0), tap(1)),
];

/** cov² / (var · var + ε) in terms of the means of the products. */
const correlationOf = (epsilon: number): Scalar => {
  const [v, t, vv, tt, vt] = [tap(0), tap(1), tap(2), tap(3), tap(4)] as const;
  const covariance = binary("sub", vt, times(v, t));
  // Rounding must not make them negative.
  const variance = (square: Scalar, mean: Scalar): Scalar =>
    binary("max", binary("sub", square, times(mean, mean)), constant(0));
  const spread = binary("add", times(variance(vv, v), variance(tt, t)), constant(epsilon));
  return binary("div", times(covariance, covariance), spread);
};

/** Values as shares of their range, from its middle, so that little is lost where squares are subtracted. */
const inRange = ([low, high]: ValueRange): Scalar =>
  times(binary("sub", tap(0), constant((low + high) / 2)), constant(high > low ? 1 / (high - low) : 1));

const sampled = (body: Scalar, fields: readonly Field[], grid: Grid): Field =>
  interpolate(sample(mapFields(body, fields), grid, "working", "what local correlation is made of"), asIs);

const meanInWindow = (field: Field, grid: Grid, radius: number): Field => {
  const count = 2 * radius + 1;
  const weights = new Array<number>(count).fill(1 / count);
  return axes.reduce<Field>(
    (inner, axis) => windowAlong(inner, grid, axis, weights, `the mean along ${"xyz"[axis]}`),
    field,
  );
};
