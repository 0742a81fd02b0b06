/**
 * Laws of compilation: plans are sound, a chain of one sampling is one pass, and no step, however absurd,
 * makes anything throw before evaluation.
 */
import { type PipelineError, toPipelineError } from "../compiler/errors.ts";
import { countPasses } from "../compiler/explain.ts";
import { gridProblem } from "../compiler/language/grid.ts";
import { flawsOf } from "../compiler/verify.ts";
import type { MedImage } from "../src/image.ts";
import type { Step } from "../src/step.ts";
import { chain, type Pipeline, type Subject } from "./subject.ts";
import { broken, every, holds, require, type Verdict } from "./verdict.ts";

/** The plan of a pipeline has no flaw, and its result has the announced size, channels and storage. */
export const plansAreSound = (subject: Subject, pipeline: Pipeline, image: MedImage): Verdict => {
  const expression = pipeline({ ...image, kind: "intensity" });
  const { plan } = subject.compile(expression);
  const flaws = flawsOf(plan);
  const result = plan.buffers[plan.result];
  return every(
    require(flaws.length === 0, () => flaws.join("; ")),
    require(result?.size.join() === expression.grid.size.join(), () =>
      `the result has size ${result?.size} instead of ${expression.grid.size}`),
    require(result?.channels === image.voxels.channels, () => `the result has ${result?.channels} channels`),
  );
};

/**
 * A pipeline whose operations agree on the sampling, with no materialize, is exactly one resampling pass, or
 * none when it changes nothing. Prefilters of B-splines look at no field and are not counted.
 */
export const oneSamplingIsOnePass = (subject: Subject, pipeline: Pipeline, image: MedImage<"intensity">): Verdict => {
  const { plan } = subject.compile(pipeline(image));
  const { resampling } = countPasses(plan);
  const due = plan.result < plan.inputs ? 0 : 1;
  return require(resampling === due, () => `there are ${resampling} resampling passes instead of ${due}`);
};

/**
 * Steps are total: none throws, each is remembered, and one that cannot be is recorded with its position. What
 * is not recorded can be compiled: an expression without problems has a grid that can hold an image and a plan.
 */
export const stepsAreTotal = (subject: Subject, image: MedImage, steps: readonly Step[]): Verdict => {
  let expression: ReturnType<ReturnType<typeof chain>>;
  try {
    expression = chain(subject, steps)(image);
  } catch (thrown) {
    return broken(`an operation threw: ${String(thrown)}`);
  }
  const { problems, grid } = expression;
  const misplaced = problems.find(({ step, operation }) => steps[step]?.op !== operation);
  const problem = gridProblem(grid);
  return every(
    require(expression.steps.length === steps.length, () =>
      `${steps.length} steps are remembered as ${expression.steps.length}`),
    require(misplaced === undefined, () => `step ${misplaced?.step} is not ${misplaced?.operation}`),
    require(problem === undefined, () => `the grid cannot hold an image: ${problem}`),
    () => {
      const error = errorOf(() => subject.compile(expression));
      if (problems.length > 0)
        return require(error?.kind === "InvalidPipeline" && error.problems.length === problems.length, () =>
          `compiling it says ${error?.kind ?? "nothing"} instead of InvalidPipeline`);
      return error === undefined
        ? holds
        : broken(`a problem came to light late: ${"reason" in error ? error.reason : error.kind}`);
    },
  );
};

const errorOf = (act: () => unknown): PipelineError | undefined => {
  try {
    act();
    return undefined;
  } catch (thrown) {
    return toPipelineError(thrown, "compile");
  }
};
