/** Gradients through what is measured, beside central differences: the numbers move with the voxels. */
import { describe, expect, test } from "vitest";
import {
  as,
  type Backend,
  clipPercentiles,
  type IntensityOperation,
  type Loss,
  type MedImage,
  minMax,
  mse,
  nyulApply,
  pipe,
  reference,
  resampleToSpacing,
  type Source,
  smooth,
  valueAndGradient,
  valueOfLoss,
  wasm,
  zScore,
} from "../../src/index.ts";
import { nudged, oblique, sampled, slopeOf, waves } from "../gradient/images.ts";

const image = waves(0.3);
const target = waves(1.1);
const mask = sampled((x, y) => (x + y > 4 ? 1 : 0), oblique);

/** A loss of an operation's result that no number of it leaves alone. */
const loss = (operation: IntensityOperation, of: Source<"intensity">): Loss =>
  pipe(of, operation, mse(pipe(target, minMax({ to: [0, 3] }))));

const operations: readonly (readonly [string, IntensityOperation])[] = [
  ["zScore", zScore()],
  ["zScore under a mask", zScore({ mask })],
  ["zScore above a value", zScore({ mask: { above: -0.2 } })],
  ["zScore twice", (source) => pipe(source, zScore(), as("float64"), minMax({ percentiles: [10, 80] }), zScore())],
  ["minMax", minMax({ to: [-1, 2] })],
  ["minMax of percentiles under a mask", minMax({ percentiles: [5, 91.3], mask })],
  ["clipPercentiles", clipPercentiles(11, 83)],
  ["nyulApply", nyulApply({ percentiles: [1, 25, 50, 75, 99], values: [0, 10, 30, 35, 60] })],
  ["smooth", smooth({ sigma: [1, 2, 3] })],
  [
    "smooth, antialias and zScore",
    (source) =>
      pipe(
        source,
        smooth({ fwhm: 2 }),
        resampleToSpacing([3, 2.5, 2], { antialias: true, interpolation: "linear", fill: 0 }),
        zScore(),
      ),
  ],
];

/** Voxels at the ends, in the middle, and those that are percentiles themselves. */
const extremes = (of: MedImage): readonly number[] => {
  const order = Array.from(of.voxels.data.keys()).sort((a, b) => Number(of.voxels.data[a]) - Number(of.voxels.data[b]));
  return [0, 0.01, 0.05, 0.11, 0.25, 0.5, 0.75, 0.83, 0.913, 0.99, 1].map(
    (q) => order[Math.round(q * (order.length - 1))]!,
  );
};
const voxels = [0, 17, 100, 255, 400, 503, ...extremes(image)];

describe.each<Backend>([reference, wasm])("$name: by voxels", (backend) => {
  test.each(operations)("%s", async (_, operation) => {
    const { value, gradient } = await valueAndGradient(loss(operation, image), {
      wrt: { image },
      backend,
      dtype: "float64",
    });
    expect(value / (await valueOfLoss(loss(operation, image), { backend: reference }))).toBeCloseTo(1, 5);
    const found = gradient.image.voxels.data as Float64Array;
    const scale = Math.max(...Array.from(found, Math.abs));
    for (const voxel of voxels) {
      const expected = await slopeOf(
        (by) => valueOfLoss(loss(operation, nudged(image, voxel, by)), { backend: reference }),
        1e-6,
      );
      expect(Math.abs(found[voxel]! - expected) / scale, `voxel ${voxel}`).toBeLessThan(
        backend === reference ? 1e-5 : 1e-4,
      );
    }
  });
});
