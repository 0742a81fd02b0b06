/** WebGPU in a browser: `navigator.gpu`, where the page is served securely and the browser has it. */
import type { GpuSource } from "../../backends/webgpu/acquire.ts";

export const browserGpu: GpuSource = {
  open: async () => globalThis.navigator?.gpu,
  isLikely: () => globalThis.navigator?.gpu !== undefined,
  remedy:
    "serve the page over https or from localhost, use a browser with WebGPU and a GPU that it supports, or use the wasm backend",
};
