/** Kernels that have been compiled, by the text of their structure, the least recently used dropped first. */
import type { Kernel } from "./kernels/gather.ts";
import type { UniformLayout } from "./uniforms.ts";

export interface CompiledKernel {
  readonly module: WebAssembly.Module;
  readonly layout: UniformLayout;
}

const most = 64;
const kernels = new Map<string, CompiledKernel>();

export const compiled = (key: string, build: () => Kernel): CompiledKernel => {
  const known = kernels.get(key);
  const kernel = known ?? compile(build());
  kernels.delete(key);
  kernels.set(key, kernel);
  const oldest = kernels.keys().next();
  if (kernels.size > most && !oldest.done) kernels.delete(oldest.value);
  return kernel;
};

const compile = ({ module, layout }: Kernel): CompiledKernel => ({
  module: new WebAssembly.Module(module.encode()),
  layout,
});
