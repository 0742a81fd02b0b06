/**
 * All laws by name, each with the cases that it is tried on. Cases are small: a broken law breaks on a few
 * voxels, and a thousand small images say more than one large.
 */
import fc from "fast-check";
import { vector } from "../compiler/language/vector.ts";
import { dtypeNames } from "../compiler/language/voxels.ts";
import type { Expression } from "../src/expression.ts";
import type { Kind, MedImage } from "../src/image.ts";
import { applySteps } from "../src/json.ts";
import type { Loss } from "../src/loss.ts";
import type { SamplingFill, SamplingOptions, Step } from "../src/step.ts";
import * as adjoint from "./adjoint.ts";
import { absurdSteps } from "./arbitraries/absurd.ts";
import { augmentations } from "./arbitraries/augmentations.ts";
import {
  affineCases,
  chainedCases,
  curvedCases,
  keptInFloat64,
  type LossName,
  lossCases,
  losses,
  parameterCases,
} from "./arbitraries/differentiables.ts";
import { grids, rotationAxes } from "./arbitraries/grids.ts";
import { images, labelImages } from "./arbitraries/images.ts";
import { movingSequences, undoableSequences } from "./arbitraries/movements.ts";
import { decimals, seeds, stream, vectors } from "./arbitraries/numbers.ts";
import {
  agreeingSteps,
  anySteps,
  cases,
  imageFilledSteps,
  type NextStep,
  pipelines,
  sequences,
  spatialSteps,
} from "./arbitraries/pipelines.ts";
import {
  continuousFills,
  fillValues,
  imageFills,
  partialSamplings,
  samplings,
  sayable,
} from "./arbitraries/samplings.ts";
import * as steps from "./arbitraries/steps.ts";
import * as augmenting from "./augmenting.ts";
import { reals } from "./compare.ts";
import * as displacement from "./displacement.ts";
import { documentsRoundTrip } from "./documents.ts";
import { channelsAreAlike, evaluationIsRepeatable } from "./evaluation.ts";
import * as exact from "./exact.ts";
import * as gradients from "./gradients.ts";
import * as grid from "./grid.ts";
import { labelsAreNotInvented } from "./labels.ts";
import { type Law, law } from "./law.ts";
import * as maps from "./maps.ts";
import { noiseOn } from "./noise.ts";
import { movablesIn, withValues } from "./parameters.ts";
import { oneSamplingIsOnePass, plansAreSound, stepsAreTotal } from "./plans.ts";
import * as resampling from "./resampling.ts";
import * as slopes from "./slopes.ts";
import { chain, medimages, type Pipeline } from "./subject.ts";

/** Images whose voxels can only be moved: every bit pattern of every dtype. */
const untouchable = fc.oneof(images({ content: "extreme" }), labelImages());
const plain = images();
const anyImage = fc.oneof(images(), labelImages());
const fromImage = fc.constantFrom<SamplingFill>(...imageFills);
const numericFill = fc.record({ fill: fillValues });

/** A case and something that depends on it. */
const and = <A, B>(first: fc.Arbitrary<A>, then: (a: A) => fc.Arbitrary<B>): fc.Arbitrary<readonly [A, B]> =>
  first.chain((a) => then(a).map((b) => [a, b] as const));

/** An image whose voxels can only be moved, and a sampling by nearest. */
const picked = and(untouchable, (image) => samplings(["nearest"]).map((said) => sayable(image, said)));

/** An image and one to three movements of it that agree on a sampling. */
const moved = (sampling: fc.Arbitrary<SamplingOptions>): ReturnType<typeof cases<"intensity">> =>
  sampling.chain((said) => cases(plain, (at) => steps.samplingSteps(at, fc.constant(said)), { least: 1, most: 3 }));

