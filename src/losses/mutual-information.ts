/**
 * Mutual information by Mattes: for images of different contrast, such as CT and MR, where no line leads from the
 * values of one to those of the other. Mattes D. et al. 2003, "PET-CT image registration in the chest using free-form
 * deformations", IEEE Transactions on Medical Imaging 22(1). The value is the host's; histograms are passes.
 */
import { jointHistogram } from "../../compiler/language/reduction.ts";
import { binary, constant, type Scalar, tap } from "../../compiler/language/scalar.ts";
import type { Source } from "../expression.ts";
import { type LossOf, lossOf, type MaskOptions, type Statistic, sceneOf } from "../loss.ts";
import { isRefusal, refuse } from "../ops/operation.ts";
import { refusedLoss } from "./refused.ts";
import { type RangeOptions, type ValueRange, valueRange } from "./value-range.ts";

export interface MutualInformationOptions extends MaskOptions, RangeOptions {
  /** Bins along each side of the joint histogram, two of which at each end are left for the window: from 6 to 1024. */
  readonly bins?: number;
}

/**
 * The negative mutual information of an image and a target, in nats: −Σ p(t, v) · ln(p(t, v) / (p(t) · p(v))), with p
 * from a joint histogram of 32 × 32 bins over the voxels of the image's grid. Values of the target fall in one bin
 * each; those of the image are spread over four by a cubic B-spline, which makes the loss smooth in them. It has no
 * gradient by the target's voxels or by what moves the target: differentiate by the image.
 *
 * The bins part ranges, which are those of the images' own finite voxels, unless steps change their values: then they
 * must be given, or the loss has a problem that is reported as for any step. What lies beyond a range counts as its
 * end. Voxels that are NaN in either image do not count. A mask weights the voxels; where it leaves none, the loss is NaN.
 */
export const mutualInformation =
  (to: Source, options: MutualInformationOptions = {}): LossOf =>
  (source) => {
    const { bins = 32, mask } = options;
    const scene = sceneOf(source, mask === undefined ? [to] : [to, mask]);
    const {
      expression,
      others: [target = expression],
    } = scene;
    const range = valueRange(expression, options.range, "range");
    const targetRange = valueRange(target, options.targetRange, "targetRange");
    const binsAreSound = Number.isInteger(bins) && bins >= 6 && bins <= 1024;
    const refusals = [
      ...(binsAreSound ? [] : [refuse(`${bins} is no number of bins`, "give a whole number from 6 to 1024")]),
      ...[range, targetRange].filter(isRefusal),
    ];
    if (refusals.length > 0 || isRefusal(range) || isRefusal(targetRange))
      return refusedLoss(scene, "mutualInformation", refusals);
    const shifted = (value: Scalar, within: ValueRange, by: number): Scalar =>
      binary("add", inBins(value, within, bins), constant(by));
    const histogram = jointHistogram({
      // Bins are half open, but for the last.
      row: binary("min", shifted(tap(1), targetRange, firstBin - 0.5), constant(bins - firstBin - 1)),
      column: shifted(tap(0), range, firstBin),
      weight: mask === undefined ? constant(1) : tap(2),
      bins,
      fields: scene.fields,
      grid: expression.grid,
    });
    const term: Statistic = { kind: "statistic", histogram, of: (counts) => negativeInformation(counts, bins) };
    return lossOf(scene, [term], tap(0));
  };

/** The window reaches two bins to either side. */
const firstBin = 2;

/** How many bins a value lies above the lowest. It is held in its range before, where ends are exact. */
const inBins = (value: Scalar, [low, high]: ValueRange, bins: number): Scalar => {
  // All values of an image of one value are in one bin.
  const width = high > low ? (high - low) / (bins - 2 * firstBin) : 1;
  const held = binary("min", binary("max", value, constant(low)), constant(high));
  return binary("div", binary("sub", held, constant(low)), constant(width));
};

/** −Σ p ln(p / (p(row) · p(column))) of counts, and its derivatives by them; a bin without counts has none. */
export const negativeInformation: (counts: Float64Array, bins: number) => ReturnType<Statistic["of"]> = (
  counts,
  bins,
) => {
  const [rows, columns] = [new Float64Array(bins), new Float64Array(bins)];
  let all = 0;
  counts.forEach((count, k) => {
    const [row, column] = [Math.floor(k / bins), k % bins];
    rows[row] = (rows[row] ?? 0) + count;
    columns[column] = (columns[column] ?? 0) + count;
    all += count;
  });
  const logarithms = counts.map((count, k) => {
    if (!(count > 0)) return 0;
    return Math.log((count * all) / ((rows[Math.floor(k / bins)] ?? 0) * (columns[k % bins] ?? 0)));
  });
  const value = -logarithms.reduce((sum, logarithm, k) => sum + logarithm * (counts[k] ?? 0), 0) / all;
  // The counts of a row, of a column and of all change with each: what these add to the derivative comes to the value.
  const derivatives = logarithms.map((logarithm, k) => ((counts[k] ?? 0) > 0 ? (-logarithm - value) / all : 0));
  return { value, derivatives };
};
