/**
 * Losses: one number from images, as an expression that nothing has computed yet. A loss is arithmetic on sums
 * and histograms over a grid, so each costs one pass over the voxels however many operations lead there. Values are the real
 * (rescaled) ones, over all channels, on the grid of the image or expression that the loss is applied to; targets,
 * weights and masks are looked at on that grid, by linear interpolation where theirs is another.
 */
import type { StepProblem } from "../compiler/errors.ts";
import { channelsOf } from "../compiler/language/channel.ts";
import type { Field } from "../compiler/language/field.ts";
import { type Grid, sameGrid, voxelCount } from "../compiler/language/grid.ts";
import { type JointHistogram, type Reduction, reduction } from "../compiler/language/reduction.ts";
import type { Scalar } from "../compiler/language/scalar.ts";
import { binary, constant, replaceLeaves, tap, unary } from "../compiler/language/scalar.ts";
import { type Expression, type Source, toExpression } from "./expression.ts";
import { middleOf } from "./losses/middle.ts";
import { resampleToImage } from "./ops/resample.ts";
import type { Step } from "./step.ts";

/** A number that a loss is made of: a sum, or what a joint histogram amounts to. */
export type Term = Reduction | Statistic;

/** A number that is computed from a joint histogram once that has been counted. */
export interface Statistic {
  readonly kind: "statistic";
  readonly histogram: JointHistogram;
  /** The number, and its derivatives by what the bins hold; both tables have columns fastest. */
  readonly of: (counts: Float64Array) => { readonly value: number; readonly derivatives: Float64Array };
}

/** What a term looks at. */
export const fieldsOf = (term: Term): readonly Field[] =>
  term.kind === "reduction" ? term.fields : term.histogram.fields;

export interface Loss {
  readonly type: "loss";
  readonly terms: readonly Term[];
  /** The loss in terms of these: `tap(k)` is the k-th. */
  readonly body: Scalar;
  /** The steps of all images that it looks at, for what they say of parameters. */
  readonly steps: readonly Step[];
  readonly problems: readonly StepProblem[];
}

/** A loss of one image, for `pipe`. */
export type LossOf = (source: Source) => Loss;

export interface MaskOptions {
  /** Weights the voxels, usually by 0 and 1. It is looked at by nearest neighbour where it is a label image. */
  readonly mask?: Source;
}

export const times = (a: Scalar, b: Scalar): Scalar => binary("mul", a, b);
const squared = (a: Scalar): Scalar => times(a, a);

/** What a loss looks at, on the grid of the first. */
export interface Scene {
  readonly expression: Expression;
  readonly others: readonly Expression[];
  readonly fields: readonly Field[];
}

export const sceneOf = (source: Source, others: readonly Source[]): Scene => {
  const expression = toExpression(source);
  const seen = others.map((other) => onGrid(toExpression(other), expression.grid));
  return { expression, others: seen, fields: [expression.field, ...seen.map(({ field }) => field)] };
};

/** An expression seen on a grid: as it is where that is its own and no parameter moves it. */
const onGrid = (expression: Expression, grid: Grid): Expression => {
  const isSame = grid.tangents === undefined && expression.grid.tangents === undefined;
  return isSame && sameGrid(expression.grid, grid) ? expression : resampleToImage(grid)(expression);
};

/** The loss that is `body` of some terms of a scene's values. */
export const lossOf = (scene: Scene, terms: readonly Term[], body: Scalar): Loss => {
  const all = [scene.expression, ...scene.others];
  return {
    type: "loss",
    terms,
    body,
    steps: all.flatMap(({ steps }) => steps),
    problems: [...all.flatMap(({ problems }) => problems), ...channelProblems(scene)],
  };
};

/** One channel is compared with each of several; other numbers of them do not go together. */
const channelProblems = ({ expression, others }: Scene): readonly StepProblem[] => {
  const counts = [expression, ...others].map(({ field }) => channelsOf(field));
  return new Set(counts.filter((count) => count > 1)).size < 2
    ? []
    : [
        {
          step: expression.steps.length,
          operation: "loss",
          reason: `it looks at images of ${counts.join(", ")} channels together`,
          remedy: "give images of one channel, or of as many as the first",
        },
      ];
};