/** Steps, a materialize, and steps that say all of their sampling, for after an evaluation none is inherited. */
const interrupted = <K extends Kind>(
  from: fc.Arbitrary<MedImage<K>>,
  next: NextStep,
  said: fc.Arbitrary<Required<SamplingOptions>>,
): fc.Arbitrary<{ readonly image: MedImage; readonly before: readonly Step[]; readonly after: readonly Step[] }> =>
  fc
    .tuple(cases(from, next, { most: 2 }), said)
    .chain(([{ image, steps: before }, sampling]) =>
      sequences(applySteps(before, image), agreeingSteps(sampling, { fill: 0 }), { least: 1, most: 2 }).map(
        (after) => ({ image, before, after }),
      ),
    );

const ramps: fc.Arbitrary<resampling.Ramp> = fc.record({
  slope: vectors(decimals(-3, 3)),
  intercept: decimals(-99, 99),
});
const waysToDisplace = fc.constantFrom("vectors" as const, "control points" as const);
const classes = fc.constantFrom(0, 5, 33);
/** Grids with voxels that are not at the rim. */
const roomyGrids = grids(7).map((grid) => ({ ...grid, size: vector((k) => Math.max(4, grid.size[k])) }));

/** The loss of what a pipeline makes of an image, with noise where it needs another. */
const lossBy =
  (by: LossName, seed: number, pipeline: Pipeline) =>
  (image: MedImage<"intensity">): Loss => {
    const expression = pipeline(image);
    return losses[by](expression, noiseOn(expression, seed));
  };

/** The loss, or another where it has a correlation and values differ by so little that float32 cannot tell by how much. */
const tellable = async (by: LossName, expression: Expression<"intensity">): Promise<LossName> => {
  if (by !== "ncc" && by !== "several") return by;
  const values = reals((await medimages.evaluate(expression)).voxels);
  const mean = values.reduce((sum, v) => sum + v / values.length, 0);
  const spread = values.reduce((sum, v) => sum + (v - mean) ** 2 / values.length, 0);
  return spread > 0.01 * mean ** 2 ? by : "sumOfSquares";
};

/** A default fill would be the background, a median, which is not linear in the voxels. */
const withZero = (sampling: SamplingOptions): SamplingOptions => ({ fill: 0, ...sampling });

/** Another image of the same size and storage. */
const redrawn = (image: MedImage<"intensity">, seed: number): MedImage<"intensity"> => {
  const next = stream(seed);
  return {
    ...image,
    voxels: { ...image.voxels, data: Float64Array.from(reals(image.voxels), () => next() * 200 - 100) },
  };
};

/** The name of every law; the table below answers for each. */
export type LawName =
  | "indexWorldIndex"
  | "announcedIsDelivered"
  | "reorientingKeepsPlaces"
  | "translatingMovesTheOrigin"
  | "respacingKeepsItsAnchor"
  | "rectifyingIsSquare"
  | "cropUndoesPad"
  | "croppedIsGone"
  | "flippingTwiceIsNothing"
  | "resamplingOntoItselfIsNothing"
  | "fusedIsStepwise"
  | "materializeIsEvaluate"
  | "constantStaysConstant"
  | "fillDoesNotLeak"
  | "rampIsReproduced"
  | "weightedSumsPass"
  | "rotationsAdd"
  | "zeroDisplacementIsNothing"
  | "constantDisplacementTranslates"
  | "inverseUndoes"
  | "labelsAreNotInvented"
  | "mapsCommute"
  | "mapsCommuteWithPicking"
  | "affineMapsCommuteWithBlending"
  | "asRoundsAndSaturates"
  | "channelsAreAlike"
  | "evaluationIsRepeatable"
  | "documentsRoundTrip"
  | "plansAreSound"
  | "oneSamplingIsOnePass"
  | "stepsAreTotal"
  | "adjointIsTranspose"
  | "cotangentsAddUp"
  | "productsChain"
  | "voxelGradientsAreSlopes"
  | "parameterGradientsAreSlopes"
  | "constantsHaveNoGradient"
  | "exactGradientsCount"
  | "gradientsIgnoreThreads"
  | "seedsDecide"
  | "drawsReplay"
  | "drawsIgnoreThreads"
  | "labelsStayAligned"
  | "pointsGoWithVoxels";

