/** Moves the content by any affine map of the world, given as twelve numbers; the grid stays. */
import { invert, isInvertible } from "../../compiler/language/affine.ts";
import { warp } from "../../compiler/language/field.ts";
import { mapOf, type RealMatrix3, type RealVector3 } from "../../compiler/language/real.ts";
import { type IntensityOperation, type Operation, sampledBy } from "../expression.ts";
import type { SamplingOptions, TransformStep } from "../step.ts";
import { operation } from "./apply.ts";
import { realMatrix3, realVector3, samplingFields, stepCodec } from "./codecs.ts";
import { type OperationDefinition, refuse, samplingRefusal } from "./operation.ts";

export const transformDefinition: OperationDefinition<"transform"> = {
  op: "transform",
  codec: /* @__PURE__ */ stepCodec<TransformStep>(
    "transform",
    { matrix: realMatrix3, offset: realVector3 },
    samplingFields,
  ),
  apply: (expression, step) => {
    const push = mapOf(step.matrix, step.offset);
    const refusal =
      samplingRefusal(expression, step) ??
      (isInvertible(push)
        ? undefined
        : refuse("the matrix is singular: it flattens space", "give a matrix that can be inverted"));
    if (refusal) return refusal;
    const sampled = sampledBy(expression, step);
    return { ...sampled, field: warp(sampled.field, invert(push)) };
  },
};

/** p ↦ matrix · p + offset between world points (LPS mm). `matrix` is row-major. */
export interface TransformMap {
  readonly matrix: RealMatrix3;
  readonly offset: RealVector3;
}

/**
 * Moves the content by p ↦ matrix · p + offset in world mm (LPS); the grid does not change. A registration's
 * transform in the sense of ITK, from points of the fixed image to those of the moving one, is the inverse of this.
 */
export function transform(map: TransformMap, options?: SamplingOptions<"nearest">): Operation;
export function transform(map: TransformMap, options: SamplingOptions): IntensityOperation;
export function transform({ matrix, offset }: TransformMap, options: SamplingOptions = {}): Operation {
  return operation(transformDefinition, { op: "transform", matrix, offset, ...options });
}
