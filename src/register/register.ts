/**
 * Registration: which movement of one image brings it onto another. Nothing here knows how gradients are made; each
 * step asks the gradient API for those of a loss of a pipeline, from the coarsest images to the finest.
 */
import { pipe } from "fp-ts/lib/function.js";
import type { Backend, RunOptions } from "../../backends/backend.ts";
import { fail } from "../../compiler/errors.ts";
import { type Affine, invert } from "../../compiler/language/affine.ts";
import { centreOf, type Grid } from "../../compiler/language/grid.ts";
import type { Real } from "../../compiler/language/real.ts";
import { type Matrix3, product, type Vector3, vector } from "../../compiler/language/vector.ts";
import { evaluate } from "../evaluate.ts";
import type { Operation, Source } from "../expression.ts";
import { valueAndGradient, valueOfLoss } from "../gradient.ts";
import type { Kind, MedImage } from "../image.ts";
import { affine } from "../ops/affine.ts";
import { crop } from "../ops/crop.ts";
import { resampleToImage } from "../ops/resample.ts";
import { transform as transformOperation } from "../ops/transform.ts";
import type { SamplingOptions } from "../step.ts";
import {
  contentMapOf,
  kindOf,
  type Transform,
  type TransformKind,
  transformKinds,
  transformOf,
  transformProblem,
} from "../transform.ts";
import { candidatesFor, type InitialName } from "./initial.ts";
import { type MetricName, metrics, overlap, type Pair, prepare } from "./metric.ts";
import { type Model, modelOf, onTop } from "./model.ts";
import { descend, type OptimizerName, type OptimizerOptions } from "./optimizers/index.ts";
import type { Evaluation, StopReason } from "./optimizers/optimizer.ts";
import { defaultPyramid, reducedTo, softened } from "./pyramid.ts";

export interface RegisterOptions extends Omit<RunOptions, "onProgress"> {
  /** What may move: `"rigid"` unless said. */
  readonly transform?: TransformKind;
  /** What is compared: squared differences (unless said), correlation, or for images of different contrast mutual information. */
  readonly metric?: MetricName;
  /**
   * Factors by which the images are shrunk, coarsest first, such as [4, 2, 1]: multiples of the fixed image's finest
   * spacing, which both images are brought to. Unless said, halves down to 16 voxels and at most by 8.
   */
  readonly pyramid?: readonly number[];
  /** L-BFGS unless said; by name, or with its settings. */
  readonly optimizer?: OptimizerName | OptimizerOptions;
  /** What of the fixed image counts: weights, usually 0 and 1, looked at on its grid by nearest neighbour. */
  readonly mask?: Source;
  /** Where to begin: `"best"` unless said, or a transform that is known. */
  readonly initial?: InitialName | Transform;
  /** What computes. `"auto"` (default) takes the fastest that is at hand. */
  readonly backend?: Backend | "auto";
  /** Told of every iteration, as it is made. */
  readonly onIteration?: (iteration: Iteration) => void;
}

/** One iteration: what was reached, and how far it lies from the iteration before. */
export interface Iteration {
  /** From 0, the coarsest. */
  readonly level: number;
  readonly levels: number;
  /** From 0, the start of the level. */
  readonly iteration: number;
  /** The loss: what the metric gives, less being better. */
  readonly value: number;
  /** Of the loss, per mm of displacement. */
  readonly gradientNorm: number;
  /** Root of the mean squared displacement of the fixed image's corners by this step, about, in mm. */
  readonly step: number;
  readonly transform: Transform;
}

/** What a level came to. */
export interface LevelReport {
  readonly shrinkFactor: number;
  readonly fixed: Grid;
  readonly moving: Grid;
  readonly iterations: number;
  /** Values and gradients that were computed. */
  readonly evaluations: number;
  readonly value: number;
  readonly stop: StopReason;
}

