/**
 * The two images at coarser and coarser resolutions. Halving looks linearly at the corners between voxels, which
 * averages 2×2×2 of them exactly: a box that lets through little of what the coarser grid cannot hold.
 */

import { pipe } from "fp-ts/lib/function.js";
import { type Grid, respaced } from "../../compiler/language/grid.ts";
import { type Axis, axes, type Vector3, vector } from "../../compiler/language/vector.ts";
import { type EvaluateOptions, evaluate } from "../evaluate.ts";
import type { MedImage } from "../image.ts";
import { materialize } from "../ops/materialize.ts";
import { resampleToImage } from "../ops/resample.ts";
import type { SamplingOptions } from "../step.ts";

/** Axes are not halved below this many voxels. */
const fewest = 12;

/** The grid with the given axes at half their resolution, its outer edge at the same place; an odd voxel at the end is left out. */
const halved = (grid: Grid, which: readonly Axis[]): Grid => {
  const by = vector((k) => (which.includes(k) ? 2 : 1));
  return respaced(
    grid,
    vector((k) => Math.floor(grid.size[k] / by[k])),
    vector((k) => grid.spacing[k] * by[k]),
    vector((k) => (by[k] - 1) / 2),
  );
};

/** How often an axis is halved on the way to voxels of about `spacing` mm. */
const halvings = (grid: Grid, spacing: number): Vector3 =>
  vector((k) => {
    const wanted = Math.max(0, Math.round(Math.log2(spacing / grid.spacing[k])));
    const possible = Math.max(0, Math.floor(Math.log2(grid.size[k] / fewest)));
    return Math.min(wanted, possible);
  });

/** The image with voxels of about `spacing` mm along each axis that has smaller ones. */
export const reducedTo = async (
  image: MedImage<"intensity">,
  spacing: number,
  options: EvaluateOptions,
): Promise<MedImage<"intensity">> => {
  const times = halvings(image.grid, spacing);
  let reduced = image;
  for (let round = 0; round < Math.max(...times); round++) {
    const grid = halved(
      reduced.grid,
      axes.filter((k) => times[k] > round),
    );
    reduced = await evaluate(resampleToImage(grid, { interpolation: "linear", fill: "clamp" })(reduced), options);
  }
  return reduced;
};

/**
 * The image weighted by ¼, ½, ¼ along each axis that has several voxels: looked at linearly half a voxel off, and from
 * there half a voxel back. Linear interpolation blurs between voxels and not on them, so that noise draws the optimum
 * of a shift towards half voxels; on images that are a little blurred already it does so hardly.
 */
export const softened = async (
  image: MedImage<"intensity">,
  options: EvaluateOptions,
): Promise<MedImage<"intensity">> => {
  const { grid } = image;
  const off = vector((k) => (grid.size[k] > 1 ? 1 : 0));
  const between = respaced(
    grid,
    vector((k) => grid.size[k] + off[k]),
    grid.spacing,
    vector((k) => -off[k] / 2),
  );
  const sampling: SamplingOptions = { interpolation: "linear", fill: "clamp" };
  return evaluate(
    pipe(image, resampleToImage(between, sampling), materialize, resampleToImage(grid, sampling)),
    options,
  );
};

/** Shrink factors for a grid, coarsest first: halves for as long as the axis of most voxels keeps 16. */
export const defaultPyramid = ({ size, spacing }: Grid): readonly number[] => {
  const finest = Math.min(...spacing);
  const isCoarseEnough = (factor: number): boolean =>
    axes.every((k) => size[k] / Math.max(1, (factor * finest) / spacing[k]) < 16);
  const factors: number[] = [1];
  for (let factor = 2; factor <= 8 && !isCoarseEnough(factor); factor *= 2) factors.unshift(factor);
  return factors;
};
