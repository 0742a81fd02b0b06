/**
 * Registration: which movement of one image brings it onto another. Nothing here knows how gradients are made; each
 * step asks the gradient API for those of a loss of a pipeline, from the coarsest images to the finest.
 */
import { pipe } from "fp-ts/lib/function.js";
import { fail } from "../../compiler/errors.ts";
import { invert } from "../../compiler/language/affine.ts";
import { centreOf, type Grid } from "../../compiler/language/grid.ts";
import { product } from "../../compiler/language/vector.ts";
import { evaluate } from "../evaluate.ts";
import type { Operation, Source } from "../expression.ts";
import type { Kind } from "../image.ts";
import { resampleToImage } from "../ops/resample.ts";
import { transform as transformOperation } from "../ops/transform.ts";
import { contentMapOf, kindOf, type Transform, type TransformKind, transformKinds, transformOf } from "../transform.ts";
import type { Content } from "./content.ts";
import { atLevel, type Images } from "./levels.ts";
import type { Pair } from "./metric.ts";
import { modelOf, onTop } from "./model.ts";
import { movementOf } from "./movement.ts";
import { evaluateAt } from "./objective.ts";
import { descend, type OptimizerOptions } from "./optimizers/index.ts";
import { checkOptions, type RegisterOptions } from "./options.ts";
import { defaultPyramid } from "./pyramid.ts";
import type { Iteration, LevelReport, Registration } from "./result.ts";
import { startOf } from "./start.ts";

/**
 * Finds the transform that brings `moving` onto `fixed`: from coarse images to fine ones, each descending from where
 * the one before arrived. The metric is taken over the points of the fixed grid that lie in the moving image.
 * @throws MedImagesError (as rejection) `InvalidPipeline`, `InvalidDocument` for options that cannot be,
 * `BudgetExceeded`, `UnsupportedVoxels` where the images do not lie on each other or have nothing to compare,
 * `BackendUnavailable`, `Aborted`
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
  const [coarsest] = pairs;
  if (coarsest === undefined) return fail({ kind: "InternalError", phase: "register", reason: "there is no level" });
  const start = await startOf(coarsest, images, initial, metric, running);
  let { content } = start;
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
    parameters: movementOf(content, center),
    start: start.name,
    operation: bringOnto(grid, found),
    value: levels.at(-1)?.value ?? Number.NaN,
    levels,
    history,
  };
};

/** The freer of two kinds: a rigid registration that begins at an affine map ends at one. */
const freer = (a: TransformKind, b: TransformKind): TransformKind =>
  transformKinds.indexOf(a) < transformKinds.indexOf(b) ? b : a;

/** Moves content as a transform says and looks at it on a grid. */
const bringOnto =
  (grid: Grid, transform: Transform): Operation =>
  <K extends Kind>(source: Source<K>) =>
    pipe(source, transformOperation(contentMapOf(transform)), resampleToImage(grid));
