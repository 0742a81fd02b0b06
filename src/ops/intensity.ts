/** Maps of values: pointwise, fused into whatever pass looks at the field. Results are float32. */

import { mapFields } from "../../compiler/language/field.ts";
import { quantized } from "../../compiler/language/quantize.ts";
import type { Scalar } from "../../compiler/language/scalar.ts";
import * as scalar from "../../compiler/language/scalar.ts";
import { type DType, isIdentityRescale, storedAs } from "../../compiler/language/voxels.ts";
import type { Expression, IntensityOperation, Operation } from "../expression.ts";
import type { AsStep, ClampStep, GammaStep, MapStep, RescaleStep, WindowStep } from "../step.ts";
import { operation } from "./apply.ts";
import { dtype, finite, pair, stepCodec } from "./codecs.ts";
import { type Change, type OperationDefinition, type Refusal, refuse } from "./operation.ts";
import { scalarCodec, scalarProblem } from "./scalar-codec.ts";

const { binary, constant, select } = scalar;

/** The voxel's value, in real units: what a map is built from. */
export const value: Scalar = scalar.tap(0);

const mapped = (expression: Expression, body: Scalar): Change | Refusal =>
  expression.kind === "label"
    ? refuse("class numbers are not intensities", "load the image as intensities, or use as(dtype)")
    : { field: mapFields(body, [expression.field]), storage: storedAs("float32") };

const line = (x: Scalar, slope: number, intercept: number): Scalar =>
  binary("add", binary("mul", x, constant(slope)), constant(intercept));
const between = (x: Scalar, low: number, high: number): Scalar =>
  binary("min", binary("max", x, constant(low)), constant(high));

export const rescaleDefinition: OperationDefinition<"rescale"> = {
  op: "rescale",
  codec: stepCodec<RescaleStep>("rescale", { slope: finite, intercept: finite }, {}),
  apply: (expression, { slope, intercept }) => mapped(expression, line(value, slope, intercept)),
};

export const clampDefinition: OperationDefinition<"clamp"> = {
  op: "clamp",
  codec: stepCodec<ClampStep>("clamp", { min: finite, max: finite }, {}),
  apply: (expression, { min, max }) =>
    min <= max
      ? mapped(expression, between(value, min, max))
      : refuse(`the lower limit ${min} is over the upper limit ${max}`, "swap them"),
};

export const windowDefinition: OperationDefinition<"window"> = {
  op: "window",
  codec: stepCodec<WindowStep>("window", { center: finite, width: finite }, { to: pair }),
  apply: (expression, { center, width, to: [low, high] = [0, 1] }) => {
    const refusal = width > 0 ? undefined : refuse(`the width ${width} is not positive`, "give a width over 0");
    const share = between(line(value, 1 / width, 0.5 - center / width), 0, 1);
    return refusal ?? mapped(expression, line(share, high - low, low));
  },
};

export const gammaDefinition: OperationDefinition<"gamma"> = {
  op: "gamma",
  codec: stepCodec<GammaStep>("gamma", { gamma: finite }, {}),
  apply: (expression, { gamma }) => {
    const magnitude = binary("pow", scalar.unary("abs", value), constant(gamma));
    const signed = select(binary("less", value, constant(0)), scalar.unary("neg", magnitude), magnitude);
    return Number.isFinite(gamma) && gamma > 0
      ? mapped(expression, signed)
      : refuse(`the exponent ${gamma} is not positive`, "give an exponent over 0");
  },
};

export const mapDefinition: OperationDefinition<"map"> = {
  op: "map",
  codec: stepCodec<MapStep>("map", { body: scalarCodec }, {}),
  apply: (expression, { body }) => {
    const problem = scalarProblem(body);
    return problem === undefined
      ? mapped(expression, body)
      : refuse(problem, "build maps from `value`, constants and operators");
  },
};

export const asDefinition: OperationDefinition<"as"> = {
  op: "as",
  codec: stepCodec<AsStep>("as", { dtype }, {}),
  apply: (expression, step) => {
    const { storage, field } = expression;
    // What is kept like this already stays as it is, 64-bit integers beyond float64 included.
    if (storage.dtype === step.dtype && isIdentityRescale(storage.rescale)) return {};
    const body = quantized(step.dtype, value);
    return { field: body === value ? field : mapFields(body, [field]), storage: storedAs(step.dtype) };
  },
};

/** v ↦ slope · v + intercept. */
export const rescale = (slope: number, intercept = 0): IntensityOperation =>
  operation(rescaleDefinition, { op: "rescale", slope, intercept });

/** Brings values below `min` to `min` and above `max` to `max`. */
export const clamp = (min: number, max: number): IntensityOperation =>
  operation(clampDefinition, { op: "clamp", min, max });

/** Brings center ± width / 2 linearly to the interval `to` (default [0, 1]) and what lies outside to its ends. */
export const window = (center: number, width: number, to?: readonly [number, number]): IntensityOperation =>
  operation(windowDefinition, { op: "window", center, width, ...(to === undefined ? {} : { to }) });

/** v ↦ sign(v) · |v|^gamma: bring values to [0, 1] first for the usual contrast change. */
export const gamma = (exponent: number): IntensityOperation =>
  operation(gammaDefinition, { op: "gamma", gamma: exponent });

/** Applies any arithmetic on `value`, e.g. `map(binary("mul", value, value))`. */
export const map = (body: Scalar): IntensityOperation => operation(mapDefinition, { op: "map", body });

/** Keeps the result as `dtype`: integers round half up and saturate; NaN becomes 0. */
export const as = (to: DType): Operation => operation(asDefinition, { op: "as", dtype: to });
