/**
 * Voxels that stay on the device: results that the next run reads where they lie, and buffers that another
 * library made. A buffer goes back when nobody holds it any more, neither voxels nor a run; whoever forgets to
 * dispose of voxels gets that done when they are collected.
 */
import { fail } from "../../compiler/errors.ts";
import { type DType, dtypes, type Rescale, type VoxelArray, type Voxels } from "../../compiler/language/voxels.ts";
import { type Backend, type DeviceVoxels, isOnDevice } from "../backend.ts";
import type { Device } from "./device.ts";
import type { Kept } from "./formats.ts";
import type { BufferPool } from "./pool.ts";
import { download } from "./transport.ts";

/** A buffer with how many hold it. */
class Lease {
  readonly buffer: GPUBuffer;
  /** Where it goes back to; nowhere, if it is another library's. */
  readonly #pool: BufferPool | undefined;
  #holders = 1;

  constructor(buffer: GPUBuffer, pool: BufferPool | undefined) {
    this.buffer = buffer;
    this.#pool = pool;
  }

  hold(): this {
    this.#holders++;
    return this;
  }

  drop(): void {
    if (--this.#holders === 0) this.#pool?.giveBack(this.buffer);
  }
}

const forgotten = new FinalizationRegistry<Lease>((lease) => lease.drop());

interface Description {
  readonly device: Device;
  readonly owner: Backend;
  readonly dtype: DType;
  readonly rescale: Rescale;
  readonly channels: number;
  /** Number of elements, of all channels. */
  readonly length: number;
}

export interface ResidentParts extends Description {
  readonly buffer: GPUBuffer;
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
  #lease: Lease | undefined;

  private constructor(parts: Description, lease: Lease) {
    this.dtype = parts.dtype;
    this.rescale = parts.rescale;
    this.channels = parts.channels;
    this.length = parts.length;
    this.owner = parts.owner;
    this.device = parts.device;
    this.#lease = lease;
    forgotten.register(this, lease, this);
  }

  /** Voxels in a buffer that is theirs alone, or another library's. */
  static in({ buffer, borrowed = false, ...parts }: ResidentParts): ResidentVoxels {
    return new ResidentVoxels(parts, new Lease(buffer, borrowed ? undefined : parts.device.pool));
  }

  /** The same voxels in the same buffer, which stays until both are disposed of. */
  share(): ResidentVoxels {
    return new ResidentVoxels(this, this.#held().hold());
  }

  /** Keeps the buffer for a run, whatever becomes of the voxels, until the function is called. */
  hold(): () => void {
    const lease = this.#held().hold();
    return () => lease.drop();
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
    return this.#held().buffer;
  }

  #held(): Lease {
    return (
      this.#lease ??
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
    forgotten.unregister(this);
    this.#lease?.drop();
    this.#lease = undefined;
  }
}

/** Voxels that lie in a buffer of the device that a run is on. */
export interface OnDevice {
  readonly buffer: GPUBuffer;
}

/** Voxels that several runs read, with the buffers that they were uploaded to as they are stored. */
export type Uploads = ReadonlyMap<Voxels | OnDevice, GPUBuffer>;

/** Voxels with the buffer that they lie in already, if they do, as this plan keeps them. */
export const sharedIn = (uploads: Uploads, voxels: Voxels | OnDevice, kept: Kept): Voxels | OnDevice => {
  const buffer = uploads.get(voxels);
  return buffer === undefined || !("dtype" in voxels) || kept.format !== voxels.dtype ? voxels : { ...voxels, buffer };
};

/** Voxels in ordinary memory. */
export const inMemory = (voxels: Voxels): Promise<Voxels> | Voxels => (isOnDevice(voxels) ? voxels.fetch() : voxels);

/** Calls `work` with voxels where a run can read them; those on its device stay there until it is done. */
export const holding = async <T>(
  device: Device,
  inputs: readonly Voxels[],
  work: (here: readonly (Voxels | OnDevice)[]) => Promise<T>,
): Promise<T> => {
  const drops: (() => void)[] = [];
  const here = inputs.map((voxels) => {
    if (!(voxels instanceof ResidentVoxels && voxels.device === device)) return inMemory(voxels);
    drops.push(voxels.hold());
    return { buffer: voxels.buffer };
  });
  try {
    return await work(await Promise.all(here));
  } finally {
    for (const drop of drops) drop();
  }
};
