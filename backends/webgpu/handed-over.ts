/**
 * Objects of WebGPU as they are handed in and out: of the types that a program has for them, which come with the DOM
 * of TypeScript 6 or with `@webgpu/types`. A program without these, such as one for Node, takes them for objects of
 * which nothing is known, so that the declarations of this package hold in it as they are.
 */

type Declared<Name extends string> = typeof globalThis extends {
  readonly [N in Name]: { readonly prototype: infer T extends object };
}
  ? T
  : object;

export type GpuBuffer = Declared<"GPUBuffer">;
export type GpuDevice = Declared<"GPUDevice">;
/** An implementation of WebGPU, as `navigator.gpu` is one. */
export type Gpu = Declared<"GPU">;
/** What an adapter is asked for with. */
export type GpuAdapterOptions = Gpu extends { requestAdapter(options?: infer Options): unknown }
  ? NonNullable<Options>
  : object;
