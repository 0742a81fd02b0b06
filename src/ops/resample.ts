/** Looks at the same content on another grid: other spacing, other size, or the grid of another image. */

import * as t from "io-ts";
import { compose } from "../../compiler/language/affine.ts";
import { type Grid, indexToWorld, respaced, worldToIndex } from "../../compiler/language/grid.ts";
import { at, axes, type Vector3, vector } from "../../compiler/language/vector.ts";
import { type Expression, type IntensityOperation, type Operation, sampledBy } from "../expression.ts";
import type {
  AntialiasOptions,
  ResampleToImageStep,
  ResampleToSpacingStep,
  SamplingOptions,
  ScaleStep,
} from "../step.ts";
import { operation } from "./apply.ts";
import { matrix3, numberOrThree, oneOf, samplingFields, stepCodec, text, vector3, yesOrNo } from "./codecs.ts";
import {
  type Change,
  gridRefusal,
  isRefusal,
  type OperationDefinition,
  type Refusal,
  refuse,
  roundSize,
  samplingRefusal,
} from "./operation.ts";
import { smoothed } from "./smooth.ts";

/** The outer edge of the first voxel stays where it is when voxels change size. */
const keepEdge = (grid: Grid, spacing: Vector3): Vector3 => vector((k) => (0.5 * spacing[k]) / grid.spacing[k] - 0.5);

const onto = (expression: Expression, grid: Grid, step: SamplingOptions & AntialiasOptions): Change | Refusal => {
  const refusal = samplingRefusal(expression, step) ?? gridRefusal(grid);
  if (refusal !== undefined) return refusal;
  if (step.antialias !== true) return { ...sampledBy(expression, step), grid };
  if (expression.kind === "label") return refuse("class numbers have no mean", "leave antialias out");
  const before = smoothed(expression, antialiasing(expression.grid, grid), "coarser voxels would alias");
  return isRefusal(before) ? before : { ...sampledBy({ ...expression, ...before }, step), grid };
};

/**
 * The standard deviations, in voxels, of a Gaussian that takes away what the voxels of another grid cannot hold:
 * (f − 1) / 2 where those lie f times as far apart, as scikit-image has it.
 */
const antialiasing = (from: Grid, to: Grid): Vector3 => {
  const { linear } = compose(worldToIndex(from), indexToWorld(to));
  return vector((row) => Math.max(0, (Math.hypot(...axes.map((k) => at(linear, row, k))) - 1) / 2));
};

const notPositive = (what: string, numbers: readonly number[]): Refusal | undefined =>
  numbers.every((n) => n > 0)
    ? undefined
    : refuse(`${what} ${numbers.join(", ")} is not positive`, "give numbers over 0");

export const resampleToSpacingDefinition: OperationDefinition<"resampleToSpacing"> = {
  op: "resampleToSpacing",
  codec: /* @__PURE__ */ stepCodec<ResampleToSpacingStep>(
    "resampleToSpacing",
    { spacing: vector3 },
    {
      align: oneOf<"origin" | "extent">("one of origin, extent", ["origin", "extent"]),
      antialias: yesOrNo,
      ...samplingFields,
    },
  ),
  apply: (expression, step) => {
    const { grid } = expression;
    const size = roundSize(vector((k) => (grid.size[k] * grid.spacing[k]) / step.spacing[k]));
    const first: Vector3 = step.align === "extent" ? keepEdge(grid, step.spacing) : [0, 0, 0];
    return (
      notPositive("the spacing", step.spacing) ?? onto(expression, respaced(grid, size, step.spacing, first), step)
    );
  },
};

export const scaleDefinition: OperationDefinition<"scale"> = {
  op: "scale",
  codec: /* @__PURE__ */ stepCodec<ScaleStep>(
    "scale",
    { factor: numberOrThree },
    { antialias: yesOrNo, ...samplingFields },
  ),
  apply: (expression, step) => {
    const { grid } = expression;
    const factor: Vector3 = typeof step.factor === "number" ? [step.factor, step.factor, step.factor] : step.factor;
    const spacing = vector((k) => grid.spacing[k] / factor[k]);
    const size = roundSize(vector((k) => grid.size[k] * factor[k]));
    return (
      notPositive("the factor", factor) ??
      onto(expression, respaced(grid, size, spacing, keepEdge(grid, spacing)), step)
    );
  },
};

const gridCodec: t.Type<Grid> = t.type(
  { size: vector3, spacing: vector3, origin: vector3, direction: matrix3 },
  "a grid",
);

export const resampleToImageDefinition: OperationDefinition<"resampleToImage"> = {
  op: "resampleToImage",
  codec: /* @__PURE__ */ stepCodec<ResampleToImageStep>(
    "resampleToImage",
    { grid: gridCodec },
    { image: text, antialias: yesOrNo, ...samplingFields },
  ),
  apply: (expression, step) => onto(expression, step.grid, step),
};

interface Align {
  readonly align?: "origin" | "extent";
}

/**
 * Resamples to voxels of `spacing` mm: size = round(size · spacing / new). `align: "origin"` (default, as
 * ITK) keeps the centre of the first voxel, `"extent"` its outer edge (as TorchIO and MONAI). Going to larger voxels,
 * `antialias: true` smooths before by (f − 1) / 2 voxels along an axis on which they grow f times, as scikit-image.
 */
export function resampleToSpacing(spacing: Vector3, options?: SamplingOptions<"nearest"> & Align): Operation;
export function resampleToSpacing(
  spacing: Vector3,
  options: SamplingOptions & AntialiasOptions & Align,
): IntensityOperation;
export function resampleToSpacing(
  spacing: Vector3,
  options: SamplingOptions & AntialiasOptions & Align = {},
): Operation {
  return operation(resampleToSpacingDefinition, { op: "resampleToSpacing", spacing, ...options });
}

/** Multiplies the number of voxels by `factor` and divides the spacing: same extent, other resolution. `antialias` as in {@link resampleToSpacing}. */
export function scale(factor: number | Vector3, options?: SamplingOptions<"nearest">): Operation;
export function scale(factor: number | Vector3, options: SamplingOptions & AntialiasOptions): IntensityOperation;
export function scale(factor: number | Vector3, options: SamplingOptions & AntialiasOptions = {}): Operation {
  return operation(scaleDefinition, { op: "scale", factor, ...options });
}

/** Resamples onto the grid of another image or expression, or onto a grid. `antialias` as in {@link resampleToSpacing}. */
export function resampleToImage(
  target: Grid | { readonly grid: Grid },
  options?: SamplingOptions<"nearest">,
): Operation;
export function resampleToImage(
  target: Grid | { readonly grid: Grid },
  options: SamplingOptions & AntialiasOptions,
): IntensityOperation;
export function resampleToImage(
  target: Grid | { readonly grid: Grid },
  options: SamplingOptions & AntialiasOptions = {},
): Operation {
  const { size, spacing, origin, direction } = "grid" in target ? target.grid : target;
  return operation(resampleToImageDefinition, {
    op: "resampleToImage",
    grid: { size, spacing, origin, direction },
    ...options,
  });
}
