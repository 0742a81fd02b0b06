/**
 * Measures, measured: means by passes of sums on the backend, what goes by rank on the host, from the voxels as they
 * are there. Each reading also says how its numbers change with the voxels, as a loss: that is all that gradients
 * through a measure need. Loaded when the first expression asks for it.
 */

import { fetched, isOnDevice } from "../backends/backend.ts";
import { compileVolume } from "../compiler/compile.ts";
import { fail } from "../compiler/errors.ts";
import { type Field, input, interpolate, type Measure, mapFields, sample } from "../compiler/language/field.ts";
import { type Measured, measuresIn, putNumbers } from "../compiler/language/measure.ts";
import { type Reduction, reduction } from "../compiler/language/reduction.ts";
import { binary, constant, type Scalar, select, tap } from "../compiler/language/scalar.ts";
import { type Storage, storedAs, type VoxelArray, type Voxels, voxelsOf } from "../compiler/language/voxels.ts";
import type { Program } from "../compiler/plan.ts";
import { automaticBackend } from "./automatic.ts";
import { runGradient } from "./automatic-gradient.ts";
import type { ComputeOptions } from "./compute-options.ts";
import type { Loss } from "./loss.ts";
import { matchingLine, quantileOf, type Ranked, ranked, ranksAt } from "./order-statistics.ts";
import { compileTerms, readTerms } from "./terms.ts";

/** What was found of a measure. */
export interface Reading {
  readonly numbers: readonly number[];
  /**
   * Σ cotangent · number as a loss of the voxels, right in its derivatives; undefined where the numbers count as
   * constants.
   */
  readonly tangent?: (cotangents: readonly number[]) => Loss;
}

/** Measures in the order in which they were found, the innermost first. */
export type Readings = ReadonlyMap<Measure, Reading>;

/** The fields with all that they measure put in. @throws as `settle` */
export const settleFields = async (fields: readonly Field[], options: ComputeOptions): Promise<readonly Field[]> =>
  fields.map(putNumbers(numbersOfAll(await readMeasures(measuresIn(fields), options))));

export const numbersOfAll = (readings: Readings): Measured =>
  new Map([...readings].map(([measure, { numbers }]) => [measure, numbers]));

/** Measures some, in whose fields there is nothing but what stands before them. @throws as `settle` */
export const readMeasures = async (measures: readonly Measure[], options: ComputeOptions): Promise<Readings> => {
  const readings = new Map<Measure, Reading>();
  // A stage tells nothing of its progress: it is not known what part of the whole it is.
  const { onProgress: _, ...running } = options;
  let left = measures;
  while (left.length > 0) {
    const due = left.filter(({ fields }) => measuresIn(fields).every((inner) => readings.has(inner)));
    const put = putNumbers(numbersOfAll(readings));
    const found = await readTogether(
      due.map((measure) => ({ measure, fields: measure.fields.map(put) })),
      running,
    );
    due.forEach((measure, k) => {
      const reading = found[k];
      if (reading !== undefined) readings.set(measure, reading);
    });
    left = left.filter((measure) => !readings.has(measure));
  }
  return readings;
};

/** A measure with its fields, in which every number is known. */
interface Settled {
  readonly measure: Measure;
  readonly fields: readonly Field[];
}

/** Measures that do not need each other: the means among them in one run. */
const readTogether = async (all: readonly Settled[], options: ComputeOptions): Promise<readonly Reading[]> => {
  const means = all.filter(({ measure }) => measure.quantity.kind === "mean");
  const ofMeans = new Map<Settled, Reading>();
  if (means.length > 0) {
    const sums = means.map(sumsOf);
    const compiled = compileTerms(sums.flat());
    const values = readTerms(compiled, await runGradient(compiled, options)).map(({ value }) => value);
    means.forEach((mean, k) => {
      const [sum = Number.NaN, count = 0] = [values[2 * k], values[2 * k + 1]];
      if (!(count > 0)) nothingIn(mean.measure);
      const terms = sums[k] ?? [];
      ofMeans.set(mean, { numbers: [sum / count], tangent: ([by = 0]) => lossOfTerms(terms, over(by / count)) });
    });
  }
  const readings: Reading[] = [];
  for (const each of all) readings.push(ofMeans.get(each) ?? (await readRanks(each, options)));
  return readings;
};

