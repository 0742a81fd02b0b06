/**
 * Expressions whose numbers are all known. What has to be measured is measured before, in stages of its own; from
 * there on an expression is one like any other, with one pass for as many steps as fuse.
 */
import { countOfNumbers, measuresIn } from "../compiler/language/measure.ts";
import type { ComputeOptions } from "./compute-options.ts";
import type { Expression } from "./expression.ts";
import type { Kind } from "./image.ts";

/**
 * The expression with all that it measures put in as numbers, measured now. Plans of settled expressions that were
 * made by the same steps have the same structure, whatever was measured.
 * @throws MedImagesError (as rejection) as `evaluate`, and `UnsupportedVoxels` where there is nothing to measure
 */
export const settle = async <K extends Kind>(
  expression: Expression<K>,
  options: ComputeOptions = {},
): Promise<Expression<K>> => {
  if (expression.problems.length > 0 || measuresIn([expression.field]).length === 0) return expression;
  const { settleFields } = await import("./measure.ts");
  const [field = expression.field] = await settleFields([expression.field], options);
  return { ...expression, field };
};

/** What is measured before an expression can be computed, as text for people: a line for each stage, if there are any. */
export const explainStages = ({ field }: Pick<Expression, "field">): readonly string[] => {
  const stages = measuresIn([field]).map((measure, k) => {
    const { quantity, grid, where, name } = measure;
    const of = where === undefined ? "all" : "those that count of";
    const how = quantity.kind === "mean" ? "by a pass of sums" : "on the host, of the voxels there";
    const numbers = countOfNumbers(quantity);
    return `  stage ${k + 1}: ${name}, ${numbers === 1 ? "a number" : `${numbers} numbers`} from ${of} ${grid.size.join("×")} voxels, ${how}`;
  });
  return stages.length === 0 ? [] : ["measured before:", ...stages];
};
