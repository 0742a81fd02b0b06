/** Moves the content by rotation, scale, shear and translation at once; the grid stays. */
import { about, invert } from "../../compiler/language/affine.ts";
import { warp } from "../../compiler/language/field.ts";
import { centreOf } from "../../compiler/language/grid.ts";
import {
  diagonal,
  isInvertible3,
  type Matrix3,
  multiply3,
  rotation3,
  type Vector3,
} from "../../compiler/language/vector.ts";
import { type IntensityOperation, type Operation, sampledBy } from "../expression.ts";
import type { AffineStep, SamplingOptions } from "../step.ts";
import { operation } from "./apply.ts";
import { samplingFields, stepCodec, vector3 } from "./codecs.ts";
import { type OperationDefinition, refuse, samplingRefusal } from "./operation.ts";

export const affineDefinition: OperationDefinition<"affine"> = {
  op: "affine",
  codec: stepCodec<AffineStep>(
    "affine",
    {},
    { rotate: vector3, scale: vector3, shear: vector3, translate: vector3, ...samplingFields },
  ),
  apply: (expression, step) => {
    const { rotate = [0, 0, 0], scale = [1, 1, 1], shear = [0, 0, 0], translate = [0, 0, 0] } = step;
    const linear = linearPart(rotate, scale, shear);
    const refusal =
      samplingRefusal(expression, step) ??
      (isInvertible3(linear)
        ? undefined
        : refuse("the map is singular: it flattens space", "give scales other than 0"));
    if (refusal) return refusal;
    const sampled = sampledBy(expression, step);
    return { ...sampled, field: warp(sampled.field, invert(about(centreOf(expression.grid), linear, translate))) };
  },
};

/** R·Sh·S with R = Rz·Ry·Rx and Sh = [[1, xy, xz], [0, 1, yz], [0, 0, 1]]. */
const linearPart = ([rx, ry, rz]: Vector3, scale: Vector3, [xy, xz, yz]: Vector3): Matrix3 => {
  const rotation = multiply3(multiply3(rotation3([0, 0, 1], rz), rotation3([0, 1, 0], ry)), rotation3([1, 0, 0], rx));
  return multiply3(multiply3(rotation, [1, xy, xz, 0, 1, yz, 0, 0, 1]), diagonal(scale));
};

/**
 * `rotate` in degrees about the world axes x, y, z (applied in this order), `scale` factors, `shear`
 * [xy, xz, yz], `translate` in world mm (LPS). What is left out changes nothing.
 */
export interface AffineParameters {
  readonly rotate?: Vector3;
  readonly scale?: Vector3;
  readonly shear?: Vector3;
  readonly translate?: Vector3;
}

/**
 * Moves the content by p ↦ c + t + R·Sh·S·(p − c), with c the centre of the grid, in world mm (LPS):
 * a scale over 1 enlarges what is seen. The grid does not change.
 */
export function affine(parameters: AffineParameters, options?: SamplingOptions<"nearest">): Operation;
export function affine(parameters: AffineParameters, options: SamplingOptions): IntensityOperation;
export function affine(parameters: AffineParameters, options: SamplingOptions = {}): Operation {
  return operation(affineDefinition, { op: "affine", ...parameters, ...options });
}
