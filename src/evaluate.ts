/**
 * From expressions to images: the one place where something is computed. Whatever is wrong with an
 * expression is reported here, all of it at once.
 */
import * as TE from "fp-ts/lib/TaskEither.js";
import type { Backend, RunOptions } from "../backends/backend.ts";
import { reference } from "../backends/reference/index.ts";
import { compileVolume } from "../compiler/compile.ts";
import { fail, type PipelineError, toPipelineError } from "../compiler/errors.ts";
import { explainPlan } from "../compiler/explain.ts";
import type { Program } from "../compiler/plan.ts";
import { type Expression, type Source, toExpression, toVolume } from "./expression.ts";
import type { Kind, MedImage } from "./image.ts";

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
  const backend = options.backend === undefined || options.backend === "auto" ? reference : options.backend;
  const voxels = await backend.run(program, options);
  return { ...expression.image, kind: expression.kind, grid: expression.grid, voxels };
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
