/** Movements of content: alone, for laws that know where it goes, and with the steps that undo them. */
import fc from "fast-check";
import { invert } from "../../compiler/language/affine.ts";
import type { Grid } from "../../compiler/language/grid.ts";
import { mapOf } from "../../compiler/language/real.ts";
import { vector } from "../../compiler/language/vector.ts";
import type { MedImage } from "../../src/image.ts";
import { applySteps } from "../../src/json.ts";
import { orientationOf } from "../../src/orientation.ts";
import type { AffineStep, SamplingOptions, Step } from "../../src/step.ts";
import { orientationClarity } from "../grid.ts";
import type { MovingStep } from "../motion.ts";
import type { Undoable } from "../resampling.ts";
import { factors, shears } from "./affines.ts";
import { displacements } from "./displacements.ts";
import { gridsNear, rotationAxes } from "./grids.ts";
import { decimals, vectors } from "./numbers.ts";
import { sequences } from "./pipelines.ts";
import {
  affineSteps,
  axisNames,
  codes,
  degrees,
  flips,
  respacings,
  rotations,
  scales,
  transforms,
  translations,
} from "./steps.ts";

const unsaid: fc.Arbitrary<SamplingOptions> = fc.constant({});

/** Steps that move content or the grid, and cut nothing off, with no sampling said. */
export const movingSteps = (grid: Grid): fc.Arbitrary<MovingStep> =>
  fc.oneof(
    rotations(unsaid),
    affineSteps(unsaid),
    transforms(grid, unsaid),
    scales(unsaid),
    respacings(grid, unsaid),
    gridsNear(grid).map((near): MovingStep => ({ op: "resampleToImage", grid: near })),
    displacements(grid, unsaid),
    translations,
    flips,
    codes.map((to): MovingStep => ({ op: "changeOrientation", to })),
  );

/** Movements that keep the grid's size, each with the steps that undo it. All sample alike. */
export const undoables = (grid: Grid, sampling: SamplingOptions): fc.Arbitrary<Undoable> => {
  const affine = (parameters: Omit<AffineStep, "op">): Step => ({ op: "affine", ...parameters, ...sampling });
  return fc.oneof(
    fc.tuple(fc.oneof(axisNames, rotationAxes), degrees).map(
      ([axis, turn]): Undoable => ({
        forward: [{ op: "rotate", axis, degrees: turn, ...sampling }],
        backward: [{ op: "rotate", axis, degrees: -turn, ...sampling }],
      }),
    ),
    // R·Sh·S with a shift is undone factor by factor, from the left.
    fc.tuple(vectors(degrees), factors, shears, vectors(decimals(-5, 5, 1))).map(
      ([rotate, scale, [xy, xz, yz], shift]): Undoable => ({
        forward: [affine({ rotate, scale, shear: [xy, xz, yz], translate: shift })],
        backward: [
          affine({ translate: vector((k) => -shift[k]) }),
          affine({ rotate: [0, 0, -rotate[2]] }),
          affine({ rotate: [0, -rotate[1], 0] }),
          affine({ rotate: [-rotate[0], 0, 0] }),
          affine({ shear: [-xy, xy * yz - xz, -yz] }),
          affine({ scale: vector((k) => 1 / scale[k]) }),
        ],
      }),
    ),
    transforms(grid, fc.constant(sampling)).map((step): Undoable => {
      const { linear, offset } = invert(mapOf(step.matrix, step.offset));
      return { forward: [step], backward: [{ ...step, matrix: linear, offset }] };
    }),
    translations.map((step): Undoable => ({ forward: [step], backward: [{ ...step, mm: -step.mm }] })),
    flips.map((step): Undoable => ({ forward: [step], backward: [step] })),
    // Between two orientations there is no code to come back to.
    ...(orientationClarity(grid.direction) < 1e-6
      ? []
      : [
          codes.map(
            (to): Undoable => ({
              forward: [{ op: "changeOrientation", to }],
              backward: [{ op: "changeOrientation", to: orientationOf(grid) }],
            }),
          ),
        ]),
  );
};

/** One to three moving steps, each drawn on the grid that it finds. */
export const movingSequences = (image: MedImage): fc.Arbitrary<readonly MovingStep[]> =>
  sequences(image, movingSteps, { least: 1, most: 3 });

/** One to three movements that can be undone, each drawn on the grid that it finds. */
export const undoableSequences = (image: MedImage, sampling: SamplingOptions): fc.Arbitrary<readonly Undoable[]> => {
  const from = (drawn: readonly Undoable[], left: number): fc.Arbitrary<readonly Undoable[]> =>
    left === 0
      ? fc.constant(drawn)
      : undoables(
          applySteps(
            drawn.flatMap(({ forward }) => forward),
            image,
          ).grid,
          sampling,
        ).chain((next) => from([...drawn, next], left - 1));
  return fc.integer({ min: 1, max: 3 }).chain((length) => from([], length));
};
