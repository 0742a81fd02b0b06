/**
 * What the laws judge. They never reach for an operation or a backend themselves: they are handed one, so
 * that another backend, an operation of your own, or one broken on purpose can stand in the dock.
 */
import type { Either } from "fp-ts/lib/Either.js";
import type { Backend } from "../backends/backend.ts";
import { reference } from "../backends/reference/index.ts";
import type { PipelineError } from "../compiler/errors.ts";
import type { Affine } from "../compiler/language/affine.ts";
import { type Grid, indexToWorld, worldToIndex } from "../compiler/language/grid.ts";
import type { Program } from "../compiler/plan.ts";
import {
  augment,
  type Parts,
  type Sampler,
  type Seed,
  type Subject as Together,
  together,
} from "../src/augment/index.ts";
import type { GradientOptions, GradientsOf, WithRespectTo } from "../src/differentiable.ts";
import { compile, evaluate } from "../src/evaluate.ts";
import type { Expression, IntensityOperation, Operation, Source } from "../src/expression.ts";
import { valueAndGradient, valueOfLoss, vjp } from "../src/gradient.ts";
import type { Kind, MedImage } from "../src/image.ts";
import { applySteps, fromJSON, type PipelineDocument, toJSON } from "../src/json.ts";
import type { Loss } from "../src/loss.ts";
import type { Step } from "../src/step.ts";

/** By what to differentiate, and with how many threads. */
export type Differentiation<W extends WithRespectTo> = Pick<GradientOptions<W>, "wrt" | "threads">;

export interface Subject {
  /** The operation that a step stands for. */
  readonly perform: (step: Step) => Operation;
  readonly evaluate: <K extends Kind>(
    source: Source<K>,
    options?: { readonly threads?: number },
  ) => Promise<MedImage<K>>;
  /** The operation that a sampler draws for a seed. */
  readonly augment: (sampler: Sampler<IntensityOperation>) => (seed: Seed) => IntensityOperation;
  /** An operation on all parts of a subject of images, labels and points. */
  readonly together: (operation: IntensityOperation) => <P extends Parts>(subject: Together<P>) => Together<P>;
  readonly compile: (source: Source) => Program;
  readonly toJSON: (source: Source) => PipelineDocument;
  readonly fromJSON: (document: unknown) => Either<PipelineError, Operation>;
  readonly indexToWorld: (grid: Grid) => Affine<"index", "world">;
  readonly worldToIndex: (grid: Grid) => Affine<"world", "index">;
  /**
   * How far an interpolated value may be off, as a share of the largest magnitude that went in. What laws
   * demand bit for bit does not look at it.
   */
  readonly tolerance: number;
  /** A loss and its gradients; those of voxels are float64 images. */
  readonly valueAndGradient: <const W extends WithRespectTo>(
    loss: Loss,
    options: Differentiation<W>,
  ) => Promise<{ readonly value: number; readonly gradient: GradientsOf<W> }>;
  /** The gradients of ⟨cotangent, source⟩; those of voxels are float64 images. */
  readonly vjp: <const W extends WithRespectTo>(
    source: Source,
    cotangent: MedImage,
    options: Differentiation<W>,
  ) => Promise<GradientsOf<W>>;
  /**
   * The value of a loss, whose differences gradients are held against. It is a yardstick and not judged: it has to
   * have more digits than small differences take, so it is computed in float64 whatever else computes.
   */
  readonly valueOfLoss: (loss: Loss) => Promise<number>;
  /** How far a gradient may be off, as a share of the magnitudes of what is summed for it. */
  readonly precision: number;
}

/** This library, computing with `backend`. */
export const medimagesOn = (backend: Backend): Subject => ({
  perform: (step) => (source) => applySteps([step], source),
  evaluate: (source, options) => evaluate(source, { ...options, backend }),
  augment,
  together,
  compile,
  toJSON,
  fromJSON,
  indexToWorld,
  worldToIndex,
  // float32 results carry 6e-8; splines amplify it by up to 5, and pulls are made exact to within 1e-7 voxels.
  tolerance: 1e-5,
  valueAndGradient: (loss, options) => valueAndGradient(loss, { ...options, backend, dtype: "float64" }),
  vjp: (source, cotangent, options) => vjp(source, cotangent, { ...options, backend, dtype: "float64" }),
  valueOfLoss: (loss) => valueOfLoss(loss, { backend: reference }),
  precision: backend === reference ? 1e-12 : 1e-5,
});

/** This library with its reference backend: what every law is judged on unless another subject is given. */
export const medimages: Subject = medimagesOn(reference);

/** The subject with other operations for some steps; where `replace` answers nothing, the subject's own stands. */
export const performing = (subject: Subject, replace: (step: Step) => Operation | undefined): Subject => ({
  ...subject,
  perform: (step) => replace(step) ?? subject.perform(step),
});

/** A pipeline over images of one kind; every `Operation` is one, every `IntensityOperation` one over intensities. */
export type Pipeline<K extends Kind = "intensity"> = (source: Source<K>) => Expression<K>;

/** The steps one after the other, as the subject performs them. */
export const chain =
  (subject: Subject, steps: readonly Step[]): Operation =>
  <K extends Kind>(source: Source<K>): Expression<K> => {
    const [first, ...rest] = steps;
    const start = first === undefined ? applySteps([], source) : subject.perform(first)(source);
    return rest.reduce<Expression<K>>((expression, step) => subject.perform(step)(expression), start);
  };
