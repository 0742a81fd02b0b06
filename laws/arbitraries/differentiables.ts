/**
 * Pipelines to differentiate: affine ones for transposes, curved ones for slopes, and ones with parameters. What they
 * keep on the way is float64, so that differences of results are not those of rounding.
 */
import fc from "fast-check";
import { affineOf } from "../../compiler/language/affine.ts";
import { centreOf, type Grid, gridFromAffine, pointAt, voxelCount } from "../../compiler/language/grid.ts";
import { numberOf } from "../../compiler/language/real.ts";
import * as scalar from "../../compiler/language/scalar.ts";
import {
  add,
  apply3,
  diagonal,
  type Matrix3,
  multiply3,
  rotation3,
  subtract,
  type Vector3,
  vector,
} from "../../compiler/language/vector.ts";
import { type Source, toExpression } from "../../src/expression.ts";
import type { MedImage } from "../../src/image.ts";
import { applySteps } from "../../src/json.ts";
import { addLosses, type Loss, mse, ncc, scaleLoss, sum, sumOfSquares, weightedSum } from "../../src/loss.ts";
import { resampleToImage } from "../../src/ops/resample.ts";
import type { SamplingFill, SamplingOptions, Step } from "../../src/step.ts";
import { noiseLike, withReals } from "../noise.ts";
import { movablesIn, parametrised, withValues } from "../parameters.ts";
import { rotationAxes } from "./grids.ts";
import { images } from "./images.ts";
import { decimals, seeds, stream, vectors } from "./numbers.ts";
import { agreeingSteps, type Case, cases, type NextStep, sequences, spatialSteps } from "./pipelines.ts";
import { continuousFills, partialSamplings, samplings } from "./samplings.ts";
import { affineSteps, exactSteps, noises, rescaleSteps, rotations, scales, translations } from "./steps.ts";

/** Steps after which float64 is kept wherever float32 would be. */
export const keptInFloat64 = (source: Source, steps: readonly Step[]): readonly Step[] => {
  let expression = applySteps([], source);
  return steps.flatMap((step): readonly Step[] => {
    const next = applySteps([step], expression);
    const kept: readonly Step[] = next.storage.dtype === "float32" ? [step, { op: "as", dtype: "float64" }] : [step];
    expression = applySteps(kept, expression);
    return kept;
  });
};

const inFloat64 = ({ image, steps }: Case): Case => ({ image, steps: keptInFloat64(image, steps) });

/** A default fill would be the background, which depends on the voxels in a way of its own. */
const withFill = (said: SamplingOptions): SamplingOptions => ({ fill: 0, ...said });

const constants = fc.constantFrom(0, 7, -3);
/** Steps that are affine in the voxels. */
const linearSteps: NextStep = (grid) =>
  fc.oneof(
    {
      weight: 6,
      arbitrary: spatialSteps(
        partialSamplings(undefined, fc.oneof(constants, fc.constantFrom<SamplingFill>(...continuousFills))).map(
          withFill,
        ),
        fc.record({ fill: constants }),
      )(grid),
    },
    { weight: 1, arbitrary: rescaleSteps },
  );

/** An image and another one of its grid and storage, and steps that are affine in the voxels. */
export interface AffineCase extends Case {
  readonly other: MedImage<"intensity">;
}

/**
 * Up to six operations by every interpolator with every fill, on images of every dtype. Where the fill is the
 * background, both images have one background and nothing is materialized, so that it is a constant.
 */
export const affineCases: fc.Arbitrary<AffineCase> = fc
  .tuple(
    fc.oneof(
      { weight: 6, arbitrary: cases(images({ channels: 2 }), linearSteps, { most: 6 }).map(inFloat64) },
      {
        weight: 1,
        arbitrary: samplings(undefined, fc.constant<SamplingFill>("background")).chain((said) =>
          cases(images({ channels: 2 }).map(withCorners), agreeingSteps(said, { fill: "background" }), { most: 6 }),
        ),
      },
    ),
    seeds,
  )
  .map(([{ image, steps }, seed]) => {
    const other = noiseLike(image, seed);
    return { image, steps, other: hasBackground(steps) ? withCorners(other) : other };
  });

const hasBackground = (steps: readonly Step[]): boolean =>
  steps.some((step) => "fill" in step && step.fill === "background");

/** The image with 0 stored at its corners. */
const withCorners = (image: MedImage<"intensity">): MedImage<"intensity"> => {
  const { voxels, grid } = image;
  const [nx, ny, nz] = grid.size;
  const data = voxels.data.slice();
  for (let channel = 0; channel < voxels.channels; channel++)
    for (const z of [0, nz - 1])
      for (const y of [0, ny - 1])
        for (const x of [0, nx - 1]) {
          const at = ((channel * nz + z) * ny + y) * nx + x;
          if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[at] = 0n;
          else data[at] = 0;
        }
  return { ...image, voxels: { ...voxels, data } };
};

