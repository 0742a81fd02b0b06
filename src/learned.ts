/**
 * What normalisations learn from other images: plain numbers, to be kept in a file. The images are measured as the
 * operations measure theirs.
 */

import { fail, type StepProblem } from "../compiler/errors.ts";
import type { Measure } from "../compiler/language/field.ts";
import { measuresIn } from "../compiler/language/measure.ts";
import type { ComputeOptions } from "./compute-options.ts";
import { type Expression, type Source, toExpression } from "./expression.ts";
import { type MaskOption, maskField, measureOf, type StatisticsOptions, whereOf } from "./ops/mask.ts";
import { notRising } from "./ops/normalise.ts";
import { isRefusal } from "./ops/operation.ts";
import type { Landmarks, ReferenceHistogram } from "./step.ts";

export interface NyulTrainOptions extends ComputeOptions {
  /** Which voxels count, or for each image a mask of its own. */
  readonly mask?: Exclude<MaskOption, Source> | readonly Source[];
  /** The percentiles that become landmarks: 1, 10, 20, … 90, 99 unless said. */
  readonly percentiles?: readonly number[];
  /** Where the first and the last of them come to lie: [0, 100] unless said. */
  readonly range?: readonly [number, number];
}

/**
 * The standard landmarks of images of one contrast, for `nyulApply`: the percentiles of each image, brought linearly
 * so that the first and the last lie at the ends of `range`, and averaged. Nyúl, Udupa & Zhang 2000.
 * @throws MedImagesError (as rejection) `InvalidDocument` without images, or for masks and percentiles that cannot be, `UnsupportedVoxels` for an image of one value
 */
export const nyulTrain = async (images: readonly Source[], options: NyulTrainOptions = {}): Promise<Landmarks> => {
  const { mask, percentiles = [1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 99], range = [0, 100], ...running } = options;
  const errors = [
    ...(images.length === 0 ? ["there is no image to learn landmarks from"] : []),
    ...(isList(mask) && mask.length !== images.length
      ? [`there are ${mask.length} masks for ${images.length} images; give one for each`]
      : []),
    ...(areLandmarks(percentiles) ? [] : [`${percentiles.join(", ")} are no percentiles: give two or more, rising`]),
  ];
  if (errors.length > 0) fail({ kind: "InvalidDocument", errors });
  const sums = percentiles.map(() => 0);
  for (const [n, image] of images.entries()) {
    const own = isList(mask) ? mask[n] : mask;
    const expression = toExpression(image);
    const numbers = await measured(expression, own === undefined ? {} : { mask: own }, running, {
      kind: "quantiles",
      shares: percentiles.map((percent) => percent / 100),
      storage: expression.storage,
    });
    const [first, last] = [numbers[0] ?? 0, numbers.at(-1) ?? 0];
    if (!(last > first))
      fail({
        kind: "UnsupportedVoxels",
        reason: `image ${n + 1} has the value ${first} at every landmark`,
        remedy: "leave it out, or give a mask",
      });
    const scale = (range[1] - range[0]) / (last - first);
    numbers.forEach((number, k) => {
      sums[k] = (sums[k] ?? 0) + range[0] + (number - first) * scale;
    });
  }
  return { percentiles, values: sums.map((sum) => sum / images.length) };
};

const areLandmarks = (percentiles: readonly number[]): boolean =>
  percentiles.length > 1 && notRising(percentiles) === undefined;
const isList = (mask: NyulTrainOptions["mask"]): mask is readonly Source[] => Array.isArray(mask);

export interface ReferenceHistogramOptions extends StatisticsOptions, ComputeOptions {
  /** Most values that are kept: 1024 unless said. Of more those that lie evenly among the ranks. */
  readonly most?: number;
}

/** The values of an image with their cumulative shares, for `histogramMatch`. @throws as `settle` */
export const referenceHistogram = async (
  image: Source,
  { mask, most = 1024, ...running }: ReferenceHistogramOptions = {},
): Promise<ReferenceHistogram> => {
  if (!Number.isInteger(most) || most < 2)
    fail({ kind: "InvalidDocument", errors: [`${most} is no number of values to keep: give a whole number from 2`] });
  const expression = toExpression(image);
  const numbers = await measured(expression, mask === undefined ? {} : { mask }, running, {
    kind: "matching",
    knots: most,
    // What becomes of a value is its share of the ranks.
    values: [0, 1],
    shares: [0, 1],
    storage: expression.storage,
  });
  const points = Array.from({ length: most }, (_, k) => [numbers[3 * k] ?? 0, numbers[3 * k + 1] ?? 0] as const);
  const kept = points.filter(([value], k) => k === 0 || value !== points[k - 1]?.[0]);
  return { values: kept.map(([value]) => value), shares: kept.map(([, share]) => share) };
};

const measured = async (
  expression: Expression,
  mask: StatisticsOptions,
  options: ComputeOptions,
  quantity: Measure["quantity"],
): Promise<readonly number[]> => {
  const where = whereOf(expression, maskField(mask).mask);
  const refused: readonly StepProblem[] = isRefusal(where)
    ? [{ step: expression.steps.length, operation: "mask", reason: where.refused, remedy: where.remedy }]
    : [];
  const problems = [...expression.problems, ...refused];
  if (problems.length > 0 || isRefusal(where)) return fail({ kind: "InvalidPipeline", problems });
  const { readMeasures } = await import("./measure.ts");
  const measure = measureOf(expression, expression.field, where, quantity, "values");
  const readings = await readMeasures([...measuresIn(measure.fields), measure], options);
  return readings.get(measure)?.numbers ?? [];
};
