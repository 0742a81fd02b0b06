/**
 * The GPU backend, for `medimages/webgpu`: in Node through npm `webgpu`, in browsers through `navigator.gpu`,
 * or on any device that is handed in.
 *
 * ```ts
 * import { evaluate } from "medimages";
 * import { webgpu } from "medimages/webgpu";
 *
 * const result = await evaluate(expression, { backend: webgpu() });
 * ```
 *
 * @packageDocumentation
 */
import { platform } from "#platform";
import { type GpuBackend, WebGpuBackend } from "../backends/webgpu/index.ts";

export type { GpuBackend } from "../backends/webgpu/index.ts";

export interface WebGpuOptions {
  /** A device to compute on. It stays the caller's: it is not destroyed, nor replaced when it is lost. */
  readonly device?: GPUDevice;
  /** An implementation of WebGPU to take a device from, instead of the platform's own. */
  readonly gpu?: GPU;
  /** What to ask an adapter for. */
  readonly adapter?: GPURequestAdapterOptions;
  /**
   * Bytes of the largest volume to bind at once; larger ones are computed in parts, which takes longer and gives
   * the same voxels. The device's own limit unless this is lower.
   */
  readonly largestBinding?: number;
}

/**
 * A backend that computes on a GPU. The device is taken on first use, and a fresh one after a loss.
 * `evaluate` rejects with `BackendUnavailable` where there is none, and says how to get one.
 */
export const webgpu = (from: GPUDevice | WebGpuOptions = {}): GpuBackend => {
  const { device, gpu, adapter, ...bounds } = "createBuffer" in from ? { device: from } : from;
  if (device !== undefined) return new WebGpuBackend(device, bounds);
  const source = gpu === undefined ? platform.gpu : { ...platform.gpu, open: async () => gpu };
  return new WebGpuBackend({ ...source, ...(adapter === undefined ? {} : { options: adapter }) }, bounds);
};