/** The sum over the voxels that count, and their number. */
const sumsOf = ({ measure: { where, grid }, fields }: Settled): readonly Reduction[] => {
  const counted = (value: Scalar): Scalar => (where === undefined ? value : select(where, value, constant(0)));
  return [tap(0), constant(1)].map((value) => reduction(counted(value), fields, grid));
};

const over = (factor: number): Scalar => binary("mul", tap(0), constant(factor));

/** The loss that is `body` of the first of some sums. */
const lossOfTerms = (terms: readonly Reduction[], body: Scalar): Loss => ({
  type: "loss",
  terms: terms.slice(0, 1),
  body,
  steps: [],
  problems: [],
});

const readRanks = async ({ measure, fields }: Settled, options: ComputeOptions): Promise<Reading> => {
  const { quantity, grid, where, name } = measure;
  const [field] = fields;
  if (quantity.kind === "mean" || field === undefined) return nothingIn(measure);
  const take = async (of: Field, storage: Storage): Promise<Voxels> => {
    const program = compileVolume(sample(of, grid, storage, `${name} goes by rank`));
    return run(program, options);
  };
  const voxels = await take(field, quantity.storage);
  const counted = where && (await take(mapFields(select(where, constant(1), constant(0)), fields), storedAs("uint8")));
  const values = ranked(voxels, counted?.data);
  if (values.count === 0) return nothingIn(measure);
  switch (quantity.kind) {
    case "quantiles": {
      const { shares } = quantity;
      const tangent = (cotangents: readonly number[]): Loss => {
        const weights = weightsOfRanks(voxels, counted?.data, values, shares, cotangents);
        const product = binary("mul", tap(0), tap(1));
        return lossOfTerms([reduction(product, [field, interpolate(input(weights, grid), null)], grid)], tap(0));
      };
      return { numbers: shares.map((share) => quantileOf(values, share)), tangent };
    }
    case "matching":
      return { numbers: matchingLine(values.distribution(), quantity.knots, quantity) };
  }
};

/**
 * What each voxel counts for in Σ cotangent · quantile: quantiles lie between two voxels, and move with these. Of
 * several voxels of one value the first is taken.
 */
const weightsOfRanks = (
  voxels: Voxels,
  counted: VoxelArray | undefined,
  values: Ranked,
  shares: readonly number[],
  cotangents: readonly number[],
): Voxels => {
  const { data, channels, rescale } = voxels;
  const weights = new Float64Array(data.length);
  const give = (rank: number, weight: number): void => {
    if (weight === 0) return;
    const value = values.at(rank);
    for (let k = 0; k < data.length; k++)
      if (
        Number(data[k]) * rescale.slope + rescale.intercept === value &&
        (counted === undefined || counted[k] !== 0)
      ) {
        weights[k] = (weights[k] ?? 0) + weight;
        return;
      }
  };
  shares.forEach((share, j) => {
    const { lower, upper, weight } = ranksAt(share, values.count);
    give(lower, (cotangents[j] ?? 0) * (1 - weight));
    give(upper, (cotangents[j] ?? 0) * weight);
  });
  return voxelsOf(weights, { channels });
};

const run = async (program: Program, { backend: asked = "auto", ...options }: ComputeOptions): Promise<Voxels> => {
  const { plan, inputs } = program;
  // Voxels that are at hand need no backend.
  const atHand = inputs[plan.result];
  if (atHand !== undefined) return isOnDevice(atHand) ? atHand.fetch() : atHand;
  const backend = asked === "auto" ? await automaticBackend(program) : asked;
  return backend.run(backend.runKept === undefined ? await fetched(program) : program, options);
};

const nothingIn = ({ name, where }: Measure): never =>
  fail({
    kind: "UnsupportedVoxels",
    reason: `${name} has no voxel to measure`,
    remedy: where === undefined ? "give an image that has voxels" : "give a mask that leaves some",
  });
