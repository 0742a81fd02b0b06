/**
 * One run of a plan of gradients whose volumes all fit the device. Volumes that are wanted come back in the end, sums
 * as soon as the device has them.
 */
import { dtypes, type VoxelArray, type Voxels } from "../../compiler/language/voxels.ts";
import type { GradientPass, GradientPlan, Reduce } from "../../compiler/plan.ts";
import { type Device, unavailable } from "./device.ts";
import type { Bound } from "./dispatch.ts";
import { formats } from "./formats.ts";
import type { Pace } from "./pace.ts";
import { broken, bufferOf, bytesOf, type PlacedGradientPlan } from "./plan-buffers.ts";
import { reduceKernel, sumBlocks } from "./reduce.ts";
import { scatterKernel } from "./scatter.ts";
import { download } from "./transport.ts";
import { type OnDevice, Workspace } from "./workspace.ts";

export { placeGradient } from "./gradient-plan.ts";

/** Bytes of sums that are brought back for one pass, at most. */
const mostSums = 2 ** 24;

/** @throws MedImagesError `BackendUnavailable` where the device cannot bind a volume of the plan */
export const checkFits = ({ largestBinding }: Device, plan: PlacedGradientPlan): void => {
  const summed = new Set(plan.passes.flatMap((pass) => (pass.kind === "reduce" ? [pass.output] : [])));
  const largest = Math.max(...plan.buffers.map((buffer, number) => (summed.has(number) ? 0 : bytesOf(buffer))));
  if (largest > largestBinding)
    unavailable(
      `a volume of a gradient takes ${Math.ceil(largest / 2 ** 20)} MiB, and the device binds ${Math.floor(largestBinding / 2 ** 20)} MiB`,
      "use the wasm backend, which computes gradients of any size, or crop first",
    );
};

export class GradientRun {
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
        return this.#workspace.compute(await this.#workspace.kernelOf(pass), k);
      case "scatter":
        return this.#workspace.compute(scatterKernel(pass, this.#plan), k);
      case "reduce":
        return this.#reduce(pass, k);
      case "histogram":
        return unavailable("it makes no joint histograms", "use the wasm backend for mutual information");
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
    const output = (): Bound => ({ buffer, bytes, box });
    await workspace.compute(kernel, k, output);
    const landed = workspace.requests.ask(() => download(this.#device, buffer, bytes));
    this.#device.pool.giveBack(buffer);
    const sums = landed.then((landing) => sumBlocks(new Float32Array(landing), elements));
    // Whoever gives up on it is not told twice.
    sums.catch(() => undefined);
    this.#sums.set(pass.output, sums);
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
