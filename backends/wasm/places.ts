/** Where the volumes of a run lie: each in a memory of its own where it can be, at address 0. */
import { fail } from "../../compiler/errors.ts";
import { product, type Vector3 } from "../../compiler/language/vector.ts";
import { type DType, dtypes, type Voxels } from "../../compiler/language/voxels.ts";
import type { Buffer, Plan } from "../../compiler/plan.ts";
import { addressable, allocateBacked, announce, canShare, ensureLength, memoryBehind, release } from "./memory.ts";

/** A volume in a memory that kernels can work in. */
export interface Place {
  readonly memory: WebAssembly.Memory;
  readonly address: number;
  readonly bytes: number;
  readonly dtype: DType;
  readonly channels: number;
  readonly size: Vector3;
  /** Bytes from a voxel to the next along each axis. */
  readonly strides: Vector3;
  /** Bytes from a channel to the next; 0 where there is one only, which then stands for any. */
  readonly channelBytes: number;
}

/** `working` volumes are float32 here. */
export const dtypeOfBuffer = ({ storage }: Buffer): DType => (storage === "working" ? "float32" : storage.dtype);
export const elementsOf = ({ size, channels }: Buffer): number => product(size) * channels;
export const bytesOf = (buffer: Buffer): number => elementsOf(buffer) * dtypes[dtypeOfBuffer(buffer)].bytes;

export const bufferOf = (plan: Plan, buffer: number): Buffer =>
  plan.buffers[buffer] ?? fail({ kind: "InternalError", phase: "wasm", reason: `buffer ${buffer} does not exist` });

const page = 65536;
/** Room that tables and scratch areas behind a volume may take. */
const reserve = 2 ** 28;
/** The largest volume that kernels can read. */
export const largestSource: number = addressable - reserve;
/** Volumes up to this many bytes are copied into the workspace: a memory of their own would cost more. */
const small = 2 ** 20;

/** A fresh memory of its own for a volume. @throws MedImagesError `BudgetExceeded` */
const makeMemory = (bytes: number): WebAssembly.Memory => {
  const tooLarge = (cause?: unknown): never =>
    fail(
      {
        kind: "BudgetExceeded",
        what: "a volume",
        needed: bytes,
        budget: largestSource,
        remedy: "crop first or ask for a coarser grid",
      },
      cause,
    );
  if (bytes > largestSource) return tooLarge();
  try {
    const memory = new WebAssembly.Memory({
      initial: Math.max(1, Math.ceil(bytes / page)),
      maximum: page,
      shared: canShare,
    });
    announce(memory, bytes);
    return memory;
  } catch (thrown) {
    return tooLarge(thrown);
  }
};

/** Large voxels that do not lie in a memory of ours are copied to one, once for as long as they are in use. */
const copies = new WeakMap<ArrayBufferView, WebAssembly.Memory>();

/** One memory for small volumes, used by one run after the other. */
let workspace: WebAssembly.Memory | undefined;

/** Finds room for the volumes of one run. */
export class Places {
  /** Where the volumes that are known of end, in each memory. */
  readonly #ends = new Map<WebAssembly.Memory, number>();
  /** Memories of intermediates, with the buffers that they were found by. */
  readonly #lent = new Map<WebAssembly.Memory, ArrayBufferLike>();

  /** Where the voxels of an input lie. */
  input(voxels: Voxels, buffer: Buffer): Place {
    const { data } = voxels;
    const bytes = data.byteLength;
    const own = bytes <= largestSource ? memoryBehind(data.buffer) : undefined;
    // Whatever else lies in the buffer must not be taken for scratch.
    if (own !== undefined) return this.#known(own, data.byteOffset, buffer, data.buffer.byteLength);
    if (bytes <= small) return this.#copyOf(data, this.intermediate(buffer));
    const known = copies.get(data);
    if (known !== undefined) return this.#known(known, 0, buffer, bytes);
    const place = this.#copyOf(data, this.#known(makeMemory(bytes), 0, buffer, bytes));
    copies.set(data, place.memory);
    return place;
  }

  /** Room for a volume that lives no longer than the run. */
  intermediate(buffer: Buffer): Place {
    const bytes = bytesOf(buffer);
    if (bytes <= small) return this.inWorkspace(buffer);
    const again = bytes <= largestSource ? allocateBacked(bytes) : undefined;
    const memory = again && memoryBehind(again);
    if (again === undefined || memory === undefined) return this.#known(makeMemory(bytes), 0, buffer, bytes);
    this.#lent.set(memory, again);
    return this.#known(memory, 0, buffer, again.byteLength);
  }

  /** Gives the memory of an intermediate back, for another one; that of anything else stays. */
  giveBack(memory: WebAssembly.Memory): void {
    const buffer = this.#lent.get(memory);
    if (buffer === undefined) return;
    this.#lent.delete(memory);
    this.#ends.delete(memory);
    release(buffer);
  }

  giveBackAll(): void {
    for (const memory of this.#lent.keys()) this.giveBack(memory);
  }

  /** Room in the memory that all volumes of one pass can share. */
  inWorkspace(buffer: Buffer): Place {
    const memory = this.workspace();
    const address = this.end(memory);
    return this.#known(memory, address, buffer, address + bytesOf(buffer));
  }

  workspace(): WebAssembly.Memory {
    workspace ??= makeMemory(page);
    return workspace;
  }

  /** The first address behind all volumes in a memory, a multiple of 64. */
  end(memory: WebAssembly.Memory): number {
    return Math.ceil((this.#ends.get(memory) ?? 0) / 64) * 64;
  }

  #known(memory: WebAssembly.Memory, address: number, buffer: Buffer, end: number): Place {
    this.#ends.set(memory, Math.max(this.end(memory), end));
    ensureLength(memory, end);
    const { size, channels } = buffer;
    const [dtype, bytes] = [dtypeOfBuffer(buffer), bytesOf(buffer)];
    const row = size[0] * dtypes[dtype].bytes;
    return {
      memory,
      address,
      bytes,
      dtype,
      channels,
      size,
      strides: [dtypes[dtype].bytes, row, row * size[1]],
      channelBytes: channels === 1 ? 0 : bytes / channels,
    };
  }

  #copyOf(data: ArrayBufferView, place: Place): Place {
    const { memory, address, bytes } = place;
    new Uint8Array(memory.buffer, address, bytes).set(new Uint8Array(data.buffer, data.byteOffset, bytes));
    return place;
  }
}

/**
 * Arithmetic on integers beyond 2^53 would be wrong silently, so it is refused, as in the reference.
 * @throws MedImagesError `UnsupportedVoxels`
 */
export const checkExact = ({ memory, address, bytes, dtype }: Place): void => {
  if (dtype !== "int64" && dtype !== "uint64") return;
  const data = new BigInt64Array(memory.buffer, address, bytes / 8);
  const limit = 2n ** 53n;
  const beyond = data.find((v) => v > limit || v < -limit);
  if (beyond !== undefined)
    fail({
      kind: "UnsupportedVoxels",
      reason: `the voxel ${dtype === "uint64" ? BigInt.asUintN(64, beyond) : beyond} lies beyond 2^53, where arithmetic in float64 is not exact`,
      remedy: "only crop, pad, flip, reorient or translate such an image, or rescale it first",
    });
};
