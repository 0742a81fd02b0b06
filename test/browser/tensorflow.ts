/** Voxels handed to TensorFlow.js and taken back, on one device, without leaving it. */
import { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import { evaluate, reference, rotate } from "../../src/index.ts";
import { gpuBufferOf, imageFromGpuBuffer, webgpu } from "../../src/webgpu.ts";
import type { Check } from "../backends/conformance.ts";
import { noise } from "../backends/noise.ts";

export const sharesWithTensorflow: Check = {
  name: "buffers are shared with TensorFlow.js",
  run: async () => {
    const backend = webgpu();
    const device = await backend.device();
    // Its own would take a device of its own.
    tf.removeBackend("webgpu");
    tf.registerBackend("webgpu", () => new WebGPUBackend(device, device.adapterInfo));
    await tf.setBackend("webgpu");

    const image = noise([12, 10, 8]);
    const turned = rotate("z", 30, { fill: 0 })(image);
    using kept = await evaluate(turned, { backend, keep: "gpu" });
    // TensorFlow.js counts the slowest axis first.
    const tensor = tf.tensor({ buffer: gpuBufferOf(kept), zeroCopy: true }, [8, 10, 12], "float32");
    const relu = tf.mul(tf.maximum(tensor, 0), 2);
    const { buffer, tensorRef } = relu.dataToGPU();
    if (buffer === undefined) throw new Error("TensorFlow.js gave no buffer");
    using back = await imageFromGpuBuffer(buffer, { grid: kept.grid, dtype: "float32" }, backend);
    const again = await evaluate(rotate("z", -30, { fill: 0 })(back), { backend });

    const { data } = (await evaluate(turned, { backend: reference })).voxels;
    const halfway = {
      ...image,
      grid: kept.grid,
      voxels: {
        ...image.voxels,
        data: Float32Array.from({ length: data.length }, (_, i) => 2 * Math.max(Number(data[i]), 0)),
      },
    };
    const wanted = await evaluate(rotate("z", -30, { fill: 0 })(halfway), { backend: reference });
    again.voxels.data.forEach((value: number | bigint, i: number) => {
      const due = Number(wanted.voxels.data[i]);
      if (!(Math.abs(Number(value) - due) <= 0.02)) throw new Error(`voxel ${i} is ${value} instead of ${due}`);
    });
    for (const used of [tensorRef, relu, tensor]) used.dispose();
  },
};
