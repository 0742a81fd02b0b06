/**
 * One run of a plan with a volume that the device cannot bind: volumes lie in the memory of the processor,
 * and each pass goes over boxes of its output, with the samples that each needs. Kernels count in whole
 * volumes, so the voxels are those of a run in one piece.
 */
import { fail } from "../../compiler/errors.ts";
import { cornerMedian, type VoxelArray, type Voxels } from "../../compiler/language/voxels.ts";
import type { Pass } from "../../compiler/plan.ts";
import { budgetRemedy, freedAfter } from "../../compiler/schedule.ts";
import { type Box, voxelsIn, wholeBox } from "./boxes.ts";
import { mediansIn } from "./corners.ts";
import { type Device, unavailable } from "./device.ts";
import type { Bound } from "./dispatch.ts";
import { displacedKernel } from "./displaced.ts";
import { checkExact, ifAsked } from "./exact.ts";
import { encode, formats } from "./formats.ts";
import { domainOf, gatherKernel } from "./gather.ts";
import type { Kernel } from "./kernel.ts";
import { backgroundsOf } from "./look.ts";
import type { Pace } from "./pace.ts";
import { broken, bufferOf, bytesOf, elementsOf, type PlacedBuffer, type PlacedPlan } from "./plan-buffers.ts";
import { prefilterKernel } from "./prefilter.ts";
import { Requests } from "./requests.ts";
import { tilesOf } from "./tiles.ts";
import { bytesOfBox, download, putBox, takeBox, upload } from "./transport.ts";

export class TiledRun {
  readonly #device: Device;
  readonly #plan: PlacedPlan;
  readonly #inputs: readonly Voxels[];
  readonly #pace: Pace;
  /** As the device is to keep them. */
  readonly #volumes = new Map<number, VoxelArray>();

  constructor(device: Device, plan: PlacedPlan, inputs: readonly Voxels[], pace: Pace) {
    this.#device = device;
    this.#plan = plan;
    this.#inputs = inputs;
    this.#pace = pace;
    for (const [number, { data }] of inputs.entries()) this.#volumes.set(number, encode(data, bufferOf(plan, number)));
  }

  /** @throws MedImagesError `BackendUnavailable` when a single voxel reads from too far apart */
  async result(): Promise<VoxelArray> {
    const freed = freedAfter(this.#plan.passes, this.#plan.inputs, [this.#plan.result]);
    for (const [k, pass] of this.#plan.passes.entries()) {
      this.#volumes.set(pass.output, allocateOrRefuse(bufferOf(this.#plan, pass.output)));
      await this.#pass(pass, k);
      for (const buffer of freed[k] ?? []) this.#volumes.delete(buffer);
    }
    return this.#volume(this.#plan.result);
  }

  async #pass(pass: Pass, k: number): Promise<void> {
    const kernel = this.#kernel(pass);
    const { size, channels } = bufferOf(this.#plan, pass.output);
    const fits = (box: Box): boolean =>
      [this.#bytes(kernel.output, box), ...this.#sourceBytes(kernel, box)].every(
        (bytes) => bytes <= this.#device.largestBinding,
      );
    const tiles = tilesOf(wholeBox(size, channels), kernel.uncut, fits);
    if (tiles === undefined)
      return unavailable(
        `a part of a pass needs more than the ${Math.floor(this.#device.largestBinding / 2 ** 20)} MiB that the device can bind`,
        "use the wasm backend",
      );
    const pipeline = await this.#pace.wait(this.#device.pipeline(kernel.code, kernel.sources.length));
    for (const [t, tile] of tiles.entries()) {
      await this.#tile(kernel, pipeline, tile);
      await this.#pace.submitted(k, (t + 1) / tiles.length);
    }
  }

  async #tile(kernel: Kernel, pipeline: GPUComputePipeline, tile: Box): Promise<void> {
    const taken: GPUBuffer[] = [];
    try {
      await this.#computed(kernel, pipeline, tile, taken);
      for (const buffer of taken.splice(0)) this.#device.pool.giveBack(buffer);
    } finally {
      // After a failure nobody knows what state they are in.
      for (const buffer of taken) buffer.destroy();
    }
  }