const { binary, constant, select, unary } = scalar;
const value = scalar.tap(0);
const squared = binary("mul", value, value);

/** Arithmetic with a slope nearly everywhere: each operator of the language that has any, with numbers to differentiate by. */
export const curves: fc.Arbitrary<scalar.Scalar> = fc.constantFrom<scalar.Scalar>(
  unary("exp", binary("mul", value, constant(0.003))),
  unary("log", binary("add", squared, constant(90))),
  unary("sqrt", binary("add", squared, constant(400))),
  unary("neg", unary("abs", binary("sub", value, constant(11)))),
  binary("div", value, binary("add", binary("mul", unary("abs", value), constant(0.02)), constant(3))),
  binary("pow", binary("add", unary("abs", value), constant(5)), constant(1.3)),
  binary("pow", constant(1.02), binary("min", value, constant(30))),
  binary("max", binary("mul", squared, constant(0.01)), value),
  select(
    binary("less", value, constant(-20)),
    binary("mul", value, constant(2)),
    binary("mul", squared, constant(0.02)),
  ),
);

/** Maps of values that have a slope nearly everywhere. */
export const smoothMaps: fc.Arbitrary<Step> = fc.oneof(
  rescaleSteps,
  noises.map((step) => ({ ...step, deviation: 1 + numberOf(step.deviation) })),
  fc.tuple(decimals(-80, -5), decimals(5, 80)).map(([min, max]): Step => ({ op: "clamp", min, max })),
  fc
    .tuple(decimals(-50, 50), decimals(20, 120))
    .map(([center, width]): Step => ({ op: "window", center, width, to: [0, 90] })),
  decimals(0.7, 1.8).map((gamma): Step => ({ op: "gamma", gamma })),
  curves.map((body): Step => ({ op: "map", body })),
);

/** Images of floats from −100 to 100: what differences can be taken of. */
export const floatImages: fc.Arbitrary<MedImage<"intensity">> = fc
  .tuple(images({ dtypes: ["float64"], channels: 2 }), seeds)
  .map(([image, seed]) => noiseLike(image, seed));

/** Spatial steps with maps among them. */
const curvedSteps: NextStep = (grid) =>
  fc.oneof(
    { weight: 3, arbitrary: spatialSteps(partialSamplings(), fc.constantFrom({}, { fill: 0 }, { fill: -3 }))(grid) },
    { weight: 1, arbitrary: smoothMaps },
  );

/** Pipelines over floats of spatial steps and maps that have a slope nearly everywhere. */
export const curvedCases: fc.Arbitrary<Case> = cases(floatImages, curvedSteps).map(inFloat64);

/** An image, steps, and steps for after a materialize. */
export interface ChainedCase {
  readonly image: MedImage<"intensity">;
  readonly before: readonly Step[];
  readonly after: readonly Step[];
  readonly seed: number;
}

/** Two parts of a pipeline; the second says all of its sampling, for after an evaluation none is inherited. */
export const chainedCases: fc.Arbitrary<ChainedCase> = fc
  .tuple(curvedCases, samplings(), seeds)
  .chain(([{ image, steps: before }, said, seed]) =>
    sequences(
      applySteps(before, image),
      (grid) =>
        fc.oneof(
          { weight: 3, arbitrary: agreeingSteps(said, { fill: 0 })(grid) },
          { weight: 1, arbitrary: smoothMaps },
        ),
      { most: 2 },
    ).map((after) => ({ image, before, after: keptInFloat64(applySteps(before, image), after), seed })),
  );

/** The same, on which nothing may be said of the background: it counts as a constant, though voxels move it. */
const movedCases: fc.Arbitrary<Case> = cases(floatImages, (grid) =>
  fc.oneof({ weight: 3, arbitrary: linearSteps(grid) }, { weight: 2, arbitrary: smoothMaps }),
).map(inFloat64);

/** A loss of an expression, made with noise on its grid. */
export type LossOn = (source: Source, noise: MedImage<"intensity">) => Loss;

const weights = (noise: MedImage<"intensity">): MedImage<"intensity"> => withReals(noise, Math.abs);

/** One of each kind. */
export const losses: Readonly<Record<LossName, LossOn>> = {
  weightedSum: (source, noise) => weightedSum(noise)(source),
  sumOfSquares: (source) => sumOfSquares(source),
  mse: (source, noise) => mse(noise)(source),
  masked: (source, noise) => mse(noise, { mask: weights(noise) })(source),
  // The correlation of a few numbers is ±1 or hangs on their last digits.
  ncc: (source, noise) => (voxelCount(noise.grid) < 9 ? sumOfSquares : ncc(noise))(source),
  several: (source, noise) =>
    addLosses(scaleLoss(-50)(losses.ncc(source, noise)), sum(source), scaleLoss(3)(mse(noise)(source))),
  own: (source, noise) => {
    const { image } = toExpression(source);
    return weightedSum(
      resampleToImage(noise.grid, { interpolation: "linear", fill: 0 })({ ...image, kind: "intensity" }),
    )(source);
  },
};
export type LossName = "weightedSum" | "sumOfSquares" | "mse" | "masked" | "ncc" | "several" | "own";
const lossNames = fc.constantFrom<LossName>("weightedSum", "sumOfSquares", "mse", "masked", "ncc", "several", "own");

