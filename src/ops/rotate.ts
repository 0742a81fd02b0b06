/** Turns the content about the centre of the grid; the grid stays. */
import { about, invert, type Point } from "../../compiler/language/affine.ts";
import { warp } from "../../compiler/language/field.ts";
import { centrePoint, type Grid } from "../../compiler/language/grid.ts";
import { pointOf, type Real, type RealVector3, rotationBy } from "../../compiler/language/real.ts";
import { column, norm, type Vector3 } from "../../compiler/language/vector.ts";
import { type IntensityOperation, type Operation, sampledBy } from "../expression.ts";
import type { AxisName, RotateStep, SamplingOptions } from "../step.ts";
import { operation } from "./apply.ts";
import { axisName, either, real, realVector3, samplingFields, stepCodec, vector3 } from "./codecs.ts";
import { axisIndex, type OperationDefinition, refuse, samplingRefusal } from "./operation.ts";

export const rotateDefinition: OperationDefinition<"rotate"> = {
  op: "rotate",
  codec: /* @__PURE__ */ stepCodec<RotateStep>(
    "rotate",
    { axis: either("x, y, z or a vector of three numbers", axisName, vector3), degrees: real },
    { center: realVector3, ...samplingFields },
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
    const push = about(centreFor(step, grid), rotationBy(axis, step.degrees));
    const sampled = sampledBy(expression, step);
    return { ...sampled, field: warp(sampled.field, invert(push)) };
  },
};

/** Where a movement turns: its own centre, or that of the grid. */
export const centreFor = ({ center }: CenterOptions, grid: Grid): Point =>
  center === undefined ? centrePoint(grid) : pointOf(center);

/** `center` is the point that a rotation leaves where it is, in world mm (LPS): the centre of the grid unless said. */
export interface CenterOptions {
  readonly center?: RealVector3;
}

/**
 * Rotates the content right-handed by `degrees` about the image's own `axis`, or about a world vector (LPS),
 * through `center` (that of the grid, index (n − 1)/2, unless said). The grid does not change. In ITK terms: a
 * resample with the rotation by −`degrees`.
 */
export function rotate(
  axis: AxisName | Vector3,
  degrees: Real,
  options?: SamplingOptions<"nearest"> & CenterOptions,
): Operation;
export function rotate(
  axis: AxisName | Vector3,
  degrees: Real,
  options: SamplingOptions & CenterOptions,
): IntensityOperation;
export function rotate(
  axis: AxisName | Vector3,
  degrees: Real,
  options: SamplingOptions & CenterOptions = {},
): Operation {
  return operation(rotateDefinition, { op: "rotate", axis, degrees, ...options });
}
