/**
 * A device of WebGPU, with what it keeps for the next run: pipelines by the text of their kernels, and
 * buffers. All that goes wrong on it becomes one tagged error here.
 */
import { fail } from "../../compiler/errors.ts";
import { BufferPool } from "./pool.ts";

/** @throws MedImagesError `BackendUnavailable` */
export const unavailable = (reason: string, remedy: string, cause?: unknown): never =>
  fail({ kind: "BackendUnavailable", backend: "webgpu", reason, remedy }, cause);

/** Random augmentations come in hundreds of structures, of which each takes longer to compile than to run. */
const mostPipelines = 512;
/** Kernels count elements in 32 bits, and bindings are whole words. */
const mostBytes = 2 ** 32 - 4;
/** Buffers that nobody uses are kept up to this many bytes. */
const mostWaiting = 2 ** 29;

export class Device {
  readonly gpu: GPUDevice;
  /** Whether a processor plays the GPU. */
  readonly isSoftware: boolean;
  /** The largest volume that a kernel binds, in bytes. */
  readonly largestBinding: number;
  readonly pool: BufferPool;
  readonly #compilesAtOnce: boolean;
  readonly #pipelines = new Map<string, Promise<GPUComputePipeline>>();
  readonly #layouts = new Map<number, GPUBindGroupLayout>();
  /** Who waits for something now. The promise of a loss seldom settles, and would keep all that was raced with it. */
  readonly #waiting = new Set<(info: GPUDeviceLostInfo) => void>();
  #lost: GPUDeviceLostInfo | undefined;

