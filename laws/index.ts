/**
 * The promises of this library, as laws that anyone can put to their own operation, pipeline or backend:
 * arbitraries that draw cases, predicates that judge one, and the properties that put both together.
 *
 * ```ts
 * import { checkLaw, checkPipeline, medimages, performing } from "medimages/laws";
 *
 * await checkPipeline((image) => pipe(image, rotate("z", 5), crop([0, 0, 0], [1, 1, 1])));
 * await checkLaw("rotationsAdd", { numRuns: 1000 }, performing(medimages, (step) => (step.op === "rotate" ? mine(step) : undefined)));
 * ```
 *
 * @packageDocumentation
 */

export { adjointIsTranspose, cotangentsAddUp, productsChain } from "./adjoint.ts";
export { absurdSteps } from "./arbitraries/absurd.ts";
export { affines } from "./arbitraries/affines.ts";
// Arbitraries.
export { type AugmentationPart, augmentations } from "./arbitraries/augmentations.ts";
export {
  type AffineCase,
  affineCases,
  type ChainedCase,
  chainedCases,
  curvedCases,
  curves,
  floatImages,
  keptInFloat64,
  type LossCase,
  type LossName,
  type LossOn,
  lossCases,
  losses,
  parameterCases,
  smoothMaps,
} from "./arbitraries/differentiables.ts";
export { directions, grids, gridsNear, rotationAxes, sizes } from "./arbitraries/grids.ts";
export { type ImageOptions, images, labelImages } from "./arbitraries/images.ts";
export { movingSequences, movingSteps, undoableSequences, undoables } from "./arbitraries/movements.ts";
export { decimals, vectors } from "./arbitraries/numbers.ts";
export {
  agreeingSteps,
  anySteps,
  type Case,
  cases,
  imageFilledSteps,
  type Length,
  type NextStep,
  pipelines,
  sequences,
  spatialSteps,
} from "./arbitraries/pipelines.ts";
export { continuousFills, fillValues, imageFills, partialSamplings, samplings } from "./arbitraries/samplings.ts";
export { scalars } from "./arbitraries/scalars.ts";
export {
  affineSteps,
  asSteps,
  crops,
  exactSteps,
  flips,
  mapSteps,
  noises,
  pads,
  rescaleSteps,
  respacings,
  rotations,
  samplingSteps,
  scales,
  transforms,
  translations,
} from "./arbitraries/steps.ts";
export { type Content, labelVoxels, type VoxelOptions, voxels } from "./arbitraries/voxels.ts";
export {
  drawsIgnoreThreads,
  drawsReplay,
  labelsStayAligned,
  pointsGoWithVoxels,
  seedsDecide,
} from "./augmenting.ts";
// Running them.
export { checkLaw, checkPipeline, checkPipelineLaw, gradientLawNames, particularLaws, pipelineLaws } from "./check.ts";
// The laws as predicates.
export { constantDisplacementTranslates, zeroDisplacementIsNothing } from "./displacement.ts";
export { difference, documentsRoundTrip } from "./documents.ts";
export { channelOf, channelsAreAlike, evaluationIsRepeatable } from "./evaluation.ts";
export {
  croppedIsGone,
  cropUndoesPad,
  type ExactStep,
  flippingTwiceIsNothing,
  fusedIsStepwise,
  materializeIsEvaluate,
  resamplingOntoItselfIsNothing,
} from "./exact.ts";
export { constantsHaveNoGradient, exactGradientsCount, gradientsIgnoreThreads } from "./gradients.ts";
export {
  announcedIsDelivered,
  indexWorldIndex,
  orientationClarity,
  rectifyingIsSquare,
  reorientingKeepsPlaces,
  respacingKeepsItsAnchor,
  translatingMovesTheOrigin,
} from "./grid.ts";
export { labelsAreNotInvented } from "./labels.ts";
export { type Law, LawBroken, law, type PipelineLaw, type PipelineOptions, pipelineLaw } from "./law.ts";
export { affineMapsCommuteWithBlending, asRoundsAndSaturates, mapsCommute, mapsCommuteWithPicking } from "./maps.ts";
export { type MovingStep, whereFrom } from "./motion.ts";
export { noiseLike, noiseOn } from "./noise.ts";
export { type Movable, movablesIn, parametrised, replaceReals, withValues } from "./parameters.ts";
export { oneSamplingIsOnePass, plansAreSound, stepsAreTotal } from "./plans.ts";
export {
  constantStaysConstant,
  fillDoesNotLeak,
  inverseUndoes,
  type Ramp,
  rampImage,
  rampIsReproduced,
  rotationsAdd,
  type Undoable,
  weightedSumsPass,
} from "./resampling.ts";
export { parameterGradientsAreSlopes, voxelGradientsAreSlopes } from "./slopes.ts";
// What is judged.
export {
  chain,
  type Differentiation,
  medimages,
  medimagesOn,
  type Pipeline,
  performing,
  type Subject,
} from "./subject.ts";
export { type LawName, laws } from "./table.ts";
export { broken, every, holds, require, type Verdict, within } from "./verdict.ts";
