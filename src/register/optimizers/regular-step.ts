/**
 * Regular-step gradient descent, as ITK has it: steps of one length against the gradient, which is shortened
 * whenever the gradient turns back.
 */
import {
  type Arrival,
  type Descent,
  inner,
  isFlat,
  length,
  minus,
  plus,
  type StoppingRules,
  scaled,
} from "./optimizer.ts";

export interface RegularStepOptions extends StoppingRules {
  readonly kind: "regular-step";
  /** The length of the first steps, in voxels of the level. */
  readonly firstStep?: number;
  /** What a step that went too far is shortened by. */
  readonly relaxation?: number;
}

export const regularStep = async (
  { objective, start, voxel, onStep }: Descent,
  {
    iterations = 200,
    minimumStep = 0.002,
    valueTolerance = 0,
    firstStep = 1,
    relaxation = 0.5,
  }: Omit<RegularStepOptions, "kind"> = {},
): Promise<Arrival> => {
  let position = start;
  let stride = firstStep * voxel;
  let step = 0;
  let last: readonly number[] | undefined;
  let best = { position, value: Number.POSITIVE_INFINITY };
  let before = Number.POSITIVE_INFINITY;
  for (let k = 0; k < iterations; k++) {
    const { value, gradient } = await objective(position);
    const slope = length(gradient);
    if (value < best.value) best = { position, value };
    onStep({ position, value, gradientNorm: slope, step });
    if (slope === 0 || !Number.isFinite(slope)) return { ...best, stop: "step" };
    if (valueTolerance > 0 && isFlat(before, value, valueTolerance)) return { ...best, stop: "value" };
    before = value;
    if (last !== undefined && inner(last, gradient) < 0) stride *= relaxation;
    if (stride < minimumStep * voxel) return { ...best, stop: "step" };
    last = gradient;
    const next = plus(position, scaled(gradient, -stride / slope));
    step = length(minus(next, position));
    position = next;
  }
  return { ...best, stop: "iterations" };
};