  async #computed(kernel: Kernel, pipeline: GPUComputePipeline, tile: Box, taken: GPUBuffer[]): Promise<void> {
    const requests = new Requests(this.#device, this.#pace);
    const place = (number: number, box: Box): Bound => {
      const bytes = this.#bytes(number, box);
      const buffer = this.#device.pool.take(bytes);
      taken.push(buffer);
      return { buffer, bytes, box };
    };
    const output = requests.ask(() => place(kernel.output, tile));
    const bound = (): { readonly output: Bound; readonly sources: readonly Bound[] } => ({
      output,
      sources: kernel.boxesFor(tile).map((box, k) => this.#uploaded(kernel.sources[k] ?? -1, box, place)),
    });
    const { queue } = this.#device.gpu;
    await requests.run(kernel, pipeline, bound, async (share) => {
      if (share < 1) await this.#pace.wait(queue.onSubmittedWorkDone());
    });
    const made = bufferOf(this.#plan, kernel.output);
    const { array, bytes } = formats[made.format];
    const landed = requests.ask(() => download(this.#device, output.buffer, voxelsIn(tile) * bytes));
    await requests.accepted();
    putBox(new array(await this.#pace.wait(landed)), tile, this.#volume(kernel.output), made.size);
  }

  /** The part of a volume that lies in a box, on the device. */
  #uploaded(number: number, box: Box, place: (number: number, box: Box) => Bound): Bound {
    const bound = place(number, box);
    const { size, channels } = bufferOf(this.#plan, number);
    upload(this.#device, bound.buffer, takeBox(this.#volume(number), size, channels, box));
    return bound;
  }

  #kernel(pass: Pass): Kernel {
    switch (pass.kind) {
      case "displaced":
        if (pass.by !== "nearest") checkExact(this.#volume(pass.source));
        return displacedKernel(pass, this.#plan);
      case "within":
        return displacedKernel(pass, this.#plan);
      case "prefilter":
        checkExact(this.#volume(pass.source));
        return prefilterKernel(pass, this.#plan);
      case "gather": {
        if (domainOf(pass, this.#plan) === "real") for (const { source } of pass.taps) checkExact(this.#volume(source));
        const output = bufferOf(this.#plan, pass.output);
        const medians = new Map(
          backgroundsOf(pass).map((number) => {
            const buffer = bufferOf(this.#plan, number);
            const input = this.#inputs[number];
            const median =
              input === undefined
                ? mediansIn(this.#volume(number), buffer)
                : (channel: number): number => cornerMedian(input, buffer.size, channel);
            return [number, ifAsked(pass, number, output.size, buffer.channels, median)];
          }),
        );
        return gatherKernel(pass, this.#plan, (buffer, channel) => {
          const values = medians.get(buffer) ?? [];
          return values[channel % values.length] ?? broken(`buffer ${buffer} has no background`);
        });
      }
    }
  }

  #volume(number: number): VoxelArray {
    return this.#volumes.get(number) ?? broken(`buffer ${number} holds nothing`);
  }

  #bytes(number: number, box: Box): number {
    return bytesOfBox(box, bufferOf(this.#plan, number).format);
  }

  #sourceBytes(kernel: Kernel, box: Box): readonly number[] {
    return kernel.boxesFor(box).map((each, k) => this.#bytes(kernel.sources[k] ?? -1, each));
  }
}

/** @throws MedImagesError `BudgetExceeded` where the engine has no such array */
const allocateOrRefuse = (buffer: PlacedBuffer): VoxelArray => {
  try {
    return new formats[buffer.format].array(elementsOf(buffer));
  } catch (thrown) {
    return fail(
      { kind: "BudgetExceeded", what: "a volume", needed: bytesOf(buffer), budget: 2 ** 32, remedy: budgetRemedy },
      thrown,
    );
  }
};
