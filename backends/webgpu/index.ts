/**
 * The GPU backend: each pass as a WGSL kernel that is compiled for its structure, run on any device that
 * speaks WebGPU.
 */
import { fail } from "../../compiler/errors.ts";
import type { Vector3 } from "../../compiler/language/vector.ts";
import { dtypes, type Storage, type VoxelArray, type Voxels } from "../../compiler/language/voxels.ts";
import type { GradientProgram, Plan, Program } from "../../compiler/plan.ts";
import { checkBudget } from "../../compiler/schedule.ts";
import {
  type Backend,
  type BatchRunOptions,
  type DeviceVoxels,
  isOnDevice,
  type Outcomes,
  type RunOptions,
} from "../backend.ts";
import { acquire, type Bounds, type GpuSource, wrap } from "./acquire.ts";
import type { Device } from "./device.ts";
import { usage } from "./flags.ts";
import { largestIn } from "./float16.ts";
import type { GpuBuffer, GpuDevice } from "./handed-over.ts";
import { Pace } from "./pace.ts";
import { type Precision, place } from "./place.ts";
import { broken, bufferOf, bytesOf, elementsOf, type PlacedBuffer, type PlacedPlan } from "./plan-buffers.ts";
import { toWords } from "./pool.ts";
import { printPlan } from "./print.ts";
import type { OnDevice } from "./resident.ts";
import { holding, inMemory, ResidentVoxels, sharedIn, type Uploads } from "./resident.ts";
import { runWhole } from "./run.ts";
import { download, upload } from "./transport.ts";

/** Voxels in a buffer that another library made: x fastest, channels slowest, packed from its start. */
export interface BorrowedVoxels extends Storage {
  readonly buffer: GpuBuffer;
  readonly size: Vector3;
  readonly channels: number;
}

/** What computes on a GPU. */
export interface GpuBackend extends Backend {
  runKept(program: Program, options?: RunOptions): Promise<DeviceVoxels>;
  runBatch(programs: readonly Program[], options?: BatchRunOptions): Promise<Outcomes<Voxels>>;
  runBatchKept(programs: readonly Program[], options?: BatchRunOptions): Promise<Outcomes<DeviceVoxels>>;
  kernels(plan: Plan): readonly string[];
  /** Voxels copied to the device. @throws MedImagesError `BackendUnavailable`, `BudgetExceeded` */
  keep(voxels: Voxels): Promise<DeviceVoxels>;
  /** Voxels where they lie, in a buffer of this backend's device that can be bound as storage and copied from. */
  borrow(voxels: BorrowedVoxels): Promise<DeviceVoxels>;
  /** The device that it computes on, to share it with another library. @throws MedImagesError `BackendUnavailable` */
  device(): Promise<GpuDevice>;
  /** Whether a GPU is at hand that is more than a processor playing one. */
  isHardware(): Promise<boolean>;
  /** Whether it computes a plan in one piece; where not, every part goes over the bus. */
  takesWhole(plan: Plan): Promise<boolean>;
  /** Frees the device and what it keeps for the next run, which takes another. A device that was handed in stays. */
  dispose(): Promise<void>;
}

/** How a backend computes, besides on which device. */
export interface BackendSettings extends Bounds {
  /** `float32` where nothing is said. */
  readonly precision?: Precision;
}

const done = (): void => undefined;

interface Started {
  readonly device: Device;
  readonly plan: PlacedPlan;
  readonly pace: Pace;
  readonly made: PlacedBuffer;
  readonly storage: Storage;
}

/** Whether the device can bind each volume of a plan. */
export const fits = ({ largestBinding }: Device, plan: PlacedPlan): boolean =>
  plan.buffers.every((buffer) => bytesOf(buffer) <= largestBinding);

/** The largest magnitude of voxels; what their dtype allows, where looking at them is not worth it or costs the bus. */
const largestKnown = (voxels: Voxels | undefined): number => {
  if (voxels === undefined) return Number.POSITIVE_INFINITY;
  const { bytes, min, max } = dtypes[voxels.dtype];
  return bytes <= 2 || isOnDevice(voxels) ? Math.max(-min, max) : largestIn(voxels.data);
};

