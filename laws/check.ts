/**
 * Running laws: `checkLaw` on an implementation (this library, another backend, an operation replaced), and
 * `checkPipeline` on one pipeline of your own. Both need no test runner; they reject with fast-check's report,
 * which names the seed and the smallest case found.
 */
import fc from "fast-check";
import type { Kind } from "../src/image.ts";
import { sumOfSquares } from "../src/loss.ts";
import { adjointIsTranspose } from "./adjoint.ts";
import { floatImages } from "./arbitraries/differentiables.ts";
import { images, labelImages } from "./arbitraries/images.ts";
import { documentsRoundTrip } from "./documents.ts";
import { channelsAreAlike, evaluationIsRepeatable } from "./evaluation.ts";
import { announcedIsDelivered } from "./grid.ts";
import { labelsAreNotInvented } from "./labels.ts";
import { type PipelineLaw, type PipelineOptions, pipelineLaw } from "./law.ts";
import { noiseLike } from "./noise.ts";
import { oneSamplingIsOnePass, plansAreSound } from "./plans.ts";
import { constantStaysConstant } from "./resampling.ts";
import { voxelGradientsAreSlopes } from "./slopes.ts";
import { medimages, type Pipeline, type Subject } from "./subject.ts";
import { type LawName, laws } from "./table.ts";

/** What every pipeline over intensity images must satisfy. */
export const pipelineLaws: {
  readonly announcedIsDelivered: PipelineLaw<"intensity">;
  readonly channelsAreAlike: PipelineLaw<"intensity">;
  readonly evaluationIsRepeatable: PipelineLaw<"intensity">;
  readonly documentsRoundTrip: PipelineLaw<"intensity">;
  readonly plansAreSound: PipelineLaw<"intensity">;
} = {
  announcedIsDelivered: pipelineLaw(laws.announcedIsDelivered.says, images(), announcedIsDelivered),
  channelsAreAlike: pipelineLaw(laws.channelsAreAlike.says, images(), channelsAreAlike),
  evaluationIsRepeatable: pipelineLaw(laws.evaluationIsRepeatable.says, images(), evaluationIsRepeatable),
  documentsRoundTrip: pipelineLaw(laws.documentsRoundTrip.says, images(), documentsRoundTrip),
  plansAreSound: pipelineLaw(laws.plansAreSound.says, images(), plansAreSound),
};

/** What pipelines satisfy that promise more: ask for those that yours does. */
export const particularLaws: {
  /** For spatial pipelines whose fills come from the image. */
  readonly constantStaysConstant: PipelineLaw<"intensity">;
  /** For pipelines of one sampling without materialize. */
  readonly oneSamplingIsOnePass: PipelineLaw<"intensity">;
  /** For spatial pipelines over label images. */
  readonly labelsAreNotInvented: PipelineLaw<"label">;
  /** For pipelines that are affine in the voxels, and keep float64 where they materialize. */
  readonly adjointIsTranspose: PipelineLaw<"intensity">;
  /** For pipelines that have a slope nearly everywhere, with no fill from the background. Tried on images of floats. */
  readonly voxelGradientsAreSlopes: PipelineLaw<"intensity">;
} = {
  constantStaysConstant: pipelineLaw(laws.constantStaysConstant.says, images(), constantStaysConstant),
  oneSamplingIsOnePass: pipelineLaw(laws.oneSamplingIsOnePass.says, images(), oneSamplingIsOnePass),
  labelsAreNotInvented: pipelineLaw(laws.labelsAreNotInvented.says, labelImages(), labelsAreNotInvented),
  adjointIsTranspose: pipelineLaw(laws.adjointIsTranspose.says, floatImages, (subject, pipeline, image) =>
    adjointIsTranspose(subject, pipeline, [image, noiseLike(image, 1)], 2),
  ),
  voxelGradientsAreSlopes: pipelineLaw(laws.voxelGradientsAreSlopes.says, floatImages, (subject, pipeline, image) =>
    voxelGradientsAreSlopes(subject, (from) => sumOfSquares(pipeline(from)), image, 1),
  ),
};

/** The laws of gradients, of which each case costs several runs. */
export const gradientLawNames: readonly LawName[] = [
  "adjointIsTranspose",
  "cotangentsAddUp",
  "productsChain",
  "voxelGradientsAreSlopes",
  "parameterGradientsAreSlopes",
  "constantsHaveNoGradient",
  "exactGradientsCount",
  "gradientsIgnoreThreads",
];

/** Tries one law on random cases; rejects when it is broken. */
export const checkLaw = (
  name: LawName,
  parameters: fc.Parameters<unknown> = {},
  subject: Subject = medimages,
): Promise<void> => fc.assert(laws[name].property(subject), parameters);

/** Tries all {@link pipelineLaws} on a pipeline of yours; rejects at the first that is broken. */
export const checkPipeline = async (
  pipeline: Pipeline,
  parameters: fc.Parameters<unknown> = {},
  options: PipelineOptions<"intensity"> = {},
): Promise<void> => {
  for (const { property } of Object.values(pipelineLaws)) await fc.assert(property(pipeline, options), parameters);
};

/** Tries one law, such as one of {@link particularLaws}, on a pipeline of yours; rejects when it is broken. */
export const checkPipelineLaw = <K extends Kind>(
  law: PipelineLaw<K>,
  pipeline: Pipeline<K>,
  parameters: fc.Parameters<unknown> = {},
  options: PipelineOptions<K> = {},
): Promise<void> => fc.assert(law.property(pipeline, options), parameters);
