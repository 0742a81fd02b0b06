/** Moves the content by rotation, scale, shear and translation at once; the grid stays. */
import { type Affine, about, compose, invert, isInvertible, type Point } from "../../compiler/language/affine.ts";
import { warp } from "../../compiler/language/field.ts";
import { pointOf, type RealVector3, rotationBy, scalingBy, shearBy } from "../../compiler/language/real.ts";
import { type IntensityOperation, type Operation, sampledBy } from "../expression.ts";
import type { AffineStep, SamplingOptions } from "../step.ts";
import { operation } from "./apply.ts";
import { realVector3, samplingFields, stepCodec } from "./codecs.ts";
import { type OperationDefinition, refuse, samplingRefusal } from "./operation.ts";
import { type CenterOptions, centreFor } from "./rotate.ts";

export const affineDefinition: OperationDefinition<"affine"> = {
  op: "affine",
  codec: /* @__PURE__ */ stepCodec<AffineStep>(
    "affine",
    {},
    {
      rotate: realVector3,
      scale: realVector3,
      shear: realVector3,
      translate: realVector3,
      center: realVector3,
      ...samplingFields,
    },
  ),
  apply: (expression, step) => {
    const push = affineMap(step, centreFor(step, expression.grid));
    const refusal =
      samplingRefusal(expression, step) ??
      (isInvertible(push) ? undefined : refuse("the map is singular: it flattens space", "give scales other than 0"));
    if (refusal) return refusal;
    const sampled = sampledBy(expression, step);
    return { ...sampled, field: warp(sampled.field, invert(push)) };
  },
};

/** p ↦ c + t + R·Sh·S·(p − c) in world mm, and how it changes with parameters. */
export const affineMap = (
  { rotate = [0, 0, 0], scale = [1, 1, 1], shear = [0, 0, 0], translate = [0, 0, 0] }: AffineParameters,
  centre: Point,
): Affine<"world", "world"> => about(centre, turnBy(rotate, scale, shear), pointOf(translate));

/** R·Sh·S with R = Rz·Ry·Rx and Sh = [[1, xy, xz], [0, 1, yz], [0, 0, 1]]. */
const turnBy = ([rx, ry, rz]: RealVector3, scale: RealVector3, shear: RealVector3): Affine<"world", "world"> => {
  const rotation = compose(compose(rotationBy([0, 0, 1], rz), rotationBy([0, 1, 0], ry)), rotationBy([1, 0, 0], rx));
  return compose(compose(rotation, shearBy(shear)), scalingBy(scale));
};

/**
 * `rotate` in degrees about the world axes x, y, z (applied in this order), `scale` factors, `shear`
 * [xy, xz, yz], `translate` in world mm (LPS), `center` a world point (LPS mm). What is left out changes nothing.
 */
export interface AffineParameters extends CenterOptions {
  readonly rotate?: RealVector3;
  readonly scale?: RealVector3;
  readonly shear?: RealVector3;
  readonly translate?: RealVector3;
}

/**
 * Moves the content by p ↦ c + t + R·Sh·S·(p − c), with c the `center`, or that of the grid, in world mm (LPS):
 * a scale over 1 enlarges what is seen. The grid does not change.
 */
export function affine(parameters: AffineParameters, options?: SamplingOptions<"nearest">): Operation;
export function affine(parameters: AffineParameters, options: SamplingOptions): IntensityOperation;
export function affine(parameters: AffineParameters, options: SamplingOptions = {}): Operation {
  return operation(affineDefinition, { op: "affine", ...parameters, ...options });
}
