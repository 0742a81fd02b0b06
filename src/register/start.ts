/** Which of the starts that an initialisation has a registration takes. */
import { pipe } from "fp-ts/lib/function.js";
import { fail, type PipelineError } from "../../compiler/errors.ts";
import { invert } from "../../compiler/language/affine.ts";
import { valueOfLoss } from "../gradient.ts";
import type { MedImage } from "../image.ts";
import { sum } from "../loss.ts";
import { resampleToImage } from "../ops/resample.ts";
import { transform as transformOperation } from "../ops/transform.ts";
import { statistics } from "../statistics.ts";
import type { Transform } from "../transform.ts";
import { movedBy } from "./content.ts";
import { candidatesFor, type InitialName, type Start } from "./initial.ts";
import type { Images } from "./levels.ts";
import { type MetricName, metrics, overlap, type Pair } from "./metric.ts";
import type { Running } from "./options.ts";

const nothingToCompare: PipelineError = {
  kind: "UnsupportedVoxels",
  reason: "the images have nothing to compare: where they lie on each other one of them is constant, or the mask is 0",
  remedy: 'check that they show the same, or give a start: initial: "geometry", or a transform',
};

const oneIsConstant: PipelineError = {
  kind: "UnsupportedVoxels",
  reason: "the images have nothing to compare: one of them is constant",
  remedy: "check that it is the one that was meant",
};

const isConstant = (image: MedImage): boolean => {
  if (image.device === "gpu") return false;
  const { min, max } = statistics(image);
  return min === max;
};

/** Voxels that make every metric not-a-number, where images are found in which nothing can be compared. */
const brokenIn = (images: Pick<Images, "fixed" | "moving">): PipelineError | undefined => {
  for (const [name, image] of Object.entries(images)) {
    const nonfinite = image.device === "gpu" ? 0 : statistics(image).nonfinite;
    if (nonfinite > 0)
      return {
        kind: "UnsupportedVoxels",
        reason: `${nonfinite} voxel(s) of the ${name} image are NaN or infinite, and with them all that is compared`,
        remedy: "replace them before, as docs/language.md shows",
      };
  }
  return undefined;
};

/**
 * The candidate that the metric prefers on the coarsest level, of those by which the images lie on each other. Here what
 * lies outside counts, as background, so that candidates are judged by the same points.
 * @throws MedImagesError `UnsupportedVoxels` where the images do not lie on each other, or show nothing there
 */
export const startOf = async (
  pair: Pair,
  { fixed, moving }: Images,
  initial: InitialName | Transform,
  metric: MetricName,
  running: Running,
): Promise<Start> => {
  // A metric may well fall towards one value everywhere, and what it then finds says nothing.
  if (isConstant(pair.fixed) || isConstant(pair.moving)) return fail(brokenIn({ fixed, moving }) ?? oneIsConstant);
  const candidates = candidatesFor(initial, { ...pair, grids: { fixed: fixed.grid, moving: moving.grid } });
  const valued: (Start & { readonly value: number })[] = [];
  let overlapping = 0;
  for (const { name, content } of candidates) {
    const shared = await valueOfLoss(sum(overlap(pair, movedBy(content), movedBy(invert(content)))), running);
    if (!(shared > 0)) continue;
    overlapping++;
    const { linear: matrix, offset } = content;
    const moved = pipe(
      pair.moving,
      transformOperation({ matrix, offset }, { interpolation: "linear", fill: "background" }),
      resampleToImage(pair.fixed),
    );
    const loss = metrics[metric](pair.fixed, pair.mask === undefined ? {} : { mask: pair.mask })(moved);
    const value = await valueOfLoss(loss, running);
    if (Number.isFinite(value)) valued.push({ name, content, value });
  }
  const [first, ...rest] = valued;
  if (first !== undefined) return rest.reduce((best, other) => (other.value < best.value ? other : best), first);
  const broken = brokenIn({ fixed, moving });
  if (broken !== undefined) return fail(broken);
  const begins = typeof initial === "string" ? `initial: "${initial}"` : "the initial transform";
  return fail(
    overlapping === 0
      ? {
          kind: "UnsupportedVoxels",
          reason: `where the registration begins, by ${begins}, the images do not lie on each other${pair.mask === undefined ? "" : ", or only where the mask is 0"}`,
          remedy: 'begin with the centres on each other, initial: "geometry" or "mass", or give a transform',
        }
      : nothingToCompare,
  );
};
