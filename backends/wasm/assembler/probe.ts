/** Whether this engine runs what the backend would compile; asked before compiling, not after failing. */
import { ModuleBuilder } from "./module.ts";

export const supportsSimd = (): boolean => {
  if (typeof WebAssembly === "undefined") return false;
  const module = new ModuleBuilder();
  module.func("probe", {}, ["v128"], (f) => f.f32x4.splat(0));
  return WebAssembly.validate(module.encode());
};

export const supportsThreads = (): boolean => {
  if (typeof WebAssembly === "undefined" || typeof SharedArrayBuffer === "undefined") return false;
  // Pages that are not isolated may construct shared memory but cannot send it to a worker.
  if (globalThis.crossOriginIsolated === false) return false;
  const module = new ModuleBuilder();
  module.importMemory("env", "memory", { initial: 1, maximum: 1, shared: true });
  if (!WebAssembly.validate(module.encode())) return false;
  try {
    return new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer instanceof SharedArrayBuffer;
  } catch {
    return false;
  }
};
