/** What a registration descends: the metric of a level at a position of the model, and its gradient. */
import { pipe } from "fp-ts/lib/function.js";
import { invert } from "../../compiler/language/affine.ts";
import type { Real } from "../../compiler/language/real.ts";
import type { Operation } from "../expression.ts";
import { valueAndGradient } from "../gradient.ts";
import { affine } from "../ops/affine.ts";
import { resampleToImage } from "../ops/resample.ts";
import { type Content, movedBy, outsideIs0 } from "./content.ts";
import { type MetricName, metrics, overlap, type Pair } from "./metric.ts";
import { type Model, onTop } from "./model.ts";
import type { Evaluation } from "./optimizers/optimizer.ts";
import type { Running } from "./options.ts";

/** Moves content by what has been found before and then by the model's numbers. */
const movedOn =
  (model: Model, before: Content, numbers: readonly Real[]): Operation =>
  (source) =>
    pipe(source, movedBy(before), affine(model.movementBy(numbers), outsideIs0));

/** The metric and its gradient at a position. Where nothing can be compared the metric is infinite. */
export const evaluateAt = async (
  pair: Pair,
  model: Model,
  before: Content,
  position: readonly number[],
  metric: MetricName,
  running: Running,
): Promise<Evaluation> => {
  const parameters = model.parametersAt(position);
  const numbers = parameters.map(({ value }) => value);
  const moved = pipe(pair.moving, movedOn(model, before, parameters), resampleToImage(pair.fixed));
  const back = movedBy(invert(onTop(model, position, before)));
  const mask = overlap(pair, movedOn(model, before, numbers), back);
  const loss = metrics[metric](pair.fixed, { mask })(moved);
  const { value, gradient } = await valueAndGradient(loss, { ...running, wrt: parameters });
  return Number.isFinite(value)
    ? { value, gradient: model.gradientOf(gradient) }
    : { value: Number.POSITIVE_INFINITY, gradient: position.map(() => 0) };
};
