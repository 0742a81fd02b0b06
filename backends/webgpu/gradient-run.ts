/**
 * One run of a plan of gradients whose volumes all fit the device. Volumes that are wanted come back in the end, sums
 * as soon as the device has them.
 */
import { fail } from "../../compiler/errors.ts";
import { dtypes, type VoxelArray, type Voxels } from "../../compiler/language/voxels.ts";
import type {
  DisplacedScatter,
  GradientPass,
  GradientPlan,
  GradientProgram,
  Histogram,
  Reduce,
} from "../../compiler/plan.ts";
import { checkBudgetOf } from "../../compiler/schedule.ts";
import type { RunOptions } from "../backend.ts";
import { type Device, unavailable } from "./device.ts";
import type { Bound } from "./dispatch.ts";
import { displacedScatterKernels } from "./displaced-scatter.ts";
import { formats } from "./formats.ts";
import { placeGradient, sumsOf } from "./gradient-plan.ts";
import { countsOf, histogramKernels } from "./histogram.ts";
import { Pace } from "./pace.ts";
import { broken, bufferOf, bytesOf, type PlacedGradientPlan } from "./plan-buffers.ts";
import { reduceKernel, sumBlocks } from "./reduce.ts";
import { holding, inMemory, type OnDevice } from "./resident.ts";
import { scatterKernel } from "./scatter.ts";
import { download } from "./transport.ts";
import { gradientLeaves } from "./wgsl/gradient-leaves.ts";
import { Workspace } from "./workspace.ts";

/** Bytes of sums that are brought back for one pass, at most. */
const mostSums = 2 ** 24;

/** Runs a program on the device that `ready` gives. */
export const runGradient = async (
  { plan, inputs }: GradientProgram,
  options: RunOptions,
  ready: () => Promise<Device>,
): Promise<readonly Voxels[]> => {
  const placed = placeGradient(plan);
  const { passes, results } = placed;
  checkBudgetOf(passes, plan.inputs, results, options.memory, (number) => bytesOf(bufferOf(placed, number)));
  if (options.signal?.aborted) return fail({ kind: "Aborted" });
  const device = await ready();
  checkFits(device, placed);
  const pace = new Pace(device, passes.length, options);
  const made = await holding(device, inputs, (here) => new GradientRun(device, plan, placed, here, pace).results());
  pace.done();
  return Promise.all(
    results.map((result) => made.get(result) ?? inMemory(inputs[result] ?? broken("a result was never computed"))),
  );
};

/** @throws MedImagesError `BackendUnavailable` where the device cannot bind a volume of the plan */
const checkFits = ({ largestBinding }: Device, plan: PlacedGradientPlan): void => {
  const sums = sumsOf(plan);
  const largest = Math.max(...plan.buffers.map((buffer, number) => (sums.has(number) ? 0 : bytesOf(buffer))));
  if (largest > largestBinding)
    unavailable(
      `a volume of a gradient takes ${Math.ceil(largest / 2 ** 20)} MiB, and the device binds ${Math.floor(largestBinding / 2 ** 20)} MiB`,
      "use the wasm backend, which computes gradients of any size, or crop first",
    );
};

class GradientRun {
  readonly #device: Device;
  readonly #wanted: GradientPlan;
  readonly #plan: PlacedGradientPlan;
  readonly #workspace: Workspace;
  readonly #pace: Pace;
  readonly #sums = new Map<number, Promise<Float64Array<ArrayBuffer>>>();

  /** `placed` is the plan as {@link placeGradient} has it. */
  constructor(
    device: Device,
    wanted: GradientPlan,
    placed: PlacedGradientPlan,
    inputs: readonly (Voxels | OnDevice)[],
    pace: Pace,
  ) {
    this.#device = device;
    this.#wanted = wanted;
    this.#plan = placed;
    this.#workspace = new Workspace(device, placed, inputs, pace);
    this.#pace = pace;
  }

