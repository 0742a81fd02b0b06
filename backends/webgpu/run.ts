/**
 * One run of a plan whose volumes all fit the device: passes follow each other there, and only the result
 * comes back, if it comes back at all.
 */
import { MedImagesError } from "../../compiler/errors.ts";
import { cornerMedian, type Voxels } from "../../compiler/language/voxels.ts";
import { type Gather, type Pass, readsOf } from "../../compiler/plan.ts";
import { freedAfter } from "../../compiler/schedule.ts";
import { wholeBox } from "./boxes.ts";
import { cornerMedians } from "./corners.ts";
import type { Device } from "./device.ts";
import type { Bound } from "./dispatch.ts";
import { checkExact, ifAsked } from "./exact.ts";
import { type Background, backgroundsOf, domainOf, gatherKernel } from "./gather.ts";
import type { Kernel } from "./kernel.ts";
import type { Pace } from "./pace.ts";
import { broken, bufferOf, bytesOf, type PlacedPlan } from "./plan-buffers.ts";
import { toWords } from "./pool.ts";
import { prefilterKernel } from "./prefilter.ts";
import { Requests } from "./requests.ts";
import { download, uploadAs } from "./transport.ts";

/** Voxels that lie in a buffer of the device. */
export interface OnDevice {
  readonly buffer: GPUBuffer;
}

export class Run {
  readonly #device: Device;
  readonly #plan: PlacedPlan;
  readonly #inputs: readonly (Voxels | OnDevice)[];
  readonly #pace: Pace;
  /** Buffers of this run; those of resident inputs are not its own. */
  readonly #buffers = new Map<number, GPUBuffer>();
  readonly #requests: Requests;

  constructor(device: Device, plan: PlacedPlan, inputs: readonly (Voxels | OnDevice)[], pace: Pace) {
    this.#device = device;
    this.#plan = plan;
    this.#inputs = inputs;
    this.#pace = pace;
    this.#requests = new Requests(device, pace);
  }

  /** Runs all passes. The buffer of the result is the caller's to give back. */
  async result(): Promise<GPUBuffer> {
    const { passes, result } = this.#plan;
    const freed = freedAfter(this.#plan.passes, this.#plan.inputs, [this.#plan.result]);
    try {
      for (const [k, pass] of passes.entries()) {
        await this.#pass(pass, k);
        for (const buffer of [...(freed[k] ?? []), ...this.#inputsLastReadBy(k)]) this.#release(buffer);
      }
      await this.#requests.accepted();
      const buffer = this.#buffers.get(result) ?? broken("the result was never computed");
      this.#buffers.delete(result);
      return buffer;
    } catch (thrown) {
      // What the device complained of is the reason of all that failed after.
      if (!(thrown instanceof MedImagesError)) await this.#requests.accepted();
      throw thrown;
    } finally {
      // After a failure nobody knows what state they are in.
      for (const buffer of this.#buffers.values()) buffer.destroy();
    }
  }

  async #pass(pass: Pass, k: number): Promise<void> {
    const kernel = await this.#kernel(pass);
    const pipeline = await this.#pace.wait(this.#device.pipeline(kernel.code, kernel.sources.length));
    const bound = (): { readonly output: Bound; readonly sources: readonly Bound[] } => ({
      sources: kernel.sources.map((source) => this.#bound(source)),
      output: this.#bound(kernel.output),
    });
    await this.#requests.run(kernel, pipeline, bound, (share) => this.#pace.submitted(k, share));
  }

  async #kernel(pass: Pass): Promise<Kernel> {
    switch (pass.kind) {
      case "prefilter":
        await this.#checkExact(pass.source);
        return prefilterKernel(pass, this.#plan);
      case "gather": {
        if (domainOf(pass, this.#plan) === "real") for (const { source } of pass.taps) await this.#checkExact(source);
        return gatherKernel(pass, this.#plan, await this.#background(pass));
      }
    }
  }

  async #background(pass: Gather): Promise<Background> {
    const medians = new Map<number, readonly number[]>();
    for (const buffer of backgroundsOf(pass)) medians.set(buffer, await this.#medians(pass, buffer));
    return (buffer, channel) => {
      const values = medians.get(buffer) ?? [];
      return values[channel % values.length] ?? broken(`buffer ${buffer} has no background`);
    };
  }

  async #medians(pass: Gather, number: number): Promise<readonly number[]> {
    const buffer = bufferOf(this.#plan, number);
    const { size, channels } = buffer;
    const input = this.#inputs[number];
    const output = bufferOf(this.#plan, pass.output);
    if (input !== undefined && "data" in input)
      return ifAsked(pass, number, output.size, channels, (channel) => cornerMedian(input, size, channel));
    const corners = await this.#pace.wait(
      this.#requests.ask(() => cornerMedians(this.#device, this.#bound(number).buffer, buffer)),
    );
    return ifAsked(pass, number, output.size, channels, corners);
  }

  /** Looks at 64-bit integers that are computed with. */
  async #checkExact(number: number): Promise<void> {
    const buffer = bufferOf(this.#plan, number);
    const { format } = buffer;
    if (format !== "int64" && format !== "uint64") return;
    const input = this.#inputs[number];
    if (input !== undefined && "data" in input) checkExact(input.data);
    else {
      const bytes = this.#requests.ask(() => download(this.#device, this.#bound(number).buffer, bytesOf(buffer)));
      checkExact(format === "int64" ? new BigInt64Array(await bytes) : new BigUint64Array(await bytes));
    }
  }

  /** A volume with its buffer: an input is uploaded when it is first asked for, any other gets room. */
  #bound(number: number): Bound {
    const buffer = bufferOf(this.#plan, number);
    const box = wholeBox(buffer.size, buffer.channels);
    const bytes = toWords(bytesOf(buffer));
    const input = this.#inputs[number];
    if (input !== undefined && "buffer" in input) return { buffer: input.buffer, bytes, box };
    const known = this.#buffers.get(number);
    if (known !== undefined) return { buffer: known, bytes, box };
    const fresh = this.#device.pool.take(bytes);
    this.#buffers.set(number, fresh);
    if (input !== undefined) uploadAs(buffer, this.#device, fresh, input.data);
    return { buffer: fresh, bytes, box };
  }

  #inputsLastReadBy(k: number): readonly number[] {
    const later = new Set(this.#plan.passes.slice(k + 1).flatMap(readsOf));
    return [...this.#buffers.keys()].filter((buffer) => buffer < this.#plan.inputs && !later.has(buffer));
  }

  #release(number: number): void {
    const buffer = this.#buffers.get(number);
    if (buffer === undefined) return;
    this.#buffers.delete(number);
    this.#device.pool.giveBack(buffer);
  }
}
