/** Applies a step to an expression. A step that cannot be is recorded, and the steps after it go on. */

import { type Expression, type Operation, type Source, toExpression } from "../expression.ts";
import type { Kind } from "../image.ts";
import type { OperationName, Step, StepOf } from "../step.ts";
import { isRefusal, type OperationDefinition, refuse } from "./operation.ts";

export const applyStep = <N extends OperationName, K extends Kind>(
  definition: OperationDefinition<N>,
  step: StepOf<N> & Step,
  source: Source<K>,
): Expression<K> => {
  const expression = toExpression(source);
  // Types can be got round; a step that is none must not get as far as arithmetic.
  const mismatch = definition.codec.mismatch(step);
  const outcome =
    mismatch === undefined ? definition.apply(expression, step) : refuse(mismatch, "see the types of its parameters");
  const steps = [...expression.steps, step];
  // Constructors of operations that make another kind say so in their types.
  if (!isRefusal(outcome))
    return { ...expression, ...outcome, steps, kind: (definition.makes ?? expression.kind) as K };
  const problem = {
    step: expression.steps.length,
    operation: step.op,
    reason: outcome.refused,
    remedy: outcome.remedy,
  };
  return { ...expression, steps, problems: [...expression.problems, problem] };
};

/** An operation for `pipe` from its definition and one step of it. */
export const operation =
  <N extends OperationName>(definition: OperationDefinition<N>, step: StepOf<N> & Step): Operation =>
  (source) =>
    applyStep(definition, step, source);
