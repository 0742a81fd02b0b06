/** What a kernel is, whatever it does: one memory that it imports, and one function that it exports. */
import { type Local, ModuleBuilder } from "../assembler/index.ts";
import { UniformLayout } from "../uniforms.ts";
import { type Context, type F, Reader } from "./context.ts";

export interface Kernel {
  readonly module: ModuleBuilder;
  readonly layout: UniformLayout;
}

/** The parts of a kernel's function: it computes units `from` … `to` − 1, with a scratch area of its own. */
export interface Run {
  readonly f: F;
  readonly read: Reader;
  /** The address of the numbers of the run. */
  readonly uniforms: Local<"i32">;
  readonly scratch: Local<"i32">;
  readonly from: Local<"i32">;
  readonly to: Local<"i32">;
}

/** The kernel whose function `build` writes; functions that this calls are added by `help` before. */
export const kernelOf = <H>(
  name: string,
  shared: boolean,
  help: (context: Context) => H,
  build: (run: Run, helpers: H, context: Context) => void,
): Kernel => {
  const module = new ModuleBuilder(name);
  module.importMemory("env", "memory", { initial: 1, maximum: 65536, shared });
  const context: Context = { module, layout: new UniformLayout() };
  const helpers = help(context);
  module.func("run", { uniforms: "i32", scratch: "i32", from: "i32", to: "i32" }, [], (f, parameters) =>
    build({ f, read: new Reader(f, context, parameters.uniforms), ...parameters }, helpers, context),
  );
  return context;
};
