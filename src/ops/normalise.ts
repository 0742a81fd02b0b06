/**
 * Maps of values whose numbers are statistics of the image itself, at this point of the chain and on its grid. These
 * are measured before; the map is part of whatever pass looks at the field, like any other.
 */
import type * as t from "io-ts";
import { type Measure, mapFields, type Quantity } from "../../compiler/language/field.ts";
import { numbersOf } from "../../compiler/language/measure.ts";
import { binary, constant, type Scalar, select, unary } from "../../compiler/language/scalar.ts";
import type { Expression, IntensityOperation } from "../expression.ts";
import type {
  ClipPercentilesStep,
  HistogramMatchStep,
  Landmarks,
  Mask,
  MinMaxStep,
  NyulApplyStep,
  ReferenceHistogram,
  ZScoreStep,
} from "../step.ts";
import { operation } from "./apply.ts";
import { finite, pair, plain, stepCodec } from "./codecs.ts";
import { between, line, mapped, value } from "./intensity.ts";
import { maskField, maskFields, measureOf, type StatisticsOptions, whereOf } from "./mask.ts";
import { isRefusal, notWhole, type OperationDefinition, type Refusal, refuse } from "./operation.ts";
import { type Knot, lineThrough } from "./piecewise.ts";

const minus = (a: Scalar, b: Scalar): Scalar => binary("sub", a, b);
const squared = (a: Scalar): Scalar => binary("mul", a, a);
const zero = constant(0);
/** a / b, or 0 where b, or another number that is never negative, is 0. */
const share = (a: Scalar, b: Scalar, positive = b): Scalar => select(positive, binary("div", a, b), zero);

const isNumbers = (u: unknown): u is readonly number[] => Array.isArray(u) && u.every(Number.isFinite);
const isRecord = (u: unknown): u is Readonly<Record<string, unknown>> => typeof u === "object" && u !== null;
const areRising = (numbers: readonly number[]): boolean =>
  numbers.every((number, k) => number >= (numbers[k - 1] ?? Number.NEGATIVE_INFINITY));

export const landmarksCodec: t.Type<Landmarks> = /* @__PURE__ */ plain(
  "{percentiles, values}: at least two rising numbers each, as many",
  (u): u is Landmarks =>
    isRecord(u) &&
    isNumbers(u.percentiles) &&
    isNumbers(u.values) &&
    u.percentiles.length > 1 &&
    u.percentiles.length === u.values.length &&
    areRising(u.values),
);
const referenceCodec: t.Type<ReferenceHistogram> = /* @__PURE__ */ plain(
  "{values, shares}: rising numbers, as many of each and at least one, the last share 1",
  (u): u is ReferenceHistogram =>
    isRecord(u) &&
    isNumbers(u.values) &&
    isNumbers(u.shares) &&
    u.shares.at(-1) === 1 &&
    u.values.length === u.shares.length &&
    areRising(u.values) &&
    areRising(u.shares),
);

export const zScoreDefinition: OperationDefinition<"zScore"> = {
  op: "zScore",
  codec: /* @__PURE__ */ stepCodec<ZScoreStep>("zScore", {}, maskFields),
  apply: (expression, { mask }) => {
    const where = whereOf(expression, mask);
    if (isRefusal(where)) return where;
    const mean = measureOf(expression, expression.field, where, { kind: "mean" }, "the mean");
    const [centre = zero] = numbersOf(mean);
    // Around the mean, where squares lose nothing.
    const squares = mapFields(squared(minus(value, centre)), [expression.field], 1, [mean]);
    const variance = measureOf(expression, squares, where, { kind: "mean" }, "the variance");
    const [square = zero] = numbersOf(variance);
    return mapped(expression, share(minus(value, centre), unary("sqrt", square), square), [mean, variance]);
  },
};

export const minMaxDefinition: OperationDefinition<"minMax"> = {
  op: "minMax",
  codec: /* @__PURE__ */ stepCodec<MinMaxStep>("minMax", {}, { to: pair, percentiles: pair, ...maskFields }),
  apply: (expression, { to = [0, 1], percentiles = [0, 100], mask }) => {
    const taken = quantilesOf(expression, mask, percentiles, "the ends");
    if (isRefusal(taken)) return taken;
    const [low = zero, high = zero] = taken.numbers;
    const [first, last] = to;
    const width = minus(high, low);
    const part = share(minus(between(value, low, high), low), width, width);
    return mapped(expression, line(part, constant(last - first), constant(first)), [taken.measure]);
  },
};

export const clipPercentilesDefinition: OperationDefinition<"clipPercentiles"> = {
  op: "clipPercentiles",
  codec: /* @__PURE__ */ stepCodec<ClipPercentilesStep>("clipPercentiles", { low: finite, high: finite }, maskFields),
  apply: (expression, { low, high, mask }) => {
    const taken = quantilesOf(expression, mask, [low, high], "percentiles");
    if (isRefusal(taken)) return taken;
    const [least = zero, most = zero] = taken.numbers;
    return mapped(expression, between(value, least, most), [taken.measure]);
  },
};

export const nyulApplyDefinition: OperationDefinition<"nyulApply"> = {
  op: "nyulApply",
  codec: /* @__PURE__ */ stepCodec<NyulApplyStep>("nyulApply", { landmarks: landmarksCodec }, maskFields),
  apply: (expression, { landmarks, mask }) => {
    const { percentiles, values } = landmarks;
    const taken = quantilesOf(expression, mask, percentiles, "landmarks");
    if (isRefusal(taken)) return taken;
    const knots = taken.numbers.map((at, k): Knot => {
      const next = taken.numbers[k + 1] ?? at;
      const [here, there] = [values[k] ?? 0, values[k + 1] ?? 0];
      return { at, value: constant(here), slope: share(constant(there - here), minus(next, at)) };
    });
    return mapped(expression, lineThrough(value, knots), [taken.measure]);
  },
};

