/** Displacements and bias fields by a few vectors or control points near a grid. */
import fc from "fast-check";
import { type Grid, voxelCount } from "../../compiler/language/grid.ts";
import { imageFromArray, type MedImage } from "../../src/image.ts";
import { controlGrid } from "../../src/ops/displace.ts";
import type { BiasFieldStep, DisplaceStep, SamplingOptions } from "../../src/step.ts";
import { gridsNear } from "./grids.ts";
import { decimals, seeds, stream } from "./numbers.ts";

/** Numbers of up to `largest` in magnitude, as float32. */
const numbersOn = (grid: Grid, channels: number, seed: number, largest: number): MedImage<"intensity"> => {
  const next = stream(seed);
  const data = Float32Array.from({ length: channels * voxelCount(grid) }, () => (next() * 2 - 1) * largest);
  return imageFromArray(data, grid, { channels });
};

export const displacements = (grid: Grid, sampling: fc.Arbitrary<SamplingOptions>): fc.Arbitrary<DisplaceStep> =>
  fc
    .tuple(
      fc.oneof(
        gridsNear(grid).map((at) => ({ by: "vectors" as const, at })),
        fc.integer({ min: 1, max: 3 }).map((mesh) => ({ by: "control points" as const, at: controlGrid(grid, mesh) })),
      ),
      seeds,
      decimals(0, 4, 1),
      sampling,
    )
    .map(([{ by, at }, seed, largest, s]) => ({ op: "displace", by, vectors: numbersOn(at, 3, seed, largest), ...s }));

export const biasFields = (grid: Grid): fc.Arbitrary<BiasFieldStep> =>
  fc.tuple(fc.integer({ min: 1, max: 2 }), seeds, decimals(0, 1)).map(([mesh, seed, largest]) => ({
    op: "biasField",
    controlPoints: numbersOn(controlGrid(grid, mesh), 1, seed, largest),
  }));
