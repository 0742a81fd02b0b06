/**
 * Voxels that stay on the device: results that the next run reads where they lie, and buffers that another
 * library made. Whoever forgets to give them back gets that done when they are collected.
 */
import { fail } from "../../compiler/errors.ts";
import { type DType, dtypes, type Rescale, type VoxelArray, type Voxels } from "../../compiler/language/voxels.ts";
import type { Backend, DeviceVoxels } from "../backend.ts";
import type { Device } from "./device.ts";
import type { BufferPool } from "./pool.ts";
import { download } from "./transport.ts";

interface Held {
  readonly pool: BufferPool;
  readonly buffer: GPUBuffer;
}

const forgotten = new FinalizationRegistry<Held>(({ pool, buffer }) => pool.giveBack(buffer));

export interface ResidentParts {
  readonly device: Device;
  readonly owner: Backend;
  readonly buffer: GPUBuffer;
  readonly dtype: DType;
  readonly rescale: Rescale;
  readonly channels: number;
  /** Number of elements, of all channels. */
  readonly length: number;
  /** Whether the buffer is another's: it is not given back with the voxels. */
  readonly borrowed?: boolean;
}

export class ResidentVoxels implements DeviceVoxels {
  readonly dtype: DType;
  readonly rescale: Rescale;
  readonly channels: number;
  readonly length: number;
  readonly owner: Backend;
  readonly device: Device;
  readonly #borrowed: boolean;
  #buffer: GPUBuffer | undefined;

  constructor(parts: ResidentParts) {
    this.dtype = parts.dtype;
    this.rescale = parts.rescale;
    this.channels = parts.channels;
    this.length = parts.length;
    this.owner = parts.owner;
    this.device = parts.device;
    this.#borrowed = parts.borrowed === true;
    this.#buffer = parts.buffer;
    if (!this.#borrowed) forgotten.register(this, { pool: parts.device.pool, buffer: parts.buffer }, this);
  }

  get data(): VoxelArray {
    return fail({
      kind: "UnsupportedVoxels",
      reason: "the voxels of this image lie on the GPU",
      remedy: "fetch them with toCpu, or evaluate without keep",
    });
  }

  /** The buffer, elements packed from its start. @throws MedImagesError `UnsupportedVoxels` after disposal */
  get buffer(): GPUBuffer {
    return (
      this.#buffer ??
      fail({
        kind: "UnsupportedVoxels",
        reason: "the voxels of this image were disposed of",
        remedy: "dispose of an image after its last use",
      })
    );
  }

  async fetch(): Promise<Voxels> {
    const { array, bytes } = dtypes[this.dtype];
    const { value, accepted } = this.device.scoped(() => download(this.device, this.buffer, this.length * bytes));
    await accepted;
    return { data: new array(await value), dtype: this.dtype, rescale: this.rescale, channels: this.channels };
  }

  [Symbol.dispose](): void {
    if (this.#buffer !== undefined && !this.#borrowed) {
      forgotten.unregister(this);
      this.device.pool.giveBack(this.#buffer);
    }
    this.#buffer = undefined;
  }
}
