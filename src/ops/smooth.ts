/**
 * Gaussian smoothing, along one axis of the image after the other. It looks at neighbours on the grid, and so takes
 * samples there; what follows looks at the smoothed ones.
 */
import { compose, invert } from "../../compiler/language/affine.ts";
import { type Field, interpolate, sample, warp } from "../../compiler/language/field.ts";
import { type Grid, gridOf, indexToWorld, sameGrid, worldToIndex } from "../../compiler/language/grid.ts";
import { axes, type Vector3, vector } from "../../compiler/language/vector.ts";
import { storedAs } from "../../compiler/language/voxels.ts";
import type { Expression, IntensityOperation } from "../expression.ts";
import type { SmoothStep } from "../step.ts";
import { asIs, windowAlong } from "../window.ts";
import { operation } from "./apply.ts";
import { numberOrThree, stepCodec } from "./codecs.ts";
import { type Change, type OperationDefinition, type Refusal, refuse } from "./operation.ts";

/** Wider windows are more to look at than a pass should have. */
const mostVoxels = 32;

/** How many standard deviations a window reaches, as in scipy. */
const truncation = 4;

/** e^(−d²/2σ²) for whole d as far as 4 σ, brought to the sum 1. */
const gaussian = (sigma: number): readonly number[] => {
  const radius = Math.floor(truncation * sigma + 0.5);
  const heights = Array.from({ length: 2 * radius + 1 }, (_, k) => Math.exp(-((k - radius) ** 2) / (2 * sigma ** 2)));
  const sum = heights.reduce((a, b) => a + b);
  return heights.map((height) => height / sum);
};

/** An expression smoothed by a Gaussian of these standard deviations, in voxels of its grid. */
export const smoothed = (
  expression: Expression,
  sigma: Vector3,
  reason: string,
): Pick<Change, "field" | "storage"> | Refusal => {
  const widest = Math.max(...sigma);
  if (!(widest <= mostVoxels))
    return refuse(
      `a Gaussian of ${widest} voxels is wider than ${mostVoxels}`,
      "go to larger voxels first, in several steps",
    );
  const windows = axes
    .map((axis) => ({ axis, weights: sigma[axis] > 0 ? gaussian(sigma[axis]) : [1] }))
    // Along an axis of one voxel the mirrored image is constant.
    .filter(({ axis, weights }) => weights.length > 1 && expression.grid.size[axis] > 1);
  if (windows.length === 0) return {};
  const { grid } = expression;
  // What the grid does with parameters is done with the first look; in between there are only indices.
  const here = grid.tangents === undefined ? grid : gridOf(grid.size);
  const filtered = windows.reduce<Field>(
    (field, { axis, weights }) => windowAlong(field, here, axis, weights, `${reason}: a Gaussian along ${"xyz"[axis]}`),
    taken(expression, here, reason),
  );
  const field = filtered.kind === "interpolate" ? interpolate(filtered.volume, null) : filtered;
  return { field: here === grid ? field : warp(field, invert(between(grid, here))), storage: storedAs("float32") };
};

/** From the world of one grid to that of another of as many voxels. */
const between = (grid: Grid, here: Grid): ReturnType<typeof compose<"world", "index", "world">> =>
  compose(indexToWorld(grid), worldToIndex(here));

/** The samples of an expression on `here`: those at hand, if it is only these. */
const taken = ({ field, grid }: Expression, here: Grid, reason: string): Field => {
  const atHand =
    here === grid && field.kind === "interpolate" && field.sampling === null && sameGrid(field.volume.grid, grid, 1e-9);
  if (atHand) return interpolate(field.volume, asIs);
  const seen = here === grid ? field : warp(field, between(grid, here));
  return interpolate(sample(seen, here, "working", `${reason}: samples to smooth`), asIs);
};

/** A Gaussian's full width at half maximum, for a standard deviation of 1. */
const widthOfOne = 2 * Math.sqrt(2 * Math.LN2);

export const smoothDefinition: OperationDefinition<"smooth"> = {
  op: "smooth",
  codec: /* @__PURE__ */ stepCodec<SmoothStep>("smooth", {}, { sigma: numberOrThree, fwhm: numberOrThree }),
  apply: (expression, { sigma, fwhm }) => {
    if (expression.kind === "label") return refuse("class numbers have no mean", "load the image as intensities");
    const given = sigma ?? fwhm;
    if (given === undefined || (sigma !== undefined && fwhm !== undefined))
      return refuse("a Gaussian has one width", "give either sigma or fwhm, in mm");
    const widths: Vector3 = typeof given === "number" ? [given, given, given] : given;
    if (!widths.every((width) => width >= 0))
      return refuse(`the width ${widths.join(", ")} is negative`, "give numbers from 0");
    const unit = sigma === undefined ? widthOfOne : 1;
    const { spacing } = expression.grid;
    return smoothed(
      expression,
      vector((k) => widths[k] / unit / spacing[k]),
      "smooth",
    );
  },
};

/** A standard deviation, or a full width at half maximum, in mm along the axes of the image. */
export type SmoothOptions =
  | { readonly sigma: number | Vector3; readonly fwhm?: never }
  | { readonly fwhm: number | Vector3; readonly sigma?: never };

/**
 * Smooths by a Gaussian, separably along the axes of the image: weights e^(−d²/2σ²) as far as 4 σ, rounded to whole
 * voxels, and the image mirrored at its outer faces (… c b a | a b c …). These are the defaults of scipy's
 * `gaussian_filter`. It samples here, as `materialize` does; results are float32.
 */
export const smooth = (options: SmoothOptions): IntensityOperation =>
  operation(smoothDefinition, { op: "smooth", ...options });
