/**
 * The volumes of a run that all fit the device, and what its passes need to know of them: inputs are uploaded when
 * they are first read and let go when they have been, and all that is left goes when the run ends.
 */
import { MedImagesError } from "../../compiler/errors.ts";
import { cornerMedian, type Voxels } from "../../compiler/language/voxels.ts";
import { domainOf, type GradientPass, type GradientPlan, type Look, type Pass, readsOf } from "../../compiler/plan.ts";
import { freedAfter } from "../../compiler/schedule.ts";
import { wholeBox } from "./boxes.ts";
import { cornerMedians } from "./corners.ts";
import type { Device } from "./device.ts";
import type { Bound } from "./dispatch.ts";
import { displacedKernel } from "./displaced.ts";
import { checkExact, ifAsked } from "./exact.ts";
import { domainOf as arithmeticOf, gatherKernel } from "./gather.ts";
import type { Kernel } from "./kernel.ts";
import { type Background, backgroundsOf, type GradientLeaves } from "./look.ts";
import type { Pace } from "./pace.ts";
import { broken, bufferOf, bytesOf, type PlacedBuffers } from "./plan-buffers.ts";
import { toWords } from "./pool.ts";
import { prefilterKernel } from "./prefilter.ts";
import { Requests } from "./requests.ts";
import type { OnDevice } from "./resident.ts";
import { download, uploadAs } from "./transport.ts";

/** What a workspace has to know of a plan. */
export type Course = PlacedBuffers & Pick<GradientPlan, "inputs" | "passes" | "results">;

export class Workspace {
  readonly device: Device;
  readonly pace: Pace;
  readonly requests: Requests;
  readonly #plan: Course;
  readonly #inputs: readonly (Voxels | OnDevice)[];
  /** Buffers of this run; those of resident inputs are not its own. */
  readonly #buffers = new Map<number, GPUBuffer>();
  readonly #freed: readonly (readonly number[])[];

  constructor(device: Device, plan: Course, inputs: readonly (Voxels | OnDevice)[], pace: Pace) {
    this.device = device;
    this.pace = pace;
    this.requests = new Requests(device, pace);
    this.#plan = plan;
    this.#inputs = inputs;
    this.#freed = freedAfter(plan.passes, plan.inputs, plan.results);
  }

  /** The value of `work`; whatever is left in here after it goes. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      // What the device complained of is the reason of all that failed after.
      if (!(thrown instanceof MedImagesError)) await this.requests.accepted();
      throw thrown;
    } finally {
      // After a failure nobody knows what state they are in.
      for (const buffer of this.#buffers.values()) buffer.destroy();
    }
  }

  /** Computes pass `k`, or its part from `begin` on, by a kernel, into its output's buffer or another, or from another. */
  async compute(
    kernel: Kernel,
    k: number,
    output?: () => Bound,
    begin = 0,
    end = 1,
    from = (source: number): Bound => this.bound(source),
  ): Promise<void> {
    const pipeline = await this.pace.wait(this.device.pipeline(kernel.code, kernel.sources.length));
    const bound = (): { readonly output: Bound; readonly sources: readonly Bound[] } => ({
      sources: kernel.sources.map(from),
      output: output?.() ?? this.bound(kernel.output),
    });
    await this.requests.run(kernel, pipeline, bound, (share) => this.pace.submitted(k, begin + share * (end - begin)));
  }

  async kernelOf(pass: Pass, gradientLeaves?: GradientLeaves): Promise<Kernel> {
    switch (pass.kind) {
      case "displaced":
        if (pass.by !== "nearest") await this.#checkExact(pass.source);
        return displacedKernel(pass, this.#plan);
      case "within":
        return displacedKernel(pass, this.#plan);
      case "prefilter":
        await this.#checkExact(pass.source);
        return prefilterKernel(pass, this.#plan);
      case "gather":
        if (arithmeticOf(pass, this.#plan) === "real") await this.checkExact(pass);
        return gatherKernel(pass, this.#plan, await this.background(pass), gradientLeaves);
    }
  }

  async background(pass: GradientPass & Look): Promise<Background> {
    const medians = new Map<number, readonly number[]>();
    for (const buffer of backgroundsOf(pass)) medians.set(buffer, await this.#medians(pass, buffer));
    return (buffer, channel) => {
      const values = medians.get(buffer) ?? [];
      return values[channel % values.length] ?? broken(`buffer ${buffer} has no background`);
    };
  }

  async #medians(pass: GradientPass & Look, number: number): Promise<readonly number[]> {
    const buffer = bufferOf(this.#plan, number);
    const { size, channels } = buffer;
    const input = this.#inputs[number];
    const over = domainOf(pass, this.#plan.buffers);
    if (input !== undefined && "data" in input)
      return ifAsked(pass, number, over.size, channels, (channel) => cornerMedian(input, size, channel));
    const corners = await this.pace.wait(
      this.requests.ask(() => cornerMedians(this.device, this.bound(number).buffer, buffer)),
    );
    return ifAsked(pass, number, over.size, channels, corners);
  }

  /** Looks at 64-bit integers that are computed with. @throws MedImagesError `UnsupportedVoxels` */
  async checkExact({ taps }: Look): Promise<void> {
    for (const { source } of taps) await this.#checkExact(source);
  }

  async #checkExact(number: number): Promise<void> {
    const buffer = bufferOf(this.#plan, number);
    const { format } = buffer;
    if (format !== "int64" && format !== "uint64") return;
    const input = this.#inputs[number];
    if (input !== undefined && "data" in input) checkExact(input.data);
    else {
      const bytes = this.requests.ask(() => download(this.device, this.bound(number).buffer, bytesOf(buffer)));
      checkExact(format === "int64" ? new BigInt64Array(await bytes) : new BigUint64Array(await bytes));
    }
  }

  /** A volume with its buffer: an input is uploaded when it is first asked for, any other gets room. */
  bound(number: number): Bound {
    const buffer = bufferOf(this.#plan, number);
    const box = wholeBox(buffer.size, buffer.channels);
    const bytes = toWords(bytesOf(buffer));
    const input = this.#inputs[number];
    if (input !== undefined && "buffer" in input) return { buffer: input.buffer, bytes, box };
    const known = this.#buffers.get(number);
    if (known !== undefined) return { buffer: known, bytes, box };
    const fresh = this.device.pool.take(bytes);
    this.#buffers.set(number, fresh);
    if (input !== undefined) uploadAs(buffer, this.device, fresh, input.data);
    return { buffer: fresh, bytes, box };
  }

  /** The buffer of what a pass has made, which is the caller's from now on. */
  take(number: number): GPUBuffer {
    const buffer = this.#buffers.get(number) ?? broken(`buffer ${number} was never computed`);
    this.#buffers.delete(number);
    return buffer;
  }

  /** Lets go of what nothing reads after pass `k`. */
  passed(k: number): void {
    const later = new Set(this.#plan.passes.slice(k + 1).flatMap(readsOf));
    const inputs = [...this.#buffers.keys()].filter((buffer) => buffer < this.#plan.inputs && !later.has(buffer));
    for (const number of [...(this.#freed[k] ?? []), ...inputs])
      if (this.#buffers.has(number)) this.device.pool.giveBack(this.take(number));
  }
}
