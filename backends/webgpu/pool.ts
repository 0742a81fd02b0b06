/**
 * Buffers of a device that wait for their next use: making one costs more than most kernels take. What is
 * done with a buffer happens in the order in which it was asked for, so one that is given back may be taken
 * at once, while the device still works on it.
 */
import { usage } from "./flags.ts";

/** Volumes, tables and numbers are all made for everything, so that any may follow any. */
const everything = usage.storage | usage.uniform | usage.copyFrom | usage.copyTo;

export class BufferPool {
  readonly #device: GPUDevice;
  readonly #most: number;
  #waiting: GPUBuffer[] = [];

  /** Keeps up to `most` bytes of buffers that nobody uses. */
  constructor(device: GPUDevice, most: number) {
    this.#device = device;
    this.#most = most;
  }

  /** A buffer of at least `bytes` bytes, with whatever is in it. */
  take(bytes: number): GPUBuffer {
    const rounded = Math.ceil(Math.max(bytes, 16) / granule(bytes)) * granule(bytes);
    const size = Math.min(rounded, Math.max(this.#device.limits.maxBufferSize, toWords(bytes)));
    const found = this.#waiting.findIndex((buffer) => buffer.size >= size && buffer.size <= 1.25 * size);
    const [known] = found < 0 ? [] : this.#waiting.splice(found, 1);
    return known ?? this.#device.createBuffer({ label: "medimages volume", size, usage: everything });
  }

  giveBack(buffer: GPUBuffer): void {
    this.#waiting.push(buffer);
    while (this.#waiting.reduce((sum, { size }) => sum + size, 0) > this.#most) this.#waiting.shift()?.destroy();
  }

  /** Frees what waits. */
  clear(): void {
    for (const buffer of this.#waiting) buffer.destroy();
    this.#waiting = [];
  }
}

/** Buffers hold whole words. */
export const toWords = (bytes: number): number => Math.ceil(bytes / 4) * 4;

/** Sizes are rounded up, so that volumes of about the same size share buffers. */
const granule = (bytes: number): number => (bytes < 2 ** 20 ? 256 : 2 ** 12);