export interface Registration {
  /** From points of the fixed image to those of the moving one, about the centre of the fixed grid, as ITK has it. */
  readonly transform: Transform;
  /** How the content of the moving image moves to lie on the fixed one, for the operation `transform`: the inverse. */
  readonly content: { readonly matrix: Matrix3; readonly offset: Vector3 };
  /** Brings the moving image, or its labels, onto the fixed one: moves the content and looks at it on the fixed grid. */
  readonly operation: Operation;
  /** The loss at the end, on the finest level. */
  readonly value: number;
  readonly levels: readonly LevelReport[];
  readonly history: readonly Iteration[];
}

/**
 * Finds the transform that brings `moving` onto `fixed`: from coarse images to fine ones, each descending from where
 * the one before arrived. The metric is taken over the points of the fixed grid that lie in the moving image.
 * @throws MedImagesError (as rejection) `InvalidPipeline`, `InvalidDocument` for options that cannot be,
 * `BudgetExceeded`, `UnsupportedVoxels` where the images have nothing to compare, `BackendUnavailable`, `Aborted`
 */
export const register = async (
  fixed: Source<"intensity">,
  moving: Source<"intensity">,
  options: RegisterOptions = {},
): Promise<Registration> => {
  const { transform: kind = "rigid", metric = "mse", optimizer = "lbfgs", initial = "best", onIteration } = options;
  const {
    transform: _t,
    metric: _m,
    pyramid: _p,
    optimizer: _o,
    mask,
    initial: _i,
    onIteration: _n,
    ...running
  } = options;
  checkOptions(options);
  const images: Images = {
    fixed: await evaluate(fixed, running),
    moving: await evaluate(moving, running),
    ...(mask === undefined ? {} : { mask: await evaluate(mask, running) }),
  };
  const { grid } = images.fixed;
  const center = centreOf(grid);
  const model = modelOf(kind, grid, center);
  const factors = options.pyramid ?? defaultPyramid(grid);
  const settings: OptimizerOptions = typeof optimizer === "string" ? { kind: optimizer } : optimizer;
  const toTransform = (content: Content): Transform => {
    const map = invert(content);
    return transformOf(map, center, freer(kind, kindOf(map.linear)));
  };

  const pairs: Pair[] = [];
  for (const factor of factors) pairs.push(await atLevel(images, factor, metric, running));
  let content = await startOf(pairs, images, initial, metric, running);
  const history: Iteration[] = [];
  const levels: LevelReport[] = [];
  for (const [level, pair] of pairs.entries()) {
    const before = content;
    let evaluations = 0;
    let iteration = 0;
    const { position, value, stop } = await descend(
      {
        objective: (at) => {
          evaluations++;
          return evaluateAt(pair, model, before, at, metric, running);
        },
        start: new Array<number>(model.dimension).fill(0),
        voxel: Math.cbrt(product(pair.fixed.grid.spacing)),
        onStep: ({ position: at, ...step }) => {
          const transform = toTransform(onTop(model, at, before));
          const made: Iteration = { level, levels: pairs.length, iteration, ...step, transform };
          iteration++;
          history.push(made);
          onIteration?.(made);
        },
      },
      settings,
    );
    content = onTop(model, position, before);
    const grids = { fixed: pair.fixed.grid, moving: pair.moving.grid };
    levels.push({ shrinkFactor: factors[level] ?? 1, ...grids, iterations: iteration, evaluations, value, stop });
  }
  const found = toTransform(content);
  return {
    transform: found,
    content: contentMapOf(found),
    operation: bringOnto(grid, found),
    value: levels.at(-1)?.value ?? Number.NaN,
    levels,
    history,
  };
};

type Content = Affine<"world", "world">;
type Running = Omit<RunOptions, "onProgress"> & { readonly backend?: Backend | "auto" };

/** The images as they come, at full resolution. */
interface Images {
  readonly fixed: MedImage<"intensity">;
  readonly moving: MedImage<"intensity">;
  readonly mask?: MedImage;
}

/** The freer of two kinds: a rigid registration that begins at an affine map ends at one. */
const freer = (a: TransformKind, b: TransformKind): TransformKind =>
  transformKinds.indexOf(a) < transformKinds.indexOf(b) ? b : a;

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