/** The loss that is `body` of the sums of `bodies` of the scene's values. */
const lossOver = (scene: Scene, bodies: readonly Scalar[], body: Scalar): Loss =>
  lossOf(
    scene,
    bodies.map((of) => reduction(of, scene.fields, scene.expression.grid)),
    body,
  );

/** Voxels of a scene, over all channels. */
export const countOf = ({ expression, others }: Scene): number =>
  voxelCount(expression.grid) * Math.max(...[expression, ...others].map(({ field }) => channelsOf(field)));

const value = tap(0);
const target = tap(1);

/** Σ v. */
export const sum: LossOf = (source) => lossOver(sceneOf(source, []), [value], tap(0));

/** Σ v². */
export const sumOfSquares: LossOf = (source) => lossOver(sceneOf(source, []), [squared(value)], tap(0));

/** Σ w · v: the inner product with an image, of which the gradient to v is w itself. */
export const weightedSum =
  (weights: Source): LossOf =>
  (source) =>
    lossOver(sceneOf(source, [weights]), [times(value, target)], tap(0));

/** Σ (v − t)² / n; with a mask Σ m (v − t)² / Σ m. */
export const mse =
  (to: Source, { mask }: MaskOptions = {}): LossOf =>
  (source) => {
    const scene = sceneOf(source, mask === undefined ? [to] : [to, mask]);
    const error = squared(binary("sub", value, target));
    return mask === undefined
      ? lossOver(scene, [error], times(tap(0), constant(1 / countOf(scene))))
      : lossOver(scene, [times(tap(2), error), tap(2)], binary("div", tap(0), tap(1)));
  };

/** A value as it differs from a middle. */
const from = (middle: number, s: Scalar): Scalar => (middle === 0 ? s : binary("sub", s, constant(middle)));

/**
 * The negative normalised cross-correlation −Σ (v − v̄)(t − t̄) / √(Σ (v − v̄)² · Σ (t − t̄)²), which is −1 where one
 * is a rising line of the other, and NaN where one is constant. A mask weights all sums. Values are summed as they
 * differ from about their mean, so that float32 backends see little contrast on much brightness; for images on a GPU
 * that mean is not known, and they see it from a hundredth of the brightness.
 */
export const ncc =
  (to: Source, { mask }: MaskOptions = {}): LossOf =>
  (source) => {
    const scene = sceneOf(source, mask === undefined ? [to] : [to, mask]);
    const weigh = (s: Scalar): Scalar => (mask === undefined ? s : times(tap(2), s));
    const [image = scene.expression.field, other = image] = scene.fields;
    const [x, y] = [from(middleOf(image), value), from(middleOf(other), target)];
    const bodies = [x, y, squared(x), squared(y), times(x, y)].map(weigh);
    const count = mask === undefined ? constant(countOf(scene)) : tap(5);
    const [v, t, vv, tt, vt] = [tap(0), tap(1), tap(2), tap(3), tap(4)] as const;
    const centred = (product: Scalar, a: Scalar, b: Scalar): Scalar =>
      binary("sub", product, binary("div", times(a, b), count));
    const spread = unary("sqrt", times(centred(vv, v, v), centred(tt, t, t)));
    const correlation = binary("div", centred(vt, v, t), spread);
    return lossOver(scene, mask === undefined ? bodies : [...bodies, tap(2)], unary("neg", correlation));
  };

/** The sum of losses. */
export const addLosses = (first: Loss, ...rest: readonly Loss[]): Loss =>
  rest.reduce<Loss>(
    (all, loss) => ({
      type: "loss",
      terms: [...all.terms, ...loss.terms],
      body: binary(
        "add",
        all.body,
        replaceLeaves(loss.body, (leaf) => (leaf.kind === "tap" ? tap(leaf.index + all.terms.length) : undefined)),
      ),
      steps: [...all.steps, ...loss.steps],
      problems: [...all.problems, ...loss.problems],
    }),
    first,
  );

/** A multiple of a loss. */
export const scaleLoss =
  (factor: number) =>
  (loss: Loss): Loss => ({ ...loss, body: times(loss.body, constant(factor)) });
