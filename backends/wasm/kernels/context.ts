/** What the parts of a kernel share while it is being written: the module, the numbers of a run, and how to get at them. */
import type { Code, FunctionBuilder, Local, ModuleBuilder } from "../assembler/index.ts";
import type { UniformLayout } from "../uniforms.ts";

export type F = FunctionBuilder;
export type I32 = Code<"i32">;
export type F64 = Code<"f64">;
export type V128 = Code<"v128">;

export interface Context {
  readonly module: ModuleBuilder;
  readonly layout: UniformLayout;
}

/** Reads the numbers of a run into locals of one function. */
export class Reader {
  readonly #f: F;
  readonly #layout: UniformLayout;
  readonly #base: Local<"i32">;

  constructor(f: F, { layout }: Context, base: Local<"i32">) {
    this.#f = f;
    this.#layout = layout;
    this.#base = base;
  }

  i32(name: string): Local<"i32"> {
    return this.#f.keep(this.#f.i32.load(this.#base, this.#layout.field(name, "i32").offset), name);
  }

  f64(name: string): Local<"f64"> {
    return this.#f.keep(this.#f.f64.load(this.#base, this.#layout.field(name, "f64").offset), name);
  }

  /** A whole number in all four lanes. */
  i32x4(name: string): Local<"v128"> {
    return this.#f.keep(this.#f.v128.load32_splat(this.#base, this.#layout.field(name, "i32").offset), name);
  }

  /** A float in all four lanes. */
  f32x4(name: string): Local<"v128"> {
    return this.#f.keep(this.#f.v128.load32_splat(this.#base, this.#layout.field(name, "f32").offset), name);
  }
}