const atLevel = async (
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

/** What lies outside the moving image does not count. Intensities are looked at linearly, labels by nearest neighbour. */
const sampling: SamplingOptions<"nearest"> = { fill: 0 };

/** The operation that moves content by `content` and then by the model's numbers. */
const movedBy =
  (model: Model, content: Content, numbers: readonly Real[]): Operation =>
  (source) =>
    pipe(source, transformOperation(linearAndOffset(content), sampling), affine(model.movementBy(numbers), sampling));
const linearAndOffset = ({
  linear: matrix,
  offset,
}: Content): { readonly matrix: Matrix3; readonly offset: Vector3 } => ({
  matrix,
  offset,
});

/** The metric and its gradient at a position. Where nothing can be compared the metric is infinite. */
const evaluateAt = async (
  pair: Pair,
  model: Model,
  before: Content,
  position: readonly number[],
  metric: MetricName,
  running: Running,
): Promise<Evaluation> => {
  const parameters = model.parametersAt(position);
  const numbers = parameters.map(({ value }) => value);
  const moved = pipe(pair.moving, movedBy(model, before, parameters), resampleToImage(pair.fixed));
  const { matrix, offset } = linearAndOffset(invert(onTop(model, position, before)));
  const mask = overlap(pair, movedBy(model, before, numbers), transformOperation({ matrix, offset }, sampling));
  const loss = metrics[metric](pair.fixed, { mask })(moved);
  const { value, gradient } = await valueAndGradient(loss, { ...running, wrt: parameters });
  return Number.isFinite(value)
    ? { value, gradient: model.gradientOf(gradient) }
    : { value: Number.POSITIVE_INFINITY, gradient: position.map(() => 0) };
};

/** The candidate that the metric prefers on the coarsest level. Here what lies outside counts, as background, so that candidates are judged by the same points. */
const startOf = async (
  pairs: readonly Pair[],
  { fixed, moving }: Images,
  initial: InitialName | Transform,
  metric: MetricName,
  running: Running,
): Promise<Content> => {
  const [pair] = pairs;
  if (pair === undefined) return fail({ kind: "InternalError", phase: "register", reason: "there is no level" });
  const candidates = candidatesFor(initial, { ...pair, grids: { fixed: fixed.grid, moving: moving.grid } });
  const valued: { readonly content: Content; readonly value: number }[] = [];
  for (const content of candidates) {
    const moved = pipe(
      pair.moving,
      transformOperation(linearAndOffset(content), { interpolation: "linear", fill: "background" }),
      resampleToImage(pair.fixed),
    );
    const loss = metrics[metric](pair.fixed, pair.mask === undefined ? {} : { mask: pair.mask })(moved);
    valued.push({ content, value: await valueOfLoss(loss, running) });
  }
  const best = valued
    .filter(({ value }) => Number.isFinite(value))
    .reduce((a, b) => (a === undefined || b.value < a.value ? b : a), valued[0]);
  return best !== undefined && Number.isFinite(best.value)
    ? best.content
    : fail({
        kind: "UnsupportedVoxels",
        reason:
          "the images have nothing to compare: where they lie on each other one of them is constant, or the mask is 0",
        remedy: 'check that they show the same, or give a start: initial: "geometry", or a transform',
      });
};

/** Moves content as a transform says and looks at it on a grid. */
const bringOnto =
  (grid: Grid, transform: Transform): Operation =>
  <K extends Kind>(source: Source<K>) =>
    pipe(source, transformOperation(contentMapOf(transform)), resampleToImage(grid));

/** @throws MedImagesError `InvalidDocument` */
const checkOptions = ({ pyramid, initial }: RegisterOptions): void => {
  const errors = [
    ...(pyramid !== undefined &&
    !(pyramid.length > 0 && pyramid.every((factor) => Number.isFinite(factor) && factor >= 1))
      ? [`the pyramid [${pyramid.join(", ")}] is not of shrink factors from 1, such as [4, 2, 1]`]
      : []),
    ...(typeof initial === "object" && transformProblem(initial) !== undefined
      ? [`the initial transform cannot be: ${transformProblem(initial)}`]
      : []),
  ];
  if (errors.length > 0) fail({ kind: "InvalidDocument", errors });
};
