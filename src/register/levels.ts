/** The images of each level: reduced, softened, and prepared for the metric. */
import { vector } from "../../compiler/language/vector.ts";
import { evaluate } from "../evaluate.ts";
import type { Source } from "../expression.ts";
import type { MedImage } from "../image.ts";
import { crop } from "../ops/crop.ts";
import { resampleToImage } from "../ops/resample.ts";
import { type MetricName, type Pair, prepare } from "./metric.ts";
import type { Running } from "./options.ts";
import { reducedTo, softened } from "./pyramid.ts";

/** The images as they come, at full resolution. */
export interface Images {
  readonly fixed: MedImage<"intensity">;
  readonly moving: MedImage<"intensity">;
  readonly mask?: MedImage;
}

/**
 * The image without its outermost voxels: up to three, and no more than a sixteenth of an axis. Whatever was resampled
 * before has blended with its fill there, and softening blends it further; that would draw the optimum by a tenth of a voxel.
 */
const withoutRim = (image: MedImage<"intensity">): Source<"intensity"> => {
  const { size } = image.grid;
  const rim = vector((k) => Math.min(3, Math.floor(size[k] / 16)));
  return crop(
    rim,
    vector((k) => size[k] - 2 * rim[k]),
  )(image);
};

export const atLevel = async (
  { fixed, moving, mask }: Images,
  factor: number,
  metric: MetricName,
  running: Running,
): Promise<Pair> => {
  const spacing = factor * Math.min(...fixed.grid.spacing);
  const view = async (image: MedImage<"intensity">): Promise<MedImage<"intensity">> =>
    prepare[metric](await softened(await reducedTo(image, spacing, running), running));
  const reduced = await evaluate(withoutRim(await view(fixed)), running);
  return {
    fixed: reduced,
    moving: await view(moving),
    ...(mask === undefined
      ? {}
      : { mask: await evaluate(resampleToImage(reduced, { interpolation: "nearest", fill: 0 })(mask), running) }),
  };
};
