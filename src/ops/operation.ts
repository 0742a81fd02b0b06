/**
 * What an operation is made of. Each lives in a file of its own beside this one: the JSON form of its step,
 * what it does to an expression, and its constructor for `pipe`. The table of all is in `table.ts`.
 */
import { type Clip, clip } from "../../compiler/language/field.ts";
import { type Grid, gridProblem } from "../../compiler/language/grid.ts";
import { type Axis, axes, type Vector3 } from "../../compiler/language/vector.ts";
import { quantize } from "../../compiler/language/voxels.ts";
import type { Expression } from "../expression.ts";
import type { Kind } from "../image.ts";
import type { AxisName, FillOptions, OperationName, SamplingOptions, StepOf } from "../step.ts";
import type { StepCodec } from "./codecs.ts";

/** The parts of an expression that an operation changes. */
export type Change = Partial<Pick<Expression, "grid" | "field" | "storage" | "sampling">>;

/** A step that cannot be, and what would. */
export interface Refusal {
  readonly refused: string;
  readonly remedy: string;
}
export const refuse = (refused: string, remedy: string): Refusal => ({ refused, remedy });
export const isRefusal = <T extends object>(outcome: T | Refusal | undefined): outcome is Refusal =>
  outcome !== undefined && "refused" in outcome;

export interface OperationDefinition<N extends OperationName> {
  readonly op: N;
  /** What the result is, where that is not what the image was. */
  readonly makes?: Kind;
  readonly codec: StepCodec<StepOf<N>>;
  readonly apply: (expression: Expression, step: StepOf<N>) => Change | Refusal;
}

export const axisIndex: Readonly<Record<AxisName, Axis>> = { x: 0, y: 1, z: 2 };

export const notWhole = (what: string, numbers: readonly number[], least: number): Refusal | undefined =>
  numbers.every((n) => Number.isSafeInteger(n) && n >= least)
    ? undefined
    : refuse(`${what} ${numbers.join(", ")} is not of whole numbers from ${least}`, `give whole numbers from ${least}`);

/** A fill must be a number, and for a label image one of the class numbers that it can hold. */
export const fillRefusal = (
  { kind, storage }: Expression,
  { fill }: { readonly fill?: unknown },
): Refusal | undefined => {
  if (typeof fill !== "number") return undefined;
  if (kind === "label" && quantize(storage.dtype, fill) !== fill)
    return refuse(
      `the fill ${fill} is no class number that ${storage.dtype} holds`,
      "fill labels with a whole number of their dtype",
    );
  return undefined;
};

/** A label has no value between two classes. */
export const samplingRefusal = (expression: Expression, options: SamplingOptions): Refusal | undefined => {
  const { interpolation } = options;
  if (expression.kind === "label" && interpolation !== undefined && interpolation !== "nearest")
    return refuse(
      `${interpolation} interpolation would invent classes in a label image`,
      "use nearest, or load the image as intensities",
    );
  return fillRefusal(expression, options);
};

export const gridRefusal = (grid: Grid): Refusal | undefined => {
  const problem = gridProblem(grid);
  return problem === undefined ? undefined : refuse(`the resulting grid cannot be: ${problem}`, "choose other numbers");
};

/** The expression's field cut off at `to`; −0 becomes the 0 that a pipeline file can say. */
export const clipped = (expression: Expression, to: Grid, { fill = "background" }: FillOptions): Clip => {
  if (fill !== "background") return clip(expression.field, to, fill + 0);
  return clip(expression.field, to, expression.kind === "label" ? 0 : "background");
};

/** Whole sizes from fractional ones, as ITK users round them: half up, at least 1. */
export const roundSize = (size: Vector3): Vector3 => {
  const [x, y, z] = axes.map((k) => Math.max(1, Math.floor(size[k] + 0.5)));
  return [x ?? 1, y ?? 1, z ?? 1];
};
