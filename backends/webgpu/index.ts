/**
 * The GPU backend: each pass as a WGSL kernel that is compiled for its structure, run on any device that
 * speaks WebGPU.
 */
import { fail } from "../../compiler/errors.ts";
import { dtypes, type Voxels } from "../../compiler/language/voxels.ts";
import type { Plan } from "../../compiler/plan.ts";
import { checkBudget } from "../../compiler/schedule.ts";
import type { Backend, RunOptions } from "../backend.ts";
import { acquire, type Bounds, type GpuSource, wrap } from "./acquire.ts";
import type { Device } from "./device.ts";
import { Pace } from "./pace.ts";
import { broken, bufferOf, bytesOf } from "./plan-buffers.ts";
import { printPlan } from "./print.ts";
import { Run } from "./run.ts";
import { TiledRun } from "./tiled-run.ts";
import { download } from "./transport.ts";

/** What computes on a GPU. */
export interface GpuBackend extends Backend {
  /** The kernels of a plan as WGSL, one for each pass. */
  kernels(plan: Plan): readonly string[];
  /** Frees the device and what it keeps for the next run, which takes another. A device that was handed in stays. */
  dispose(): Promise<void>;
}

export class WebGpuBackend implements GpuBackend {
  readonly name: string = "webgpu";
  readonly #source: GpuSource | GPUDevice;
  readonly #bounds: Bounds;
  #device: Promise<Device> | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(source: GpuSource | GPUDevice, bounds: Bounds = {}) {
    this.#source = source;
    this.#bounds = bounds;
  }

  run(program: { readonly plan: Plan; readonly inputs: readonly Voxels[] }, options: RunOptions = {}): Promise<Voxels> {
    return this.#inTurn(() => this.#run(program.plan, program.inputs, options));
  }

  kernels(plan: Plan): readonly string[] {
    return printPlan(plan);
  }

  async dispose(): Promise<void> {
    const device = this.#device;
    this.#device = undefined;
    if (!("createBuffer" in this.#source)) (await device)?.destroy();
  }

  async #run(plan: Plan, inputs: readonly Voxels[], options: RunOptions): Promise<Voxels> {
    const { result } = plan;
    const handedIn = inputs[result];
    if (handedIn !== undefined) return handedIn;
    checkBudget(plan, options.memory, (buffer) => bytesOf(bufferOf(plan, buffer)));
    if (options.signal?.aborted) return fail({ kind: "Aborted" });
    const device = await this.#ready();
    const pace = new Pace(device, plan.passes.length, options);
    const made = bufferOf(plan, result);
    const { storage } = made;
    if (storage === "working") return broken("the result has no storage of its own");
    if (plan.buffers.some((buffer) => bytesOf(buffer) > device.largestBinding)) {
      const data = await new TiledRun(device, plan, inputs, pace).result();
      pace.done();
      return { ...storage, data, channels: made.channels };
    }
    const buffer = await new Run(device, plan, inputs, pace).result();
    try {
      const { value, accepted } = device.scoped(() => download(device, buffer, bytesOf(made)));
      await pace.wait(accepted);
      const bytes = await pace.wait(value);
      pace.done();
      return { ...storage, data: new dtypes[storage.dtype].array(bytes), channels: made.channels };
    } finally {
      device.pool.giveBack(buffer);
    }
  }

  /** The device, a fresh one after a loss. @throws MedImagesError `BackendUnavailable` */
  async #ready(): Promise<Device> {
    const known = await this.#device?.catch(() => undefined);
    if (known !== undefined && !known.isLost) return known;
    this.#device =
      "createBuffer" in this.#source
        ? Promise.resolve(wrap(this.#source, this.#bounds))
        : acquire(this.#source, this.#bounds);
    return this.#device;
  }

  /** One run at a time: each takes the whole device, and memory for more is seldom there. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}