  /**
   * `most` bounds what a kernel binds further than the device does; `compilesAtOnce`, whether kernels are compiled
   * while the caller stands still.
   */
  constructor(gpu: GPUDevice, isSoftware: boolean, most: number, compilesAtOnce = false) {
    this.gpu = gpu;
    this.isSoftware = isSoftware;
    const { maxStorageBufferBindingSize, maxBufferSize } = gpu.limits;
    this.largestBinding = Math.min(maxStorageBufferBindingSize, maxBufferSize, mostBytes, most);
    this.pool = new BufferPool(gpu, mostWaiting);
    this.#compilesAtOnce = compilesAtOnce;
    void gpu.lost.then((info) => {
      this.#lost = info;
      for (const tell of this.#waiting) tell(info);
    });
  }

  get isLost(): boolean {
    return this.#lost !== undefined;
  }

  /**
   * The value of a promise of the device, unless the device is lost before.
   * @throws MedImagesError `BackendUnavailable`
   */
  async until<T>(work: Promise<T>): Promise<T> {
    let tell: (info: GPUDeviceLostInfo) => void = () => undefined;
    const lost = new Promise<GPUDeviceLostInfo>((resolve) => {
      tell = resolve;
    }).then((info) => this.#reportLoss(info));
    if (this.#lost === undefined) this.#waiting.add(tell);
    else tell(this.#lost);
    try {
      return await Promise.race([work, lost]);
    } catch (thrown) {
      // Whatever a lost device answers, that it is lost is the reason.
      return this.#lost === undefined ? Promise.reject(thrown) : this.#reportLoss(this.#lost);
    } finally {
      this.#waiting.delete(tell);
    }
  }

  #reportLoss({ reason, message }: GPUDeviceLostInfo): never {
    return unavailable(
      `the GPU device was lost (${reason === "destroyed" ? "destroyed" : "for no stated reason"}${message === "" ? "" : `: ${message}`})`,
      "run again, which takes a fresh device, or use the wasm backend",
    );
  }

  /**
   * The pipeline of a kernel, compiled once.
   * @throws MedImagesError (as rejection) `BackendUnavailable` when the device binds fewer volumes than it reads,
   * `InternalError` when it is not valid
   */
  pipeline(code: string, sources: number): Promise<GPUComputePipeline> {
    const known = this.#pipelines.get(code) ?? this.#compile(code, sources);
    this.#pipelines.delete(code);
    this.#pipelines.set(code, known);
    const oldest = this.#pipelines.keys().next();
    if (this.#pipelines.size > mostPipelines && !oldest.done) this.#pipelines.delete(oldest.value);
    return known;
  }

  async #compile(code: string, sources: number): Promise<GPUComputePipeline> {
    // The result and the tables are bound the same way.
    const most = this.gpu.limits.maxStorageBuffersPerShaderStage - 2;
    if (sources > most)
      return unavailable(
        `a pass reads ${sources} volumes, and the device binds ${most} at once`,
        "use the wasm backend, or materialize some of them first",
      );
    const layout = this.gpu.createPipelineLayout({ bindGroupLayouts: [this.layout(sources)] });
    this.gpu.pushErrorScope("validation");
    const module = this.gpu.createShaderModule({ code });
    const problem = this.gpu.popErrorScope();
    const pipeline = this.#pipelineOf({ layout, compute: { module, entryPoint: "main" } });
    // Awaited below, after the better message.
    pipeline.catch(() => undefined);
    const wrong = await this.until(problem);
    if (wrong !== null) return invalid(wrong.message);
    return pipeline;
  }

  async #pipelineOf(descriptor: GPUComputePipelineDescriptor): Promise<GPUComputePipeline> {
    if (this.#compilesAtOnce) {
      const { value, accepted } = this.scoped(() => this.gpu.createComputePipeline(descriptor));
      await accepted;
      return value;
    }
    try {
      return await this.until(this.gpu.createComputePipelineAsync(descriptor));
    } catch (thrown) {
      return this.isLost ? Promise.reject(thrown) : invalid(thrown instanceof Error ? thrown.message : String(thrown));
    }
  }

  /** Numbers, tables, the result, then the sources: as all kernels bind them, whether they look at them or not. */
  layout(sources: number): GPUBindGroupLayout {
    const known = this.#layouts.get(sources);
    if (known !== undefined) return known;
    const types: GPUBufferBindingType[] = ["uniform", "read-only-storage", "storage"];
    for (let k = 0; k < sources; k++) types.push("read-only-storage");
    // `GPUShaderStage.COMPUTE`
    const entries = types.map((type, binding) => ({ binding, visibility: 4, buffer: { type } }));
    const layout = this.gpu.createBindGroupLayout({ entries });
    this.#layouts.set(sources, layout);
    return layout;
  }

  /**
   * Calls `work`, which asks the device for things and does not wait, and resolves when the device has taken
   * them all without complaint.
   * @throws MedImagesError `BackendUnavailable` when memory is out, `InternalError` when the device refuses
   */
  scoped<T>(work: () => T): { readonly value: T; readonly accepted: Promise<void> } {
    const { gpu } = this;
    // The innermost scope is popped first. No other call comes in between: nothing waits here.
    for (const filter of scopes) gpu.pushErrorScope(filter);
    let value: T;
    const pop = (): Promise<(GPUError | null)[]> => Promise.all(scopes.map(() => gpu.popErrorScope()));
    try {
      value = work();
    } catch (thrown) {
      pop().catch(() => undefined);
      throw thrown;
    }
    const accepted = this.until(pop()).then(([memory, internal, validation]) => {
      if (memory) outOfMemory(memory.message);
      if (internal) invalid(internal.message);
      if (validation) invalid(validation.message);
    });
    accepted.catch(() => undefined);
    return { value, accepted };
  }

  destroy(): void {
    this.pool.clear();
    this.gpu.destroy();
  }
}

/** In the order in which they are pushed; popped the other way round. */
const scopes: readonly GPUErrorFilter[] = ["validation", "internal", "out-of-memory"];

const invalid = (reason: string): never => fail({ kind: "InternalError", phase: "webgpu", reason: reason.trim() });

const outOfMemory = (reason: string): never =>
  unavailable(
    `the GPU is out of memory (${reason.trim()})`,
    "dispose of images that are kept on the GPU, crop first, or use the wasm backend",
  );