/** An image, and what loss to make of what steps make of it. */
export interface LossCase extends Case {
  readonly by: LossName;
  readonly seed: number;
}

/** Losses of every kind, of pipelines that have a slope nearly everywhere. */
export const lossCases: fc.Arbitrary<LossCase> = fc
  .tuple(movedCases, lossNames, seeds)
  .map(([{ image, steps }, by, seed]) => ({ image, steps, by, seed }));

/** Grids close by another, whose voxels lie at no special place among its own. */
const grazing = (near: Grid): fc.Arbitrary<Grid> =>
  fc
    .tuple(
      vectors(fc.integer({ min: 2, max: 4 })),
      vectors(decimals(0.5, 1)),
      vectors(decimals(-0.5, 0.5)),
      rotationAxes,
      decimals(-40, 40),
    )
    .map(([size, factor, shift, axis, degrees]) => {
      const turn = multiply3(rotation3(axis, degrees + 0.0373), near.direction);
      const start = vector((k) => near.spacing[k] * (shift[k] + 0.0137));
      return gridFromAffine(
        size,
        affineOf(
          multiply3(turn, diagonal(vector((k) => near.spacing[k] * factor[k]))),
          add(near.origin, apply3(turn, start)),
        ),
      );
    });

/** Values a little beside the round ones that are drawn, at which points meet voxels. */
const aside = (steps: readonly Step[], seed: number): readonly Step[] => {
  const next = stream(seed);
  const units = new Map(movablesIn(steps).map(({ parameter, unit }) => [parameter.parameter, unit]));
  return withValues(steps, ({ parameter, value }) => value + (units.get(parameter) ?? 0) * (0.01 + 0.02 * next()));
};

/** Where to turn about, if that is said: a point of the grid. */
const centres = (grid: Grid): fc.Arbitrary<{ readonly center?: Vector3 }> =>
  fc.option(
    vectors(decimals(0, 1)).map((share) => ({
      center: pointAt(
        grid,
        vector((k) => share[k] * (grid.size[k] - 1)),
      ),
    })),
    { nil: {} },
  );

/** Nine numbers near a turn, and a shift. */
const transforms = fc
  .tuple(rotationAxes, decimals(-60, 60), vectors(decimals(0.7, 1.3)), vectors(decimals(-2, 2)))
  .map(([axis, degrees, scale, offset]) => ({ linear: multiply3(rotation3(axis, degrees), diagonal(scale)), offset }));

/** The twelve numbers of a map that leaves the middle of a grid near where it is. */
const about = (grid: Grid, matrix: Matrix3, shift: Vector3): { readonly matrix: Matrix3; readonly offset: Vector3 } => {
  const centre = centreOf(grid);
  return { matrix, offset: add(subtract(centre, apply3(matrix, centre)), shift) };
};

const movingSteps =
  (said: Required<SamplingOptions>): NextStep =>
  (grid) => {
    const sampling = fc.constant(said);
    return fc.oneof(
      {
        weight: 3,
        arbitrary: fc.oneof<fc.Arbitrary<Step>[]>(
          fc
            .tuple(fc.oneof(rotations(sampling), affineSteps(sampling)), centres(grid))
            .map(([step, at]) => ({ ...step, ...at })),
          fc
            .tuple(transforms, sampling)
            .map(([{ linear, offset }, said]) => ({ op: "transform", ...about(grid, linear, offset), ...said })),
        ),
      },
      { weight: 1, arbitrary: translations },
      { weight: 1, arbitrary: exactSteps(grid, fc.constant({ fill: 0 })) },
      { weight: 1, arbitrary: fc.oneof<fc.Arbitrary<Step>[]>(scales(sampling), fc.constant({ op: "materialize" })) },
      { weight: 1, arbitrary: smoothMaps },
    );
  };

/** Losses of pipelines with parameters in place of all numbers, looked at between the voxels. */
export const parameterCases: fc.Arbitrary<LossCase> = fc
  .tuple(
    floatImages,
    samplings(
      ["linear", "bspline", "linear", "bspline", "nearest"],
      fc.oneof(constants, fc.constantFrom(...continuousFills)),
    ),
    lossNames,
    seeds,
  )
  .chain(([image, said, by, seed]) =>
    sequences(image, movingSteps(said), { least: 1, most: 3 })
      .map((steps) => aside(parametrised(steps), seed))
      .chain((steps) =>
        grazing(applySteps(steps, image).grid).map((grid): LossCase => {
          const look: Step = { op: "resampleToImage", grid, ...said };
          return { image, steps: keptInFloat64(image, [...steps, look]), by, seed };
        }),
      ),
  );
