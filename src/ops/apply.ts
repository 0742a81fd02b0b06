/** Applies a step to an expression. A step that cannot be is recorded, and the steps after it go on. */

import type { Field } from "../../compiler/language/field.ts";
import * as scalar from "../../compiler/language/scalar.ts";
import { type Expression, materialized, type Operation, type Source, toExpression } from "../expression.ts";
import type { Kind } from "../image.ts";
import type { OperationName, Step, StepOf } from "../step.ts";
import { type Change, type OperationDefinition, type Refusal, refuse } from "./operation.ts";

export const applyStep = <N extends OperationName, K extends Kind>(
  definition: OperationDefinition<N>,
  step: StepOf<N> & Step,
  source: Source<K>,
): Expression<K> => {
  const expression = toExpression(source);
  // Types can be got round; a step that is none must not get as far as arithmetic.
  const mismatch = definition.codec.mismatch(step);
  const apply = (to: Expression<K>): Change | Refusal => definition.apply(to, step);
  const outcome =
    mismatch === undefined ? withDraws(expression, apply) : refuse(mismatch, "see the types of its parameters");
  const steps = [...expression.steps, step];
  if (!("refused" in outcome)) return { ...expression, ...outcome, steps };
  const problem = {
    step: expression.steps.length,
    operation: step.op,
    reason: outcome.refused,
    remedy: outcome.remedy,
  };
  return { ...expression, steps, problems: [...expression.problems, problem] };
};

/**
 * The outcome of an operation on an expression whose voxels draw random numbers. They draw them by their place in the
 * grid that it has now, and so are sampled before anything moves them or looks at them on another grid.
 */
const withDraws = <K extends Kind>(
  expression: Expression<K>,
  apply: (to: Expression<K>) => Change | Refusal,
): Change | Refusal => {
  const outcome = apply(expression);
  const { field, grid } = expression;
  if ("refused" in outcome || !draws(field)) return outcome;
  const { field: after = field } = outcome;
  const isHere = after === field || (after.kind === "map" && after.fields.every((f) => f === field || !draws(f)));
  if (isHere && (outcome.grid ?? grid) === grid) return outcome;
  return apply({ ...expression, field: materialized(expression, "each voxel has drawn its noise on this grid") });
};

/** Whether a field's own voxels draw random numbers, not those of volumes that it samples. */
const draws = (field: Field): boolean => {
  switch (field.kind) {
    case "interpolate":
      return false;
    case "warp":
    case "clip":
      return draws(field.field);
    case "map":
      return scalar.draws(field.body) || field.fields.some(draws);
  }
};

/** An operation for `pipe` from its definition and one step of it. */
export const operation =
  <N extends OperationName>(definition: OperationDefinition<N>, step: StepOf<N> & Step): Operation =>
  (source) =>
    applyStep(definition, step, source);
