/** Steps with numbers that no one should give: what totality is tried on. */
import fc from "fast-check";
import { type Interpolator, interpolators } from "../../compiler/language/interpolator.ts";
import { type DType, dtypeNames } from "../../compiler/language/voxels.ts";
import type { SamplingFill, Step } from "../../src/step.ts";
import { vectors } from "./numbers.ts";
import { scalars } from "./scalars.ts";
import { axisNames, codes } from "./steps.ts";

const oddNumbers: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: -4, max: 8 }),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.5, 1e-7, 1e6, -1e6),
);
const oddVectors = vectors(oddNumbers);
const odd = {
  axis: fc.oneof(axisNames, oddVectors),
  sampling: fc.record(
    {
      interpolation: fc.constantFrom<Interpolator>(...interpolators),
      fill: fc.oneof(oddNumbers, fc.constantFrom<SamplingFill>("clamp", "background")),
    },
    { requiredKeys: [] },
  ),
  fill: fc.record({ fill: oddNumbers }, { requiredKeys: [] }),
  pair: fc.tuple(oddNumbers, oddNumbers),
  list: fc.array(oddNumbers, { maxLength: 3 }),
  mask: fc.record(
    {
      mask: fc.oneof(
        fc.constant<"nonzero">("nonzero"),
        oddNumbers.map((above) => ({ above })),
      ),
    },
    { requiredKeys: [] },
  ),
};

/** Steps of every operation with absurd numbers, some of which can be all the same. */
export const absurdSteps: fc.Arbitrary<Step> = fc.oneof(
  fc
    .tuple(odd.axis, oddNumbers, odd.sampling)
    .map(([axis, degrees, s]): Step => ({ op: "rotate", axis, degrees, ...s })),
  fc
    .tuple(
      fc.record(
        { rotate: oddVectors, scale: oddVectors, shear: oddVectors, translate: oddVectors, center: oddVectors },
        { requiredKeys: [] },
      ),
      odd.sampling,
    )
    .map(([parameters, s]): Step => ({ op: "affine", ...parameters, ...s })),
  fc
    .tuple(oddVectors, oddVectors, oddVectors, oddVectors, odd.sampling)
    .map(([a, b, c, offset, s]): Step => ({ op: "transform", matrix: [...a, ...b, ...c], offset, ...s })),
  fc.tuple(axisNames, oddNumbers).map(([axis, mm]): Step => ({ op: "translate", axis, mm })),
  fc.tuple(fc.oneof(oddNumbers, oddVectors), odd.sampling).map(([factor, s]): Step => ({ op: "scale", factor, ...s })),
  fc.tuple(oddVectors, odd.sampling).map(([spacing, s]): Step => ({ op: "resampleToSpacing", spacing, ...s })),
  fc.tuple(oddVectors, oddVectors, oddVectors, fc.tuple(oddVectors, oddVectors, oddVectors), odd.sampling).map(
    ([size, spacing, origin, [a, b, c], s]): Step => ({
      op: "resampleToImage",
      grid: { size, spacing, origin, direction: [...a, ...b, ...c] },
      ...s,
    }),
  ),
  odd.sampling.map((s): Step => ({ op: "rectify", ...s })),
  fc.tuple(oddVectors, oddVectors, odd.fill).map(([start, size, f]): Step => ({ op: "crop", start, size, ...f })),
  fc.tuple(oddVectors, oddVectors, odd.fill).map(([begin, end, f]): Step => ({ op: "pad", begin, end, ...f })),
  fc.tuple(oddVectors, odd.fill).map(([size, f]): Step => ({ op: "padOrCropTo", size, ...f })),
  axisNames.map((axis): Step => ({ op: "flip", axis })),
  fc.oneof(codes, fc.string({ maxLength: 4 })).map((to): Step => ({ op: "changeOrientation", to })),
  fc.constant<Step>({ op: "materialize" }),
  fc.constantFrom<DType>(...dtypeNames).map((dtype): Step => ({ op: "as", dtype })),
  fc.tuple(oddNumbers, oddNumbers).map(([slope, intercept]): Step => ({ op: "rescale", slope, intercept })),
  fc.tuple(oddNumbers, oddNumbers).map(([min, max]): Step => ({ op: "clamp", min, max })),
  fc.tuple(oddNumbers, oddNumbers).map(([center, width]): Step => ({ op: "window", center, width })),
  oddNumbers.map((gamma): Step => ({ op: "gamma", gamma })),
  scalars.map((body): Step => ({ op: "map", body })),
  odd.mask.map((m): Step => ({ op: "zScore", ...m })),
  fc.tuple(odd.pair, odd.pair, odd.mask).map(([to, percentiles, m]): Step => ({ op: "minMax", to, percentiles, ...m })),
  fc.tuple(odd.pair, odd.mask).map(([[low, high], m]): Step => ({ op: "clipPercentiles", low, high, ...m })),
  fc
    .tuple(odd.list, odd.list, oddNumbers, odd.mask)
    .map(([values, shares, knots, m]): Step => ({ op: "histogramMatch", reference: { values, shares }, knots, ...m })),
  fc
    .tuple(odd.list, odd.list, odd.mask)
    .map(([percentiles, values, m]): Step => ({ op: "nyulApply", landmarks: { percentiles, values }, ...m })),
  fc
    .record({ sigma: fc.oneof(oddNumbers, oddVectors), fwhm: oddNumbers }, { requiredKeys: [] })
    .map((widths): Step => ({ op: "smooth", ...widths })),
  oddVectors.map((spacing): Step => ({ op: "resampleToSpacing", spacing, antialias: true })),
  oddNumbers.map((classes): Step => ({ op: "oneHot", classes })),
  fc.constant<Step>({ op: "argMax" }),
);