/** Every law. Each is one sentence, and fails on some wrong implementation. */
export const laws: Readonly<Record<LawName, Law>> = {
  indexWorldIndex: law(
    "an index goes to origin + Σ index · spacing · direction in the world, and comes back as itself",
    fc.tuple(grids(), vectors(decimals(-20, 20))),
    (subject, [at, index]) => grid.indexWorldIndex(subject, at, index),
  ),
  announcedIsDelivered: law(
    "grid, dtype, rescale and channels are delivered as they were announced",
    pipelines(),
    (subject, { image, steps: said }) => grid.announcedIsDelivered(subject, chain(subject, said), image),
  ),
  reorientingKeepsPlaces: law(
    "reorienting from any code to any other keeps every voxel at its world point, bit for bit",
    fc.tuple(untouchable, steps.codes, steps.codes),
    (subject, [image, from, to]) => grid.reorientingKeepsPlaces(subject, image, from, to),
  ),
  translatingMovesTheOrigin: law(
    "translating moves the origin and nothing else",
    fc.tuple(untouchable, steps.translations),
    (subject, [image, step]) => grid.translatingMovesTheOrigin(subject, image, step),
  ),
  respacingKeepsItsAnchor: law(
    "another spacing keeps the first voxel's centre or outer edge where it was",
    and(plain, (image) => fc.oneof(steps.scales(fc.constant({})), steps.respacings(image.grid, fc.constant({})))),
    (subject, [image, step]) => grid.respacingKeepsItsAnchor(subject, image, step),
  ),
  rectifyingIsSquare: law(
    "rectifying puts axes at right angles and keeps the first voxel, the planes of slices and all of the extent",
    and(plain, () => steps.rectifications(fc.constant({}))),
    (subject, [image, step]) => grid.rectifyingIsSquare(subject, image, step),
  ),
  cropUndoesPad: law(
    "padding and cropping what was added gives the image back, bit for bit",
    and(untouchable, (image) => steps.pads(fc.oneof(numericFill, fc.constant({}))).map((step) => sayable(image, step))),
    (subject, [image, step]) => exact.cropUndoesPad(subject, image, step),
  ),
  croppedIsGone: law(
    "what is cropped away is gone: back on the old grid there is the fill",
    and(untouchable, (image) =>
      fc.tuple(
        steps.crops(image.grid),
        numericFill.map((said) => sayable(image, said).fill),
      ),
    ),
    (subject, [image, [step, fill]]) => exact.croppedIsGone(subject, image, step, fill),
  ),
  flippingTwiceIsNothing: law(
    "flipping runs an axis backwards, and flipping again is as before, bit for bit",
    fc.tuple(untouchable, steps.axisNames),
    (subject, [image, axis]) => exact.flippingTwiceIsNothing(subject, image, axis),
  ),
  resamplingOntoItselfIsNothing: law(
    "resampling an image onto its own grid changes nothing",
    fc.oneof(picked, fc.tuple(plain, samplings())),
    (subject, [image, sampling]) => exact.resamplingOntoItselfIsNothing(subject, image, sampling),
  ),
  fusedIsStepwise: law(
    "exact operations give the same bits at once as step by step",
    and(untouchable, (image) => {
      const fill = numericFill.map((said) => sayable(image, said));
      return sequences(image, (at) => steps.exactSteps(at, fill), { least: 1, most: 5 });
    }),
    (subject, [image, exactSteps]) => exact.fusedIsStepwise(subject, image, exactSteps),
  ),
  materializeIsEvaluate: law(
    "what follows a materialize finds the voxels that an evaluation would have given",
    fc.oneof(
      interrupted(plain, anySteps(), samplings()),
      interrupted(
        labelImages(),
        spatialSteps(partialSamplings(["nearest"], classes), fc.record({ fill: classes })),
        samplings(["nearest"], fc.oneof(fromImage, classes)),
      ),
    ),
    (subject, { image, before, after }) => exact.materializeIsEvaluate(subject, image, before, after),
  ),
  constantStaysConstant: law(
    "a constant image stays constant where the fill is taken from the image",
    cases(plain, imageFilledSteps),
    (subject, { image, steps: said }) => resampling.constantStaysConstant(subject, chain(subject, said), image),
  ),
  fillDoesNotLeak: law(
    "of a constant image and a constant fill nothing in between comes",
    fillValues.chain((fill) =>
      samplings(undefined, fc.constant(fill))
        .chain((said) => cases(plain, agreeingSteps(said, { fill })))
        .map(({ image, steps: said }) => ({ image, steps: said, fill })),
    ),
    (subject, { image, steps: said, fill }) => resampling.fillDoesNotLeak(subject, chain(subject, said), image, fill),
  ),
  rampIsReproduced: law(
    "a linear ramp in the world is that ramp wherever a movement takes it, and the fill elsewhere",
    fc
      .tuple(grids(7), ramps, fc.constantFrom("linear" as const, "bspline" as const))
      .chain(([at, ramp, by]) =>
        movingSequences(resampling.rampImage(at, ramp)).map((movements) => ({ at, ramp, by, movements })),
      ),
    (subject, { at, ramp, by, movements }) => resampling.rampIsReproduced(subject, at, ramp, by, movements),
  ),
  weightedSumsPass: law(
    "spatial operations are linear in the voxels",
    fc
      .tuple(
        cases(
          images({ dtypes: ["float64"], rescale: false }),
          spatialSteps(
            partialSamplings(undefined, fc.constantFrom(0, ...continuousFills)).map(withZero),
            fc.constant({ fill: 0 }),
          ),
        ),
        seeds,
        fc.tuple(decimals(-2, 2), decimals(-2, 2)),
      )
      .map(([{ image, steps: said }, seed, weights]) => ({ image, steps: said, other: redrawn(image, seed), weights })),
    (subject, { image, other, steps: said, weights }) =>
      resampling.weightedSumsPass(subject, chain(subject, said), [image, other], weights),
  ),
  rotationsAdd: law(
    "turning by a and then by b is turning by a + b",
    fc.tuple(
      plain,
      fc.oneof(steps.axisNames, rotationAxes),
      fc.tuple(steps.degrees, steps.degrees),
      samplings(["linear", "bspline"], fc.constantFrom(...continuousFills)),
    ),
    (subject, [image, axis, angles, sampling]) => resampling.rotationsAdd(subject, image, axis, angles, sampling),
  ),
  zeroDisplacementIsNothing: law(
    "displacing by nothing is looking where one is",
    fc.tuple(plain, waysToDisplace, samplings()),
    (subject, [image, by, sampling]) => displacement.zeroDisplacementIsNothing(subject, image, by, sampling),
  ),
  constantDisplacementTranslates: law(
    "displacing by one vector everywhere is moving the content back by it",
    fc.tuple(
      plain,
      waysToDisplace,
      vectors(decimals(-9, 9, 1)),
      samplings(["linear", "bspline"], fc.constantFrom(...continuousFills)),
    ),
    (subject, [image, by, mm, sampling]) =>
      displacement.constantDisplacementTranslates(subject, image, by, mm, sampling),
  ),
  inverseUndoes: law(
    "movements and then their inverses give the image back, corners included",
    fc
      .oneof(picked, fc.tuple(plain, samplings()))
      .chain(([image, sampling]) => undoableSequences(image, sampling).map((movements) => ({ image, movements }))),
    (subject, { image, movements }) => resampling.inverseUndoes(subject, image, movements),
  ),
  labelsAreNotInvented: law(
    "spatial operations never invent a label",
    cases(labelImages(), spatialSteps(partialSamplings(["nearest"], classes), fc.record({ fill: classes }))),
    (subject, { image, steps: said }) => labelsAreNotInvented(subject, chain(subject, said), image),
  ),
  mapsCommute: law(
    "mapping and moving commute bit for bit, whatever the interpolation",
    fc.tuple(moved(samplings(undefined, fromImage)), steps.mapSteps),
    (subject, [{ image, steps: movements }, map]) => maps.mapsCommute(subject, image, map, movements),
  ),
  mapsCommuteWithPicking: law(
    "mapping samples and then picking the nearest is picking and then mapping, bit for bit",
    fc.tuple(moved(samplings(["nearest"], fc.constantFrom(...continuousFills))), steps.mapSteps),
    (subject, [{ image, steps: movements }, map]) => maps.mapsCommuteWithPicking(subject, image, map, movements),
  ),
  affineMapsCommuteWithBlending: law(
    "slope · v + intercept commutes with linear and B-spline interpolation of the samples",
    fc.tuple(moved(samplings(["linear", "bspline"], fromImage)), steps.rescaleSteps),
    (subject, [{ image, steps: movements }, map]) => maps.affineMapsCommuteWithBlending(subject, image, map, movements),
  ),
  asRoundsAndSaturates: law(
    "as(dtype) keeps real values, rounding half up and saturating",
    fc.tuple(plain, fc.constantFrom(...dtypeNames)),
    (subject, [image, dtype]) => maps.asRoundsAndSaturates(subject, image, dtype),
  ),
  channelsAreAlike: law(
    "every channel comes out as it does alone, but for noise, of which each has its own",
    pipelines(),
    (subject, { image, steps: said }) => {
      const silent = said.filter(({ op }) => op !== "noise");
      return channelsAreAlike(subject, chain(subject, silent), image);
    },
  ),
  evaluationIsRepeatable: law(
    "evaluating leaves the input alone and gives the same bits again",
    pipelines(),
    (subject, { image, steps: said }) => evaluationIsRepeatable(subject, chain(subject, said), image),
  ),
  documentsRoundTrip: law(
    "a pipeline written as JSON and read again is the same program",
    pipelines(),
    (subject, { image, steps: said }) => documentsRoundTrip(subject, chain(subject, said), image),
  ),
  plansAreSound: law(
    "every pipeline compiles to a plan without flaws",
    pipelines(),
    (subject, { image, steps: said }) => plansAreSound(subject, chain(subject, said), image),
  ),
  oneSamplingIsOnePass: law(
    "operations that agree on the sampling are one resampling pass",
    samplings().chain((said) => cases(plain, agreeingSteps(said, { fill: 0 }), { most: 6 })),
    (subject, { image, steps: said }) => oneSamplingIsOnePass(subject, chain(subject, said), image),
  ),
  stepsAreTotal: law(
    "no step throws; one that cannot be is recorded, and what is not recorded compiles",
    fc.tuple(anyImage, fc.array(absurdSteps, { minLength: 1, maxLength: 5 })),
    (subject, [image, said]) => stepsAreTotal(subject, image, said),
  ),
  adjointIsTranspose: law(
    "the gradient of ⟨Ax, y⟩ is Aᵀy: ⟨Ax, y⟩ = ⟨x, Aᵀy⟩ for operations that are affine in the voxels",
    fc.tuple(affineCases, seeds),
    (subject, [{ image, other, steps: said }, seed]) =>
      adjoint.adjointIsTranspose(subject, chain(subject, said), [image, other], seed),
  ),
  cotangentsAddUp: law(
    "gradients are linear in the cotangent",
    fc.tuple(curvedCases, fc.tuple(decimals(-2, 2), decimals(-2, 2)), seeds),
    (subject, [{ image, steps: said }, weights, seed]) =>
      adjoint.cotangentsAddUp(subject, chain(subject, said), image, weights, seed),
  ),
  productsChain: law(
    "the gradient of two parts with a materialize between them is the one's of the other's",
    chainedCases,
    (subject, { image, before, after, seed }) =>
      adjoint.productsChain(subject, [chain(subject, before), chain(subject, after)], image, seed),
  ),
  voxelGradientsAreSlopes: law(
    "the gradient by voxels says how fast a loss rises along any direction",
    lossCases,
    async (subject, { image, steps: said, by: drawn, seed }) => {
      const by = await tellable(drawn, chain(medimages, said)(image));
      return slopes.voxelGradientsAreSlopes(subject, lossBy(by, seed, chain(subject, said)), image, seed);
    },
  ),
  parameterGradientsAreSlopes: law(
    "gradients by parameters say how fast a loss rises when they move",
    parameterCases,
    async (subject, { image, steps: said, by: drawn, seed }) => {
      const by = await tellable(drawn, chain(medimages, said)(image));
      return slopes.parameterGradientsAreSlopes(
        subject,
        (from, parameters) => {
          const values = new Map(parameters.map(({ parameter, value }) => [parameter, value]));
          const moved = withValues(said, ({ parameter, value }) => values.get(parameter) ?? value);
          return lossBy(by, seed, chain(subject, moved))(from);
        },
        image,
        movablesIn(said),
        seed,
      );
    },
  ),
  constantsHaveNoGradient: law(
    "what a loss does not depend on has the gradient 0",
    curvedCases,
    (subject, { image, steps: said }) => gradients.constantsHaveNoGradient(subject, chain(subject, said), image),
  ),
  exactGradientsCount: law(
    "the gradient of the sum of whole voxels that were moved is 1 where one was kept and 0 where it is gone",
    cases(images({ channels: 2 }), (at) => steps.exactSteps(at, fc.constant({ fill: 0 })), { least: 1, most: 6 }),
    (subject, { image, steps: said }) => gradients.exactGradientsCount(subject, chain(subject, said), image),
  ),
  gradientsIgnoreThreads: law(
    "gradients have the same bits whatever the number of threads",
    parameterCases,
    (subject, { image, steps: said, by, seed }) =>
      gradients.gradientsIgnoreThreads(subject, lossBy(by, seed, chain(subject, said))(image), [
        image,
        ...movablesIn(said).map(({ parameter }) => parameter),
      ]),
  ),
  seedsDecide: law(
    "what an augmentation draws depends on its seed alone, and on no other part of it",
    fc.tuple(augmentations, fc.tuple(fc.integer(), fc.integer()), plain),
    (subject, [parts, seed, image]) => augmenting.seedsDecide(subject, parts, seed, image),
  ),
  drawsReplay: law(
    "an augmentation that was written down gives the same bits again",
    fc.tuple(augmentations, fc.integer(), plain),
    (subject, [parts, seed, image]) => augmenting.drawsReplay(subject, parts, seed, image),
  ),
  drawsIgnoreThreads: law(
    "an augmentation, noise included, gives the same bits whatever the number of threads",
    fc.tuple(augmentations, fc.integer(), plain),
    (subject, [parts, seed, image]) => augmenting.drawsIgnoreThreads(subject, parts, seed, image),
  ),
  labelsStayAligned: law(
    "a label painted from an image is what would be painted from it after any steps that take the nearest voxel",
    cases(
      plain,
      spatialSteps(
        samplings(["nearest"], fc.constantFrom<SamplingFill>(0, -3, -1000, "clamp", "reflect", "wrap")),
        fc.record({ fill: fc.constantFrom(0, -3, -1000) }),
      ),
      { least: 1 },
    ),
    (subject, { image, steps: said }) => augmenting.labelsStayAligned(subject, image, said),
  ),
  pointsGoWithVoxels: law(
    "points of a subject are where the voxels that they marked have come to",
    // Where a displacement folds space one point comes to several places.
    cases(images({ grids: roomyGrids }), agreeingSteps({ interpolation: "linear", fill: 0 }, { fill: 0 }), {
      least: 1,
      most: 3,
    }).map(({ image, steps: said }) => ({ image, steps: said.filter(({ op }) => op !== "displace") })),
    (subject, { image, steps: said }) => augmenting.pointsGoWithVoxels(subject, image.grid, keptInFloat64(image, said)),
  ),
};