/** Each is more to choose from for every voxel. */
const mostKnots = 1024;

export const histogramMatchDefinition: OperationDefinition<"histogramMatch"> = {
  op: "histogramMatch",
  codec: /* @__PURE__ */ stepCodec<HistogramMatchStep>(
    "histogramMatch",
    { reference: referenceCodec },
    { knots: finite, ...maskFields },
  ),
  apply: (expression, { reference, knots = 64, mask }) => {
    const where = whereOf(expression, mask);
    if (isRefusal(where)) return where;
    const refusal =
      notWhole("the number of knots", [knots], 2) ??
      (knots > mostKnots ? refuse(`${knots} knots are too many`, `give at most ${mostKnots}`) : undefined);
    if (refusal !== undefined) return refusal;
    const quantity: Quantity = { kind: "matching", knots, storage: expression.storage, ...reference };
    const matching = measureOf(expression, expression.field, where, quantity, "ranks");
    const numbers = numbersOf(matching);
    const points = Array.from({ length: knots }, (_, k): Knot => {
      const [at = zero, value = zero, slope = zero] = numbers.slice(3 * k, 3 * k + 3);
      return { at, value, slope };
    });
    const [first, last] = [points[0]?.at ?? zero, points.at(-1)?.at ?? zero];
    return mapped(expression, lineThrough(between(value, first, last), points), [matching]);
  },
};

/** Percentiles of the values of an expression. */
const quantilesOf = (
  expression: Expression,
  mask: Mask | undefined,
  percentiles: readonly number[],
  name: string,
): { readonly measure: Measure; readonly numbers: readonly Scalar[] } | Refusal => {
  const where = whereOf(expression, mask);
  if (isRefusal(where)) return where;
  const refusal = notRising(percentiles);
  if (refusal !== undefined) return refusal;
  const shares = percentiles.map((percent) => percent / 100);
  const quantity: Quantity = { kind: "quantiles", shares, storage: expression.storage };
  const measure = measureOf(expression, expression.field, where, quantity, name);
  return { measure, numbers: numbersOf(measure) };
};

/** What keeps numbers from being percentiles in order. */
export const notRising = (percentiles: readonly number[]): Refusal | undefined => {
  const rises = percentiles.every((percent, k) => percent > (percentiles[k - 1] ?? Number.NEGATIVE_INFINITY));
  return rises && percentiles.every((percent) => percent >= 0 && percent <= 100)
    ? undefined
    : refuse(`the percentiles ${percentiles.join(", ")} do not rise from 0 to 100`, "give each over the one before");
};

/**
 * (v − mean) / standard deviation (of the whole: n in the denominator), over all channels together; 0 where the image
 * has one value only.
 */
export const zScore = (options: StatisticsOptions = {}): IntensityOperation =>
  operation(zScoreDefinition, { op: "zScore", ...maskField(options) });

export interface MinMaxOptions extends StatisticsOptions {
  /** What the ends become: [0, 1] unless said. */
  readonly to?: readonly [number, number];
  /** What the ends are, in percent of the voxels: [0, 100], the lowest and the highest value, unless said. */
  readonly percentiles?: readonly [number, number];
}

/**
 * Brings the values linearly to an interval, the lowest to its lower end and the highest to its upper one, and what
 * lies beyond (outside of a mask, or of the percentiles) to the ends; all to the lower end where the image has one
 * value only. As scikit-image's `rescale_intensity` and TorchIO's `RescaleIntensity`.
 */
export const minMax = ({ mask, ...options }: MinMaxOptions = {}): IntensityOperation =>
  operation(minMaxDefinition, { op: "minMax", ...options, ...maskField(mask === undefined ? {} : { mask }) });

/** Brings values below one percentile of the image to it, and those above another to that; percentiles as numpy's. */
export const clipPercentiles = (low: number, high: number, options: StatisticsOptions = {}): IntensityOperation =>
  operation(clipPercentilesDefinition, { op: "clipPercentiles", low, high, ...maskField(options) });

export interface HistogramMatchOptions extends StatisticsOptions {
  /** Of how many pieces and one the map is made: 64 unless said. */
  readonly knots?: number;
}

/**
 * Gives each value that of the same rank in a reference: {@link referenceHistogram} takes it of an image. The map is a
 * line of a few knots. An image with no more values than these gets exactly what scikit-image's `match_histograms`
 * gives it; of more values those at knots do, which lie evenly among the ranks. Gradients take the knots for constants.
 */
export const histogramMatch = (
  reference: ReferenceHistogram,
  { mask, ...options }: HistogramMatchOptions = {},
): IntensityOperation =>
  operation(histogramMatchDefinition, {
    op: "histogramMatch",
    reference,
    ...options,
    ...maskField(mask === undefined ? {} : { mask }),
  });

/**
 * Brings the percentiles of the image to landmarks that {@link nyulTrain} learned, and what lies between and beyond
 * along straight lines. Nyúl & Udupa 1999, "On standardizing the MR image intensity scale"; Nyúl, Udupa & Zhang 2000,
 * "New variants of a method of MRI scale standardization".
 */
export const nyulApply = (landmarks: Landmarks, options: StatisticsOptions = {}): IntensityOperation =>
  operation(nyulApplyDefinition, { op: "nyulApply", landmarks, ...maskField(options) });