  /** The voxels of each result, but for inputs that are results: of these there is nothing to compute. */
  async results(): Promise<ReadonlyMap<number, Voxels>> {
    const { passes, results } = this.#plan;
    const workspace = this.#workspace;
    return workspace.during(async () => {
      for (const [k, pass] of passes.entries()) {
        await this.#pass(pass, k);
        workspace.passed(k);
      }
      const made = results.filter((result) => result >= this.#plan.inputs);
      const arriving = made.map((result) => [result, this.#arriving(result)] as const);
      await workspace.requests.accepted();
      const voxels = new Map<number, Voxels>();
      for (const [result, data] of arriving) voxels.set(result, this.#voxels(result, await this.#pace.wait(data)));
      return voxels;
    });
  }

  async #pass(pass: GradientPass, k: number): Promise<void> {
    switch (pass.kind) {
      case "gather":
      case "prefilter":
      case "displaced":
      case "within":
        return this.#workspace.compute(await this.#workspace.kernelOf(pass, gradientLeaves), k);
      case "scatter":
        return this.#workspace.compute(scatterKernel(pass, this.#plan), k);
      case "displaced-scatter":
        return this.#displacedScatter(pass, k);
      case "reduce":
        return this.#reduce(pass, k);
      case "histogram":
        return this.#histogram(pass, k);
    }
  }

  async #reduce(pass: Reduce, k: number): Promise<void> {
    const workspace = this.#workspace;
    await workspace.checkExact(pass);
    const most = Math.min(mostSums, this.#device.largestBinding);
    const kernel = reduceKernel(pass, this.#plan, await workspace.background(pass), most);
    const { blocks, elements } = kernel;
    const bytes = 4 * blocks * elements;
    const buffer = workspace.requests.ask(() => this.#device.pool.take(bytes));
    const box = { start: [0, 0, 0], size: [blocks, 1, 1], channel: 0, channels: elements } as const;
    await workspace.compute(kernel, k, () => ({ buffer, bytes, box }));
    this.#bringBack(pass, buffer, bytes, (landing) => sumBlocks(new Float32Array(landing), elements));
  }

  async #displacedScatter(pass: DisplacedScatter, k: number): Promise<void> {
    const workspace = this.#workspace;
    const { giving, bytes, sums } = displacedScatterKernels(pass, this.#plan);
    if (bytes > this.#device.largestBinding)
      unavailable(
        `the sums of a displaced gradient take ${Math.ceil(bytes / 2 ** 20)} MiB, and the device binds ${Math.floor(this.#device.largestBinding / 2 ** 20)} MiB`,
        "use the wasm backend, or crop first",
      );
    const buffer = workspace.requests.ask(() => zeros(this.#device, bytes, 0));
    const box = { start: [0, 0, 0], size: [bytes / 4, 1, 1], channel: 0, channels: 1 } as const;
    const bound = (): Bound => ({ buffer, bytes, box });
    for (const [i, kernel] of giving.entries()) await workspace.compute(kernel, k, bound, i / 3, (i + 1) / 3);
    await workspace.compute(sums, k, undefined, 2 / 3, 1, bound);
    this.#device.pool.giveBack(buffer);
  }

  async #histogram(pass: Histogram, k: number): Promise<void> {
    const workspace = this.#workspace;
    await workspace.checkExact(pass);
    const { kernels, bytes, largest } = histogramKernels(pass, this.#plan, await workspace.background(pass));
    const buffer = workspace.requests.ask(() => zeros(this.#device, bytes, largest));
    const box = { start: [0, 0, 0], size: [bytes / 4, 1, 1], channel: 0, channels: 1 } as const;
    for (const [i, kernel] of kernels.entries())
      await workspace.compute(kernel, k, () => ({ buffer, bytes, box }), i / kernels.length, (i + 1) / kernels.length);
    this.#bringBack(pass, buffer, bytes, (landing) => countsOf(new Uint32Array(landing), pass.bins));
  }

  /** Has the host sum up what a buffer holds, which is given back. */
  #bringBack(
    { output }: Reduce | Histogram,
    buffer: GPUBuffer,
    bytes: number,
    sum: (landing: ArrayBuffer) => Float64Array<ArrayBuffer>,
  ): void {
    const landed = this.#workspace.requests.ask(() => download(this.#device, buffer, bytes));
    this.#device.pool.giveBack(buffer);
    const sums = landed.then(sum);
    // Whoever gives up on it is not told twice.
    sums.catch(() => undefined);
    this.#sums.set(output, sums);
  }

  #arriving(result: number): Promise<VoxelArray> {
    const sums = this.#sums.get(result);
    if (sums !== undefined) return sums;
    const buffer = bufferOf(this.#plan, result);
    const bytes = this.#workspace.requests.ask(() =>
      download(this.#device, this.#workspace.bound(result).buffer, bytesOf(buffer)),
    );
    this.#device.pool.giveBack(this.#workspace.take(result));
    const data = bytes.then((landed) => new formats[buffer.format].array(landed));
    data.catch(() => undefined);
    return data;
  }

  #voxels(result: number, data: VoxelArray): Voxels {
    const { storage, channels } = bufferOf(this.#wanted, result);
    if (storage === "working") return broken("a result has no storage of its own");
    const { array } = dtypes[storage.dtype];
    return { ...storage, data: data instanceof array ? data : Float64Array.from(data as Float32Array), channels };
  }
}

/** A buffer of zeros, but for its first word. */
const zeros = ({ gpu, pool }: Device, bytes: number, first: number): GPUBuffer => {
  const buffer = pool.take(bytes);
  const encoder = gpu.createCommandEncoder();
  encoder.clearBuffer(buffer, 0, bytes);
  gpu.queue.submit([encoder.finish()]);
  gpu.queue.writeBuffer(buffer, 0, Uint32Array.of(first));
  return buffer;
};
