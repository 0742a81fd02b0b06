/**
 * Single steps, by what they do. Those that depend on a grid (what can be cropped, which image to resample
 * to) are functions of it, so that a step drawn is a step that can be.
 */
import fc from "fast-check";
import { about, fixed } from "../../compiler/language/affine.ts";
import { centreOf, type Grid } from "../../compiler/language/grid.ts";
import { type Vector3, vector } from "../../compiler/language/vector.ts";
import { type DType, dtypeNames } from "../../compiler/language/voxels.ts";
import { orientationCodes } from "../../src/orientation.ts";
import type {
  AffineStep,
  AxisName,
  CropStep,
  FillOptions,
  FlipStep,
  PadStep,
  ResampleToSpacingStep,
  RescaleStep,
  RotateStep,
  SamplingOptions,
  ScaleStep,
  Step,
  TransformStep,
  TranslateStep,
} from "../../src/step.ts";
import type { ExactStep } from "../exact.ts";
import { affines, factors, shears } from "./affines.ts";
import { displacements } from "./displacements.ts";
import { gridsNear, rotationAxes } from "./grids.ts";
import { decimals, vectors } from "./numbers.ts";
import { scalars } from "./scalars.ts";

export const axisNames: fc.Arbitrary<AxisName> = fc.constantFrom("x", "y", "z");
export const codes: fc.Arbitrary<string> = fc.constantFrom(...orientationCodes);
export const degrees: fc.Arbitrary<number> = fc.oneof(decimals(-180, 180, 1), fc.constantFrom(90, 180, -90, 0));

const options = <O extends object>(arbitrary: fc.Arbitrary<O> | undefined): fc.Arbitrary<O | Record<never, never>> =>
  arbitrary ?? fc.constant({});

/** Points to turn about, or none said. */
const centers: fc.Arbitrary<{ readonly center?: Vector3 }> = fc.oneof(
  fc.constant({}),
  vectors(decimals(-20, 20, 1)).map((center) => ({ center })),
);

export const rotations = (sampling: fc.Arbitrary<SamplingOptions>): fc.Arbitrary<RotateStep> =>
  fc
    .tuple(fc.oneof(axisNames, rotationAxes), degrees, centers, sampling)
    .map(([axis, turn, center, s]) => ({ op: "rotate", axis, degrees: turn, ...center, ...s }));

export const affineSteps = (sampling: fc.Arbitrary<SamplingOptions>): fc.Arbitrary<AffineStep> =>
  fc
    .tuple(
      fc.record(
        { rotate: vectors(degrees), scale: factors, shear: shears, translate: vectors(decimals(-5, 5, 1)) },
        { requiredKeys: [] },
      ),
      centers,
      sampling,
    )
    .map(([parameters, center, s]) => ({ op: "affine", ...parameters, ...center, ...s }));

/** Maps of twelve numbers, which may move content about a grid that lies anywhere: they turn about `near`. */
export const transforms = (near: Grid, sampling: fc.Arbitrary<SamplingOptions>): fc.Arbitrary<TransformStep> =>
  fc.tuple(affines, sampling).map(([map, s]) => {
    const { linear, offset } = about(fixed(centreOf(near)), map, fixed(map.offset));
    return { op: "transform", matrix: linear, offset, ...s };
  });

export const translations: fc.Arbitrary<TranslateStep> = fc.record({
  op: fc.constant("translate"),
  axis: axisNames,
  mm: decimals(-50, 50),
});

export const flips: fc.Arbitrary<FlipStep> = fc.record({ op: fc.constant("flip"), axis: axisNames });

export const scales = (sampling: fc.Arbitrary<SamplingOptions>): fc.Arbitrary<ScaleStep> =>
  fc
    .tuple(fc.oneof(decimals(0.4, 1.6), vectors(decimals(0.4, 1.6))), sampling)
    .map(([factor, s]) => ({ op: "scale", factor, ...s }));

