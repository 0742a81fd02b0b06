/**
 * From expressions to images: the one place where something is computed. Whatever is wrong with an
 * expression is reported here, all of it at once.
 */
import * as TE from "fp-ts/lib/TaskEither.js";
import type { Backend, RunOptions } from "../backends/backend.ts";
import { compileVolume } from "../compiler/compile.ts";
import { fail, type PipelineError, toPipelineError } from "../compiler/errors.ts";
import { explainPlan } from "../compiler/explain.ts";
import type { Program } from "../compiler/plan.ts";
import { automaticBackend } from "./backends.ts";
import { type Expression, type Source, toExpression, toVolume } from "./expression.ts";
import type { Display, Kind, MedImage } from "./image.ts";
import type { OperationName } from "./step.ts";

export interface EvaluateOptions extends RunOptions {
  /** What computes. `"auto"` (default) takes the fastest that is at hand. */
  readonly backend?: Backend | "auto";
}

/**
 * The passes that would compute an image or expression, without computing.
 * @throws MedImagesError `InvalidPipeline` listing every step that cannot be.
 */
export const compile = (source: Source): Program => {
  const expression = toExpression(source);
  return expression.problems.length > 0
    ? fail({ kind: "InvalidPipeline", problems: expression.problems })
    : compileVolume(toVolume(expression));
};

/**
 * The plan of an expression as text: passes, matrices, and why a materialize was needed.
 * @throws MedImagesError `InvalidPipeline`
 */
export const explain = (source: Source): string => explainPlan(compile(source).plan);

/**
 * Computes an expression: the image on its grid. All else that the source image says is kept.
 * @throws MedImagesError (as rejection) `InvalidPipeline`, `BudgetExceeded`, `UnsupportedVoxels`,
 * `BackendUnavailable`, `Aborted`
 */
export const evaluate = async <K extends Kind>(
  source: Source<K>,
  options: EvaluateOptions = {},
): Promise<MedImage<K>> => {
  const expression: Expression<K> = toExpression(source);
  const program = compile(expression);
  const backend =
    options.backend === undefined || options.backend === "auto" ? automaticBackend(program.plan) : options.backend;
  const voxels = await backend.run(program, options);
  const { image, kind, grid } = expression;
  return { ...image, kind, grid, voxels, display: displayAfter(expression) };
};

/** Steps after which a window in the old values would show something else. */
const changesValues: ReadonlySet<OperationName> = new Set<OperationName>(["rescale", "window", "gamma", "map"]);

const displayAfter = ({ image, steps }: Expression): Display => {
  const { window, ...rest } = image.display;
  return window === undefined || steps.some(({ op }) => changesValues.has(op)) ? rest : image.display;
};

/** {@link evaluate} as a `TaskEither`: errors as values. */
export const run = <K extends Kind>(
  source: Source<K>,
  options: EvaluateOptions = {},
): TE.TaskEither<PipelineError, MedImage<K>> =>
  TE.tryCatch(
    () => evaluate(source, options),
    (thrown) => toPipelineError(thrown, "evaluate"),
  );
