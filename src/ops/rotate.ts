/** Turns the content about the centre of the grid; the grid stays. */
import { about, invert } from "../../compiler/language/affine.ts";
import { warp } from "../../compiler/language/field.ts";
import { centrePoint } from "../../compiler/language/grid.ts";
import { column, norm, type Vector3 } from "../../compiler/language/vector.ts";
import { type IntensityOperation, type Operation, sampledBy } from "../expression.ts";
import { type Real, rotationBy } from "../real.ts";
import type { AxisName, RotateStep, SamplingOptions } from "../step.ts";
import { operation } from "./apply.ts";
import { axisName, either, real, samplingFields, stepCodec, vector3 } from "./codecs.ts";
import { axisIndex, type OperationDefinition, refuse, samplingRefusal } from "./operation.ts";

export const rotateDefinition: OperationDefinition<"rotate"> = {
  op: "rotate",
  codec: stepCodec<RotateStep>(
    "rotate",
    { axis: either("x, y, z or a vector of three numbers", axisName, vector3), degrees: real },
    samplingFields,
  ),
  apply: (expression, step) => {
    const { grid } = expression;
    const axis = typeof step.axis === "string" ? column(grid.direction, axisIndex[step.axis]) : step.axis;
    const refusal =
      samplingRefusal(expression, step) ??
      (norm(axis) > 0 && Number.isFinite(norm(axis))
        ? undefined
        : refuse(`the axis ${axis.join(", ")} has no length that can be told`, "give a vector of about length 1"));
    if (refusal) return refusal;
    const push = about(centrePoint(grid), rotationBy(axis, step.degrees));
    const sampled = sampledBy(expression, step);
    return { ...sampled, field: warp(sampled.field, invert(push)) };
  },
};

/**
 * Rotates the content right-handed by `degrees` about the image's own `axis`, or about a world vector (LPS),
 * through the centre of the grid, index (n − 1)/2. The grid does not change. In ITK terms: a resample
 * with the rotation by −`degrees`.
 */
export function rotate(axis: AxisName | Vector3, degrees: Real, options?: SamplingOptions<"nearest">): Operation;
export function rotate(axis: AxisName | Vector3, degrees: Real, options: SamplingOptions): IntensityOperation;
export function rotate(axis: AxisName | Vector3, degrees: Real, options: SamplingOptions = {}): Operation {
  return operation(rotateDefinition, { op: "rotate", axis, degrees, ...options });
}