export class WebGpuBackend implements GpuBackend {
  readonly name: string = "webgpu";
  readonly #source: GpuSource | GPUDevice;
  readonly #bounds: Bounds;
  readonly #precision: Precision;
  #device: Promise<Device> | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(source: GpuSource | GPUDevice, { precision = "float32", ...bounds }: BackendSettings = {}) {
    this.#source = source;
    this.#bounds = bounds;
    this.#precision = precision;
  }

  run(program: Program, options: RunOptions = {}): Promise<Voxels> {
    return this.#inTurn(() => this.#run(program, options));
  }

  runKept(program: Program, options: RunOptions = {}): Promise<DeviceVoxels> {
    return this.#inTurn(() => this.#runKept(program, options));
  }

  runBatch(programs: readonly Program[], options: BatchRunOptions = {}): Promise<Outcomes<Voxels>> {
    return this.#batch(programs, options, (program, own, shared) => this.#run(program, own, shared));
  }

  runBatchKept(programs: readonly Program[], options: BatchRunOptions = {}): Promise<Outcomes<DeviceVoxels>> {
    return this.#batch(programs, options, (program, own, shared) => this.#runKept(program, own, shared));
  }

  #batch<V>(
    programs: readonly Program[],
    options: BatchRunOptions,
    run: (program: Program, options: RunOptions, shared: Uploads) => Promise<V>,
  ): Promise<Outcomes<V>> {
    return this.#inTurn(async () => {
      // Loaded when it is used: pages that show one scan at a time need not have it.
      const { runBatch } = await import("./batch-run.ts");
      const [device] = await Promise.allSettled([this.#ready()]);
      return device.status === "rejected" ? programs.map(() => device) : runBatch(programs, options, device.value, run);
    });
  }

  runGradient(program: GradientProgram, options: RunOptions = {}): Promise<readonly Voxels[]> {
    return this.#inTurn(async () => {
      // Loaded when it is used, so that pages that take no gradients need not have it.
      const { runGradient } = await import("./gradient-run.ts");
      return runGradient(program, options, () => this.#ready());
    });
  }

  kernels(plan: Plan): readonly string[] {
    return printPlan(plan, this.#precision);
  }

  keep(voxels: Voxels): Promise<DeviceVoxels> {
    return this.#inTurn(async () => this.#keep(await this.#ready(), voxels));
  }

  async borrow({ buffer, size, channels, dtype, rescale }: BorrowedVoxels): Promise<DeviceVoxels> {
    const length = size[0] * size[1] * size[2] * channels;
    const needed = toWords(length * dtypes[dtype].bytes);
    const usages = usage.storage | usage.copyFrom;
    if ((buffer.usage & usages) !== usages)
      return fail({
        kind: "UnsupportedVoxels",
        reason: "the buffer cannot be bound as storage and copied from",
        remedy: "make it with the usages STORAGE and COPY_SRC",
      });
    if (buffer.size < needed)
      return fail({
        kind: "UnsupportedVoxels",
        reason: `a buffer of ${buffer.size} bytes does not hold ${needed} bytes of voxels, in whole words`,
        remedy: "give the size, channels and dtype that the buffer was made for",
      });
    const device = await this.#ready();
    return ResidentVoxels.in({ device, owner: this, buffer, dtype, rescale, channels, length, borrowed: true });
  }

  async device(): Promise<GPUDevice> {
    return (await this.#ready()).gpu;
  }

  async isHardware(): Promise<boolean> {
    return this.#ready().then(
      (device) => !device.isSoftware,
      () => false,
    );
  }

  async takesWhole(plan: Plan): Promise<boolean> {
    // Which inputs float16 can keep is not known yet.
    return fits(await this.#ready(), place(plan, "float32", () => 0).plan);
  }

  async dispose(): Promise<void> {
    const device = this.#device;
    this.#device = undefined;
    const taken = await device?.catch(() => undefined);
    if ("createBuffer" in this.#source) taken?.pool.clear();
    else taken?.destroy();
  }

  async #run(program: Program, options: RunOptions, shared?: Uploads): Promise<Voxels> {
    const { inputs } = program;
    const handedIn = inputs[program.plan.result];
    if (handedIn !== undefined) return isOnDevice(handedIn) ? handedIn.fetch() : handedIn;
    const { device, plan, pace, made, storage } = await this.#start(program, options);
    const outcome = await this.#compute(device, plan, inputs, pace, shared);
    if (!("buffer" in outcome)) return { ...storage, data: outcome.data, channels: made.channels };
    const { value, accepted } = device.scoped(() => download(device, outcome.buffer, bytesOf(made)));
    device.pool.giveBack(outcome.buffer);
    await pace.wait(accepted);
    const data = new dtypes[storage.dtype].array(await pace.wait(value));
    pace.done();
    return { ...storage, data, channels: made.channels };
  }

  async #runKept(program: Program, options: RunOptions, shared?: Uploads): Promise<DeviceVoxels> {
    const { inputs } = program;
    const handedIn = inputs[program.plan.result];
    const ready = await this.#ready();
    if (handedIn !== undefined) return this.#keep(ready, handedIn);
    const { device, plan, pace, made, storage } = await this.#start(program, options);
    const outcome = await this.#compute(device, plan, inputs, pace, shared);
    if (!("buffer" in outcome)) return this.#keep(device, { ...storage, data: outcome.data, channels: made.channels });
    pace.done();
    const { channels } = made;
    const { buffer } = outcome;
    return ResidentVoxels.in({ device, owner: this, buffer, ...storage, channels, length: elementsOf(made) });
  }

  async #keep(device: Device, voxels: Voxels): Promise<DeviceVoxels> {
    if (voxels instanceof ResidentVoxels && voxels.device === device) return voxels.share();
    const { data, dtype, rescale, channels } = isOnDevice(voxels) ? await voxels.fetch() : voxels;
    if (data.byteLength > device.largestBinding)
      return fail({
        kind: "BudgetExceeded",
        what: "an image that is kept on the GPU",
        needed: data.byteLength,
        budget: device.largestBinding,
        remedy: "keep it in ordinary memory, where it is computed in parts",
      });
    const { value: buffer, accepted } = device.scoped(() => {
      const buffer = device.pool.take(toWords(data.byteLength));
      upload(device, buffer, data);
      return buffer;
    });
    await device.until(accepted);
    return ResidentVoxels.in({ device, owner: this, buffer, dtype, rescale, channels, length: data.length });
  }

  /** What a run needs, after what can be refused without a device has been. */
  async #start(program: Program, options: RunOptions): Promise<Started> {
    const { plan, warnings } = place(program.plan, this.#precision, (input) => largestKnown(program.inputs[input]));
    checkBudget(plan, options.memory, (buffer) => bytesOf(bufferOf(plan, buffer)));
    if (options.signal?.aborted) return fail({ kind: "Aborted" });
    const made = bufferOf(plan, plan.result);
    if (made.storage === "working") return broken("the result has no storage of its own");
    const device = await this.#ready();
    for (const warning of warnings) options.onWarning?.(warning);
    return { device, plan, made, storage: made.storage, pace: new Pace(device, plan.passes.length, options) };
  }

  /** The result in a buffer of the device, or in ordinary memory where it was computed in parts. */
  async #compute(
    device: Device,
    plan: PlacedPlan,
    inputs: readonly Voxels[],
    pace: Pace,
    shared: Uploads = new Map(),
  ): Promise<OnDevice | { readonly data: VoxelArray }> {
    if (!fits(device, plan)) {
      // Few volumes need it, so it is loaded for these.
      const { TiledRun } = await import("./tiled-run.ts");
      const data = await new TiledRun(device, plan, await Promise.all(inputs.map(inMemory)), pace).result();
      pace.done();
      return { data };
    }
    return holding(device, inputs, async (here) => {
      const known = here.map((voxels, input) => sharedIn(shared, voxels, bufferOf(plan, input)));
      return { buffer: await runWhole(device, plan, known, pace) };
    });
  }

  /** The device, a fresh one after a loss. @throws MedImagesError `BackendUnavailable` */
  async #ready(): Promise<Device> {
    this.#device ??= this.#take();
    const asked = this.#device;
    try {
      const device = await asked;
      if (!device.isLost) return device;
    } catch (thrown) {
      // There may be one the next time.
      if (this.#device === asked) this.#device = undefined;
      throw thrown;
    }
    if (this.#device === asked) this.#device = this.#take();
    return this.#device ?? this.#ready();
  }

  #take(): Promise<Device> {
    const source = this.#source;
    return "createBuffer" in source ? Promise.resolve(wrap(source, this.#bounds)) : acquire(source, this.#bounds);
  }

  /** One run at a time: each takes the whole device, and memory for more is seldom there. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    // The promise that is kept must not keep a volume.
    this.#turn = result.then(done, done);
    return result;
  }
}
