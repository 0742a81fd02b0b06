/** Voxels handed to a network in ONNX Runtime Web and taken back, on one device, without leaving it. */
import * as ort from "onnxruntime-web/webgpu";
import { evaluate, reference, rotate } from "../../src/index.ts";
import { gpuBufferOf, imageFromGpuBuffer, webgpu } from "../../src/webgpu.ts";
import type { Check } from "../backends/conformance.ts";
import { noise } from "../backends/noise.ts";
import { doubledPositive } from "./onnx.ts";

export const sharesWithOnnxRuntime: Check = {
  name: "buffers are shared with ONNX Runtime Web",
  run: async () => {
    const backend = webgpu();
    const device = await backend.device();
    ort.env.wasm.wasmPaths = "/onnxruntime-web/";
    ort.env.wasm.numThreads = 1;
    // The slowest axis comes first, after batch and channel.
    const shape = [1, 1, 8, 10, 12];
    const session = await ort.InferenceSession.create(doubledPositive(shape), {
      executionProviders: [{ name: "webgpu", device }],
      preferredOutputLocation: "gpu-buffer",
    });

    const image = noise([12, 10, 8]);
    const turned = rotate("z", 30, { fill: 0 })(image);
    using kept = await evaluate(turned, { backend, keep: "gpu" });
    const x = ort.Tensor.fromGpuBuffer(gpuBufferOf(kept), { dataType: "float32", dims: shape });
    const { y } = await session.run({ x });
    if (y?.location !== "gpu-buffer") throw new Error(`the result is in ${y?.location}`);
    using back = await imageFromGpuBuffer(y.gpuBuffer, { grid: kept.grid, dtype: "float32" }, backend);
    const again = await evaluate(rotate("z", -30, { fill: 0 })(back), { backend });
    y.dispose();
    await session.release();

    const { data } = (await evaluate(turned, { backend: reference })).voxels;
    const doubled = Float32Array.from({ length: data.length }, (_, i) => 2 * Math.max(Number(data[i]), 0));
    const halfway = { ...image, grid: kept.grid, voxels: { ...image.voxels, data: doubled } };
    const wanted = await evaluate(rotate("z", -30, { fill: 0 })(halfway), { backend: reference });
    again.voxels.data.forEach((value: number | bigint, i: number) => {
      const due = Number(wanted.voxels.data[i]);
      if (!(Math.abs(Number(value) - due) <= 0.02)) throw new Error(`voxel ${i} is ${value} instead of ${due}`);
    });
  },
};
