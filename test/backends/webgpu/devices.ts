/** Devices for tests that need one of their own; what opens them is held, as it must outlive them. */
import { create } from "webgpu";

const held: GPU[] = [];

/** An entry to WebGPU; `backend=null` is one that validates everything and computes nothing. */
export const openGpu = (...options: readonly string[]): GPU => {
  const gpu = create([...options]);
  held.push(gpu);
  return gpu;
};

export const openDevice = async (
  requiredLimits: Readonly<Record<string, number>> = {},
  ...options: readonly string[]
): Promise<GPUDevice> => {
  const adapter = await openGpu(...options).requestAdapter();
  if (adapter === null) throw new Error("there is no adapter");
  return adapter.requestDevice({ requiredLimits: { ...requiredLimits } });
};
