/**
 * WebGPU in Node: npm `webgpu`, an optional dependency that is loaded when a GPU is first asked for. What it
 * opens is held for the life of the process, because devices must not outlive it.
 */
import { existsSync } from "node:fs";
import type { GpuSource } from "../../backends/webgpu/acquire.ts";

const remedy =
  "install npm webgpu and a driver for Vulkan, Metal or Direct3D 12 (a machine without a GPU can use a software one, such as Mesa's lavapipe), or use the wasm backend";

let held: GPU | undefined;

export const nodeGpu: GpuSource = {
  open: async () => {
    if (held !== undefined) return held;
    try {
      const { create } = await import("webgpu");
      held = create([]);
    } catch {
      return undefined;
    }
    return held;
  },
  isLikely: () =>
    process.platform !== "linux" ||
    ["/dev/dri", "/dev/nvidia0", "/dev/nvidiactl", "/dev/dxg"].some((device) => existsSync(device)),
  polls: true,
  remedy,
};
