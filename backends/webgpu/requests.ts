/**
 * What a run asks its device for. Whether the device accepts is known later, and asked about once in the end:
 * waiting after each request would leave the device idle.
 */
import type { Device } from "./device.ts";
import { type Bound, dispatch } from "./dispatch.ts";
import type { Kernel } from "./kernel.ts";
import type { Pace } from "./pace.ts";

export class Requests {
  readonly #device: Device;
  readonly #pace: Pace;
  #accepted: Promise<void>[] = [];

  constructor(device: Device, pace: Pace) {
    this.#device = device;
    this.#pace = pace;
  }

  /** Calls `work`, which asks for things and does not wait. */
  ask<T>(work: () => T): T {
    const { value, accepted } = this.#device.scoped(work);
    this.#accepted.push(accepted);
    return value;
  }

  /** Runs a kernel slice by slice; `submitted` is called after each with the share that has been, and waited for. */
  async run(
    kernel: Kernel,
    pipeline: GPUComputePipeline,
    bound: () => { readonly output: Bound; readonly sources: readonly Bound[] },
    submitted: (share: number) => Promise<void>,
  ): Promise<void> {
    const { output, sources } = this.ask(bound);
    const steps = dispatch(this.#device, kernel, pipeline, output, sources);
    try {
      for (let step = this.ask(() => steps.next()); !step.done; step = this.ask(() => steps.next()))
        await submitted(step.value);
    } finally {
      steps.return();
    }
  }

  /** @throws MedImagesError `BackendUnavailable`, `InternalError`, `Aborted` */
  async accepted(): Promise<void> {
    const all = this.#accepted;
    this.#accepted = [];
    for (const each of all) await this.#pace.wait(each);
  }
}
