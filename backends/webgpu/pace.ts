/** Waits on behalf of a run: for the device, unless the run is stopped, and so that its queue never grows long. */
import { fail } from "../../compiler/errors.ts";
import type { RunOptions } from "../backend.ts";
import type { Device } from "./device.ts";

/** Slices that are under way at a time: one to work on and one to follow. */
const mostUnderWay = 2;

export class Pace {
  readonly #device: Device;
  readonly #signal: AbortSignal | undefined;
  readonly #onProgress: ((fraction: number) => void) | undefined;
  readonly #passes: number;
  readonly #underWay: Promise<void>[] = [];

  constructor(device: Device, passes: number, { signal, onProgress }: RunOptions) {
    this.#device = device;
    this.#signal = signal;
    this.#onProgress = onProgress;
    this.#passes = passes;
  }

  /** The value of a promise of the device. @throws MedImagesError `Aborted`, `BackendUnavailable` */
  async wait<T>(work: Promise<T>): Promise<T> {
    const signal = this.#signal;
    if (signal === undefined) return this.#device.until(work);
    // Whoever gives up on it is not told twice.
    work.catch(() => undefined);
    this.check();
    let stop = (): void => undefined;
    const aborted = new Promise<"aborted">((resolve) => {
      stop = () => resolve("aborted");
      signal.addEventListener("abort", stop);
    });
    try {
      await this.#device.until(Promise.race([work.then(() => "done"), aborted]));
      this.check();
      return await work;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  /** @throws MedImagesError `Aborted` */
  check(): void {
    if (this.#signal?.aborted) fail({ kind: "Aborted" });
  }

  /** Notes that a share of pass `k` has been submitted, and waits when much is under way. */
  async submitted(k: number, share: number): Promise<void> {
    this.check();
    this.#onProgress?.((k + share) / this.#passes);
    if (share === 1) return;
    const work = this.#device.gpu.queue.onSubmittedWorkDone();
    // A run that ends before need not hear of it.
    work.catch(() => undefined);
    this.#underWay.push(work);
    const [oldest] = this.#underWay;
    if (oldest === undefined || this.#underWay.length <= mostUnderWay) return;
    this.#underWay.shift();
    await this.wait(oldest);
  }

  done(): void {
    this.#onProgress?.(1);
  }
}
