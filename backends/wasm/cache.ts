/** Kernels that have been compiled, by the text of their structure. */
import type { Kernel } from "./kernels/kernel.ts";
import { Recent } from "./recent.ts";
import type { UniformLayout } from "./uniforms.ts";

export interface CompiledKernel {
  readonly module: WebAssembly.Module;
  readonly layout: UniformLayout;
}

const kernels = new Recent<CompiledKernel>(64);

export const compiled = (key: string, build: () => Kernel): CompiledKernel => kernels.get(key, () => compile(build()));

const compile = ({ module, layout }: Kernel): CompiledKernel => ({
  module: new WebAssembly.Module(module.encode()),
  layout,
});
