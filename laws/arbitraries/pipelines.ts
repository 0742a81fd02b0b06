/**
 * Whole pipelines: sequences of steps each of which can be where it stands. They are drawn step by step on
 * the grids that come up on the way, and kept small by it.
 */

import fc from "fast-check";
import type { Grid } from "../../compiler/language/grid.ts";
import type { Source } from "../../src/expression.ts";
import type { Kind, MedImage } from "../../src/image.ts";
import { applySteps } from "../../src/json.ts";
import type { FillOptions, SamplingFill, SamplingOptions, Step } from "../../src/step.ts";
import { biasFields } from "./displacements.ts";
import { type ImageOptions, images } from "./images.ts";
import { fillValues, imageFills, partialSamplings } from "./samplings.ts";
import { asSteps, exactSteps, mapSteps, noises, samplingSteps } from "./steps.ts";

/** An image and the steps to be performed on it. */
export interface Case<K extends Kind = "intensity"> {
  readonly image: MedImage<K>;
  readonly steps: readonly Step[];
}

/** Draws the next step, given the grid that it finds. */
export type NextStep = (grid: Grid) => fc.Arbitrary<Step>;

/** No grid on the way may grow over this along an axis. */
const largest = 9;

/** How many steps to draw: none to four unless said otherwise. */
export interface Length {
  readonly least?: number;
  readonly most?: number;
}

/** Steps to be performed on an image or expression, one after the other; one after which the grid would be too large is left out. */
export const sequences = <S extends Step>(
  source: Source,
  next: (grid: Grid) => fc.Arbitrary<S>,
  { least = 0, most = 4 }: Length = {},
): fc.Arbitrary<readonly S[]> => {
  const from = (steps: readonly S[], left: number): fc.Arbitrary<readonly S[]> =>
    left === 0
      ? fc.constant(steps)
      : next(applySteps(steps, source).grid).chain((step) => {
          const longer = [...steps, step];
          return from(applySteps(longer, source).grid.size.every((n) => n <= largest) ? longer : steps, left - 1);
        });
  return fc.integer({ min: least, max: most }).chain((length) => from([], length));
};

/** Images with sequences of steps on them. */
export const cases = <K extends Kind>(
  images: fc.Arbitrary<MedImage<K>>,
  next: NextStep,
  length?: Length,
): fc.Arbitrary<Case<K>> => images.chain((image) => sequences(image, next, length).map((steps) => ({ image, steps })));

const fillsOf = (fills: fc.Arbitrary<number | "background">): fc.Arbitrary<FillOptions> =>
  fc.record({ fill: fills }, { requiredKeys: [] });

/** Spatial steps of every kind. */
export const spatialSteps =
  (
    sampling: fc.Arbitrary<SamplingOptions> = partialSamplings(),
    fill: fc.Arbitrary<FillOptions> = fillsOf(fc.oneof(fillValues, fc.constant<"background">("background"))),
  ): NextStep =>
  (grid) =>
    fc.oneof(
      { weight: 3, arbitrary: samplingSteps(grid, sampling) },
      { weight: 2, arbitrary: exactSteps(grid, fill) },
      { weight: 1, arbitrary: fc.constant<Step>({ op: "materialize" }) },
    );

/** Everything there is: spatial steps, materializes, maps, noise and dtypes. */
export const anySteps =
  (sampling: fc.Arbitrary<SamplingOptions> = partialSamplings()): NextStep =>
  (grid) =>
    fc.oneof(
      { weight: 6, arbitrary: spatialSteps(sampling)(grid) },
      { weight: 2, arbitrary: mapSteps },
      { weight: 1, arbitrary: noises },
      { weight: 1, arbitrary: biasFields(grid) },
      { weight: 2, arbitrary: asSteps(["uint8", "int16", "int32", "float32", "float64"]) },
    );

/** Spatial steps that take what lies outside from the image. */
export const imageFilledSteps: NextStep = spatialSteps(
  partialSamplings(undefined, fc.constantFrom<SamplingFill>(...imageFills)),
  fillsOf(fc.constant("background")),
);

/** Spatial steps that agree on one sampling: each says all of it, and nothing is materialized. */
export const agreeingSteps =
  (sampling: Required<SamplingOptions>, fill: FillOptions): NextStep =>
  (grid) =>
    fc.oneof(samplingSteps(grid, fc.constant(sampling)), exactSteps(grid, fc.constant(fill)));

/** Random pipelines of every step on images of every kind: what a law of all pipelines is tried on. */
export const pipelines = (options?: ImageOptions): fc.Arbitrary<Case> => cases(images(options), anySteps());