/** Spacings from 0.7 to 2 times the present one, so that sizes stay small. */
export const respacings = (grid: Grid, sampling: fc.Arbitrary<SamplingOptions>): fc.Arbitrary<ResampleToSpacingStep> =>
  fc
    .tuple(
      vectors(decimals(0.7, 2)),
      fc.constantFrom<{ align?: "origin" | "extent" }>({}, { align: "origin" }, { align: "extent" }),
      sampling,
    )
    .map(([factor, align, s]) => ({
      op: "resampleToSpacing",
      spacing: vector((k) => grid.spacing[k] * factor[k]),
      ...align,
      ...s,
    }));

/** Any box within the grid. */
export const crops = (grid: Grid, fill?: fc.Arbitrary<FillOptions>): fc.Arbitrary<CropStep> =>
  fc
    .tuple(vectors(fc.integer({ min: 0, max: 99 })), vectors(fc.integer({ min: 0, max: 99 })), options(fill))
    .map(([from, to, o]) => {
      const start = vector((k) => Math.floor((from[k] / 100) * grid.size[k]));
      return {
        op: "crop",
        start,
        size: vector((k) => 1 + Math.floor((to[k] / 100) * (grid.size[k] - start[k]))),
        ...o,
      };
    });

export const pads = (fill?: fc.Arbitrary<FillOptions>): fc.Arbitrary<PadStep> =>
  fc
    .tuple(vectors(fc.integer({ min: 0, max: 2 })), vectors(fc.integer({ min: 0, max: 2 })), options(fill))
    .map(([begin, end, o]) => ({ op: "pad", begin, end, ...o }));

/** Steps that move whole voxels. */
export const exactSteps = (grid: Grid, fill?: fc.Arbitrary<FillOptions>): fc.Arbitrary<ExactStep> =>
  fc.oneof(
    crops(grid, fill),
    pads(fill),
    fc
      .tuple(vectors(fc.integer({ min: 1, max: 6 })), options(fill))
      .map(([size, o]): ExactStep => ({ op: "padOrCropTo", size, ...o })),
    flips,
    translations,
    codes.map((to): ExactStep => ({ op: "changeOrientation", to })),
  );

/** Steps that sample, and change nothing but place. */
export const samplingSteps = (grid: Grid, sampling: fc.Arbitrary<SamplingOptions>): fc.Arbitrary<Step> =>
  fc.oneof(
    rotations(sampling),
    affineSteps(sampling),
    transforms(grid, sampling),
    scales(sampling),
    respacings(grid, sampling),
    fc.tuple(gridsNear(grid), sampling).map(([near, s]): Step => ({ op: "resampleToImage", grid: near, ...s })),
    displacements(grid, sampling),
  );

export const rescaleSteps: fc.Arbitrary<RescaleStep> = fc.record({
  op: fc.constant("rescale"),
  slope: decimals(-3, 3),
  intercept: decimals(-50, 50, 1),
});

/** Steps that change values and not places. */
export const mapSteps: fc.Arbitrary<Step> = fc.oneof(
  rescaleSteps,
  fc.tuple(decimals(-500, 0, 0), decimals(0, 500, 0)).map(([min, max]): Step => ({ op: "clamp", min, max })),
  fc
    .tuple(decimals(-500, 500, 0), decimals(1, 900, 0), fc.constantFrom<readonly [number, number][]>([], [[0, 255]]))
    .map(([center, width, [to]]): Step => ({ op: "window", center, width, ...(to === undefined ? {} : { to }) })),
  decimals(0.2, 3).map((gamma): Step => ({ op: "gamma", gamma })),
  scalars.map((body): Step => ({ op: "map", body })),
);

/** Steps that change how values are kept. */
export const asSteps = (among: readonly DType[] = dtypeNames): fc.Arbitrary<Step> =>
  fc.constantFrom(...among).map((dtype): Step => ({ op: "as", dtype }));
