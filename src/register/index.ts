/**
 * Registration and the transforms that it finds, an entry of its own: `medimages/register`.
 *
 * @packageDocumentation
 */

export { loadTransform, parseTransform, saveTransform } from "../io/transform/transforms.ts";
export {
  contentMapOf,
  inverseTransform,
  kindOf,
  pointMapOf,
  type Transform,
  type TransformKind,
  transformKinds,
  transformOf,
} from "../transform.ts";
export type { InitialName, StartName } from "./initial.ts";
export type { MetricName } from "./metric.ts";
export type { Movement } from "./movement.ts";
export type { AdamOptions } from "./optimizers/adam.ts";
export type { OptimizerName, OptimizerOptions } from "./optimizers/index.ts";
export type { LbfgsOptions } from "./optimizers/lbfgs.ts";
export type { StoppingRules, StopReason } from "./optimizers/optimizer.ts";
export type { RegularStepOptions } from "./optimizers/regular-step.ts";
export type { RegisterOptions } from "./options.ts";
export { register } from "./register.ts";
export type { Iteration, LevelReport, Registration } from "./result.ts";
