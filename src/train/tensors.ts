/**
 * Batches as tensors of other libraries. These are handed in, and known by what is used of them only, so that neither
 * is a dependency.
 */
import type { GpuBuffer } from "../../backends/webgpu/handed-over.ts";
import type { Collated, CollatedOnGpu } from "./collate.ts";

/** What is used of `onnxruntime-web`. */
export interface OnnxRuntime<T> {
  readonly Tensor: {
    new (type: "float32", data: Float32Array, dims: readonly number[]): T;
    fromGpuBuffer(buffer: GpuBuffer, options: { readonly dataType: "float32"; readonly dims: readonly number[] }): T;
  };
}

/**
 * The batch as a tensor of onnxruntime-web (`import * as ort from "onnxruntime-web"`), around the same memory. A batch
 * on a GPU must not be disposed of before the session has run, and the session must be on the same device.
 */
export const toOnnx = <T>(batch: Collated | CollatedOnGpu, ort: OnnxRuntime<T>): T =>
  "buffer" in batch
    ? ort.Tensor.fromGpuBuffer(batch.buffer, { dataType: "float32", dims: batch.shape })
    : new ort.Tensor("float32", batch.data, batch.shape);

/** What is used of `@tensorflow/tfjs-core`. */
export interface TensorFlow<T> {
  tensor(
    values: Float32Array | { readonly buffer: GpuBuffer; readonly zeroCopy: true },
    shape: [number, number, number, number, number],
    dtype: "float32",
  ): T;
}

/**
 * The batch as a tensor of TensorFlow.js (`import * as tf from "@tensorflow/tfjs-core"`), of five axes in the layout
 * of the batch; its convolutions take `"NDHWC"`. A batch on a GPU must not be disposed of before the tensor, and
 * TensorFlow.js must compute on the same device.
 */
export const toTensorFlow = <T>(batch: Collated | CollatedOnGpu, tf: TensorFlow<T>): T =>
  tf.tensor("buffer" in batch ? { buffer: batch.buffer, zeroCopy: true } : batch.data, [...batch.shape], "float32");
