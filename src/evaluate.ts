/**
 * From expressions to images: the one place where something is computed. Whatever is wrong with an
 * expression is reported here, all of it at once.
 */
import { left, right } from "fp-ts/lib/Either.js";
import type { TaskEither } from "fp-ts/lib/TaskEither.js";
import { type Backend, fetched } from "../backends/backend.ts";
import { compileVolume } from "../compiler/compile.ts";
import { fail, type PipelineError, toPipelineError } from "../compiler/errors.ts";
import { explainPlan } from "../compiler/explain.ts";
import { channelsOf } from "../compiler/language/channel.ts";
import { standing } from "../compiler/language/grid.ts";
import type { Program } from "../compiler/plan.ts";
import { automaticBackend } from "./automatic.ts";
import type { ComputeOptions } from "./compute-options.ts";
import { type Expression, type Source, toExpression, toVolume } from "./expression.ts";
import { type Channels, type Display, type GpuImage, type Kind, type MedImage, onGpu, type Warning } from "./image.ts";
import { explainStages, settle } from "./settle.ts";
import type { OperationName } from "./step.ts";

export interface EvaluateOptions extends ComputeOptions {
  /** Where the result shall lie: `"cpu"` (default), or on the device of a backend that has one. */
  readonly keep?: "cpu" | "gpu";
}

/**
 * The passes that would compute an image or expression, without computing. Numbers that have to be measured before,
 * such as the mean of `zScore`, are not-a-number in it; `settle` measures them.
 * @throws MedImagesError `InvalidPipeline` listing every step that cannot be.
 */
export const compile = (source: Source): Program => {
  const expression = toExpression(source);
  return expression.problems.length > 0
    ? fail({ kind: "InvalidPipeline", problems: expression.problems })
    : compileVolume(toVolume(expression));
};

/**
 * The plan of an expression as text: passes, matrices, and why a materialize was needed. With a `backend` that
 * compiles programs from plans, these follow.
 * @throws MedImagesError `InvalidPipeline`
 */
export const explain = (source: Source, options: { readonly backend?: Backend } = {}): string => {
  const { plan } = compile(source);
  const stages = explainStages(toExpression(source));
  const before = stages.length === 0 ? [] : [stages.join("\n")];
  return [explainPlan(plan), ...before, ...(options.backend?.kernels?.(plan) ?? [])].join("\n\n");
};

/**
 * Computes an expression: the image on its grid. All else that the source image says is kept. With
 * `keep: "gpu"` the voxels stay on the device of the backend, until the image is disposed of.
 * @throws MedImagesError (as rejection) `InvalidPipeline`, `BudgetExceeded`, `UnsupportedVoxels`,
 * `BackendUnavailable`, `Aborted`
 */
export function evaluate<K extends Kind>(
  source: Source<K>,
  options: EvaluateOptions & { readonly keep: "gpu" },
): Promise<GpuImage<K>>;
export function evaluate<K extends Kind>(source: Source<K>, options?: EvaluateOptions): Promise<MedImage<K>>;
export async function evaluate<K extends Kind>(source: Source<K>, options: EvaluateOptions = {}): Promise<MedImage<K>> {
  const expression: Expression<K> = await settle(toExpression(source), options);
  const program = compile(expression);
  const { backend: asked = "auto", keep = "cpu" } = options;
  const backend = asked === "auto" ? await automaticBackend(program) : asked;
  const warnings: Warning[] = [];
  const onWarning = (warning: Warning): void => {
    warnings.push(warning);
    options.onWarning?.(warning);
  };
  if (keep === "gpu") {
    const voxels = await (backend.runKept ?? cannotKeep(backend)).call(backend, program, { ...options, onWarning });
    return onGpu({ ...describedBy(expression, warnings), voxels });
  }
  const voxels = await backend.run(await readableBy(backend, program), { ...options, onWarning });
  return { ...describedBy(expression, warnings), voxels };
}

/** What an image that was computed says besides its voxels. */
export const describedBy = <K extends Kind>(
  expression: Expression<K>,
  warnings: readonly Warning[],
): Omit<MedImage<K>, "voxels"> => {
  const { image, kind, grid } = expression;
  const display = displayAfter(expression);
  const channels = channelsAfter(expression);
  return {
    ...image,
    kind,
    grid: standing(grid),
    device: "cpu",
    channels,
    display,
    warnings: [...image.warnings, ...warnings],
  };
};

/** The program with voxels that a backend can read. */
export const readableBy = async (backend: Backend, program: Program): Promise<Program> =>
  backend.runKept === undefined ? fetched(program) : program;

export const cannotKeep = (backend: Backend): never =>
  fail({
    kind: "BackendUnavailable",
    backend: backend.name,
    reason: "it has no device to keep a result on",
    remedy: 'leave keep out, or pass a backend from medimages/webgpu and keep: "gpu"',
  });

/** Operations that make channels make no colours and no time points of them. */
const channelsAfter = ({ image, field }: Expression): Channels => {
  const count = channelsOf(field);
  return count === image.voxels.channels ? image.channels : { components: "scalar", shape: count === 1 ? [] : [count] };
};

/** Steps after which a window in the old values would show something else. */
const changesValues: ReadonlySet<OperationName> = new Set<OperationName>([
  "biasField",
  "rescale",
  "window",
  "gamma",
  "map",
  "zScore",
  "minMax",
  "histogramMatch",
  "nyulApply",
  "oneHot",
  "argMax",
]);

const displayAfter = ({ image, steps }: Expression): Display => {
  const { window, ...rest } = image.display;
  return window === undefined || steps.some(({ op }) => changesValues.has(op)) ? rest : image.display;
};

/** {@link evaluate} as a `TaskEither`: errors as values. */
export const run =
  <K extends Kind>(source: Source<K>, options: EvaluateOptions = {}): TaskEither<PipelineError, MedImage<K>> =>
  () =>
    evaluate(source, options).then(right, (thrown: unknown) => left(toPipelineError(thrown, "evaluate")));
