/** Losses that cannot be: what is wrong is kept, and reported when the loss is computed, as it is for steps. */
import type { StepProblem } from "../../compiler/errors.ts";
import { constant } from "../../compiler/language/scalar.ts";
import { type Loss, lossOf, type Scene } from "../loss.ts";
import type { Refusal } from "../ops/operation.ts";

/** A loss without a value, for all of `refusals`. */
export const refusedLoss = (scene: Scene, operation: string, refusals: readonly Refusal[]): Loss => {
  const loss = lossOf(scene, [], constant(Number.NaN));
  const step = scene.expression.steps.length;
  const problems = refusals.map(({ refused, remedy }): StepProblem => ({ step, operation, reason: refused, remedy }));
  return { ...loss, problems: [...loss.problems, ...problems] };
};
