/**
 * How alike two images are, over the points that both of them show: losses of the gradient API, weighted by where the
 * moved content lies. The weight is a clip and no image, so that it costs no second look at voxels.
 */

import { pipe } from "fp-ts/lib/function.js";
import { constant } from "../../compiler/language/scalar.ts";
import type { Expression, Operation } from "../expression.ts";
import type { MedImage } from "../image.ts";
import { type LossOf, type MaskOptions, mse, ncc } from "../loss.ts";
import { mutualInformation } from "../losses/mutual-information.ts";
import { crop } from "../ops/crop.ts";
import { map } from "../ops/intensity.ts";
import { resampleToImage } from "../ops/resample.ts";
import { byRank } from "./ranks.ts";

/** Mean squared difference, normalised cross-correlation, and mutual information (Mattes). */
export type MetricName = "mse" | "ncc" | "mi";
export const metricNames: readonly MetricName[] = ["mse", "ncc", "mi"];

/** The loss of each metric against the fixed image. */
export const metrics: Readonly<Record<MetricName, (fixed: MedImage, options: MaskOptions) => LossOf>> = {
  mse,
  ncc,
  mi: mutualInformation,
};

/** How an image is seen before it is compared. */
export const prepare: Readonly<Record<MetricName, (image: MedImage<"intensity">) => MedImage<"intensity">>> = {
  mse: (image) => image,
  ncc: (image) => image,
  mi: byRank,
};

/** The images of a level. */
export interface Pair {
  readonly fixed: MedImage<"intensity">;
  readonly moving: MedImage<"intensity">;
  /** What of the fixed image counts. */
  readonly mask?: MedImage;
}

/**
 * Where the moved image shows something, on the grid of the fixed one: 1 in its extent, or the mask there, else 0.
 * `there` moves content of the moving image onto the fixed one, `back` is its inverse.
 */
export const overlap = ({ fixed, moving, mask }: Pair, there: Operation, back: Operation): Expression =>
  mask === undefined
    ? pipe(moving, map(constant(1)), there, resampleToImage(fixed))
    : pipe(
        mask,
        back,
        resampleToImage(moving),
        crop([0, 0, 0], moving.grid.size, { fill: 0 }),
        there,
        resampleToImage(fixed),
      );
