/**
 * What stands between a dataset and a network, an entry of its own: `medimages/train`.
 *
 * @packageDocumentation
 */
export { type BatchOptions, type Evaluated, type EvaluatedOnGpu, evaluateBatch } from "../batch.ts";
export {
  type Collated,
  type CollatedOnGpu,
  type CollateOptions,
  collate,
  collateOnGpu,
  type Layout,
  type Shape,
} from "./collate.ts";
export { type Dataset, datasetOf } from "./dataset.ts";
export { type Batch, type Loader, type LoaderOptions, loader, type SampleSeed, type Skipped } from "./loader.ts";
export type { Computed } from "./sample.ts";
export { type OnnxRuntime, type TensorFlow, toOnnx, toTensorFlow } from "./tensors.ts";
