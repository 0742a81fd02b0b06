/** Images side by side in a buffer of a device, by copies from buffer to buffer, or by a kernel that interleaves channels. */

import { usage } from "../../backends/webgpu/flags.ts";
import type { GpuBackend } from "../../backends/webgpu/index.ts";
import { interleave } from "../../backends/webgpu/interleave.ts";
import { release } from "../backends.ts";
import { evaluateBatch } from "../batch.ts";
import { asKind, type MedImage } from "../image.ts";
import { as } from "../ops/intensity.ts";
import { gpuBufferOf } from "../webgpu.ts";

/** @throws MedImagesError (as rejection) `BackendUnavailable`, `BudgetExceeded` */
export const packedOnGpu = async (
  images: readonly MedImage[],
  backend: GpuBackend,
  interleaved: boolean,
): Promise<GPUBuffer> => {
  const gpu = await backend.device();
  const sources = images.map((image) => as("float32")(asKind("intensity", image)));
  const floats = await evaluateBatch(sources, { backend, keep: "gpu" });
  try {
    const sizes = floats.map(({ grid, voxels }) => grid.size.reduce((product, n) => product * n, voxels.channels));
    const bytes = 4 * sizes.reduce((sum, size) => sum + size, 0);
    const packed = gpu.createBuffer({
      label: "medimages batch",
      size: bytes,
      usage: usage.storage | usage.copyFrom | usage.copyTo,
    });
    let at = 0;
    for (const [k, image] of floats.entries()) {
      const size = sizes[k] ?? 0;
      const { channels } = image.voxels;
      if (interleaved && channels > 1) interleave(gpu, gpuBufferOf(image), packed, { channels, size, at });
      else {
        const encoder = gpu.createCommandEncoder();
        encoder.copyBufferToBuffer(gpuBufferOf(image), 0, packed, 4 * at, 4 * size);
        gpu.queue.submit([encoder.finish()]);
      }
      at += size;
    }
    return packed;
  } finally {
    for (const image of floats) release(image);
  }
};
