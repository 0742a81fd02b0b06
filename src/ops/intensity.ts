/** Maps of values: pointwise, fused into whatever pass looks at the field. Results are float32. */

import { type Measure, mapFields } from "../../compiler/language/field.ts";
import { quantized } from "../../compiler/language/quantize.ts";
import { numberOf, type Real, scalarOf } from "../../compiler/language/real.ts";
import type { Scalar } from "../../compiler/language/scalar.ts";
import * as scalar from "../../compiler/language/scalar.ts";
import { type DType, isIdentityRescale, storedAs } from "../../compiler/language/voxels.ts";
import type { Expression, IntensityOperation, Operation } from "../expression.ts";
import type { AsStep, ClampStep, GammaStep, MapStep, RescaleStep, WindowStep } from "../step.ts";
import { operation } from "./apply.ts";
import { dtype, pair, real, stepCodec } from "./codecs.ts";
import { type Change, type OperationDefinition, type Refusal, refuse } from "./operation.ts";
import { scalarCodec, scalarProblem } from "./scalar-codec.ts";

const { binary, constant, select } = scalar;

/** The voxel's value, in real units: what a map is built from. */
export const value: Scalar = scalar.tap(0);

/** The expression with `body` of its values, which may be made of numbers that are measured before. */
export const mapped = (expression: Expression, body: Scalar, measures: readonly Measure[] = []): Change | Refusal =>
  expression.kind === "label"
    ? refuse("class numbers are not intensities", "load the image as intensities, or use as(dtype)")
    : { field: mapFields(body, [expression.field], 1, measures), storage: storedAs("float32") };

export const line = (x: Scalar, slope: Scalar, intercept: Scalar): Scalar =>
  binary("add", binary("mul", x, slope), intercept);
export const between = (x: Scalar, low: Scalar, high: Scalar): Scalar => binary("min", binary("max", x, low), high);

export const rescaleDefinition: OperationDefinition<"rescale"> = {
  op: "rescale",
  codec: /* @__PURE__ */ stepCodec<RescaleStep>("rescale", { slope: real, intercept: real }, {}),
  apply: (expression, { slope, intercept }) => mapped(expression, line(value, scalarOf(slope), scalarOf(intercept))),
};

export const clampDefinition: OperationDefinition<"clamp"> = {
  op: "clamp",
  codec: /* @__PURE__ */ stepCodec<ClampStep>("clamp", { min: real, max: real }, {}),
  apply: (expression, { min, max }) =>
    numberOf(min) <= numberOf(max)
      ? mapped(expression, between(value, scalarOf(min), scalarOf(max)))
      : refuse(`the lower limit ${numberOf(min)} is over the upper limit ${numberOf(max)}`, "swap them"),
};

export const windowDefinition: OperationDefinition<"window"> = {
  op: "window",
  codec: /* @__PURE__ */ stepCodec<WindowStep>("window", { center: real, width: real }, { to: pair }),
  apply: (expression, { center, width, to: [low, high] = [0, 1] }) => {
    const refusal =
      numberOf(width) > 0 ? undefined : refuse(`the width ${numberOf(width)} is not positive`, "give a width over 0");
    const share = between(windowShare(center, width), constant(0), constant(1));
    return refusal ?? mapped(expression, line(share, constant(high - low), constant(low)));
  },
};

/** Where a value stands in a window, 0 to 1 from its lower to its upper end: v / width + (½ − center / width). */
const windowShare = (center: Real, width: Real): Scalar => {
  if (typeof center === "number" && typeof width === "number")
    return line(value, constant(1 / width), constant(0.5 - center / width));
  const [middle, whole] = [scalarOf(center), scalarOf(width)];
  return binary("add", binary("div", binary("sub", value, middle), whole), constant(0.5));
};

export const gammaDefinition: OperationDefinition<"gamma"> = {
  op: "gamma",
  codec: /* @__PURE__ */ stepCodec<GammaStep>("gamma", { gamma: real }, {}),
  apply: (expression, { gamma }) => {
    const magnitude = binary("pow", scalar.unary("abs", value), scalarOf(gamma));
    const signed = select(binary("less", value, constant(0)), scalar.unary("neg", magnitude), magnitude);
    const exponent = numberOf(gamma);
    return Number.isFinite(exponent) && exponent > 0
      ? mapped(expression, signed)
      : refuse(`the exponent ${exponent} is not positive`, "give an exponent over 0");
  },
};

export const mapDefinition: OperationDefinition<"map"> = {
  op: "map",
  codec: /* @__PURE__ */ stepCodec<MapStep>("map", { body: scalarCodec }, {}),
  apply: (expression, { body }) => {
    const problem = scalarProblem(body);
    return problem === undefined
      ? mapped(expression, body)
      : refuse(problem, "build maps from `value`, constants and operators");
  },
};

export const asDefinition: OperationDefinition<"as"> = {
  op: "as",
  codec: /* @__PURE__ */ stepCodec<AsStep>("as", { dtype }, {}),
  apply: (expression, step) => {
    const { storage, field } = expression;
    // What is kept like this already stays as it is, 64-bit integers beyond float64 included.
    if (storage.dtype === step.dtype && isIdentityRescale(storage.rescale)) return {};
    const body = quantized(step.dtype, value);
    return { field: body === value ? field : mapFields(body, [field]), storage: storedAs(step.dtype) };
  },
};

/** v ↦ slope · v + intercept. */
export const rescale = (slope: Real, intercept: Real = 0): IntensityOperation =>
  operation(rescaleDefinition, { op: "rescale", slope, intercept });

/** Brings values below `min` to `min` and above `max` to `max`. */
export const clamp = (min: Real, max: Real): IntensityOperation =>
  operation(clampDefinition, { op: "clamp", min, max });

/** Brings center ± width / 2 linearly to the interval `to` (default [0, 1]) and what lies outside to its ends. */
export const window = (center: Real, width: Real, to?: readonly [number, number]): IntensityOperation =>
  operation(windowDefinition, { op: "window", center, width, ...(to === undefined ? {} : { to }) });

/** v ↦ sign(v) · |v|^gamma: bring values to [0, 1] first for the usual contrast change. */
export const gamma = (exponent: Real): IntensityOperation =>
  operation(gammaDefinition, { op: "gamma", gamma: exponent });

/** Applies any arithmetic on `value`, e.g. `map(binary("mul", value, value))`. */
export const map = (body: Scalar): IntensityOperation => operation(mapDefinition, { op: "map", body });

/** Keeps the result as `dtype`: integers round half up and saturate; NaN becomes 0. */
export const as = (to: DType): Operation => operation(asDefinition, { op: "as", dtype: to });
