/**
 * An expression: an image that has not been computed yet. It knows its grid, dtype and kind at once, holds
 * the field to look at, and remembers its steps and whatever is wrong with them. Immutable.
 */
import { fail, type StepProblem } from "../compiler/errors.ts";
import {
  decideSampling,
  type Field,
  input,
  interpolate,
  type Sample,
  sample,
  samplingsOf,
} from "../compiler/language/field.ts";
import type { Grid } from "../compiler/language/grid.ts";
import {
  type Outside,
  type Sampling,
  sameOutside,
  sameSampling,
  showOutside,
} from "../compiler/language/interpolator.ts";
import { type Storage, storedAs } from "../compiler/language/voxels.ts";
import type { Kind, MedImage } from "./image.ts";
import type { SamplingFill, SamplingOptions, Step } from "./step.ts";

export interface Expression<K extends Kind = Kind> {
  readonly type: "expression";
  readonly kind: K;
  /** The grid of the result, known without computing a voxel. */
  readonly grid: Grid;
  readonly field: Field;
  /** How the voxels of the result will be kept. */
  readonly storage: Storage;
  /** The sampling in force: what the last operation that sampled asked for. */
  readonly sampling: Sampling | null;
  /** Where the content comes from; the result inherits all it says but voxels and grid. */
  readonly image: MedImage;
  readonly steps: readonly Step[];
  readonly problems: readonly StepProblem[];
}

/** Whatever operations take: an image, or an expression over one. */
export type Source<K extends Kind = Kind> = MedImage<K> | Expression<K>;

/** An operation for images of every kind. */
export type Operation = <K extends Kind>(source: Source<K>) => Expression<K>;
/** An operation that means nothing for labels. */
export type IntensityOperation = (source: Source<"intensity">) => Expression<"intensity">;

/** @throws MedImagesError `InvalidDocument` for what types would not let through, such as an image still to be awaited */
export const toExpression = <K extends Kind>(source: Source<K>): Expression<K> => {
  if (source?.type === "expression") return source;
  if (source?.type !== "image") return refuseSource(source);
  return {
    type: "expression",
    kind: source.kind,
    grid: source.grid,
    field: interpolate(input(source.voxels, source.grid), null),
    storage: { dtype: source.voxels.dtype, rescale: source.voxels.rescale },
    sampling: null,
    image: source,
    steps: [],
    problems: [],
  };
};

const refuseSource = (found: unknown): never => {
  const remedy =
    found instanceof Promise
      ? "a promise: await it"
      : typeof found === "function"
        ? "a function: apply the operation to an image, by pipe(image, operation)"
        : `${found === null ? "null" : typeof found}: load or make one`;
  return fail({ kind: "InvalidDocument", errors: [`an image or an expression is needed here, and this is ${remedy}`] });
};

/** The volume that an expression stands for. */
export const toVolume = (expression: Expression): Sample =>
  sample(expression.field, expression.grid, expression.storage, "the result");

/** The field sampled on its grid here and now, for `reason`; what lies beyond the grid is gone. */
export const materialized = (expression: Expression, reason: string): Field =>
  interpolate(sample(expression.field, expression.grid, expression.storage, reason), null);

/** Adding 0 makes −0 the 0 that a pipeline file can say. */
const toOutside = (fill: SamplingFill, kind: Kind): Outside => {
  if (typeof fill === "number") return { kind: "constant", value: fill + 0 };
  return fill === "background" && kind === "label" ? { kind: "constant", value: 0 } : { kind: fill };
};

/** The expression's field and storage as an operation that samples by `options` finds them. */
export const sampledBy = (
  expression: Expression,
  options: SamplingOptions,
): Pick<Expression, "field" | "storage" | "sampling"> => {
  const { kind, sampling } = expression;
  const target: Sampling = {
    by: options.interpolation ?? sampling?.by ?? (kind === "label" ? "nearest" : "linear"),
    outside:
      options.fill === undefined ? (sampling?.outside ?? toOutside("background", kind)) : toOutside(options.fill, kind),
  };
  const fuses = sampling === null || sameSampling(sampling, target) || samplingsOf(expression.field).includes(null);
  const before = fuses ? expression.field : materialized(expression, showDifference(sampling, target));
  return {
    field: decideSampling(before, target),
    storage: target.by === "nearest" ? expression.storage : storedAs("float32"),
    sampling: target,
  };
};

const showDifference = (from: Sampling, to: Sampling): string =>
  [
    ...(from.by === to.by ? [] : [`interpolation changes from ${from.by} to ${to.by}`]),
    ...(sameOutside(from.outside, to.outside)
      ? []
      : [`the fill changes from ${showOutside(from.outside)} to ${showOutside(to.outside)}`]),
  ].join(" and ");
