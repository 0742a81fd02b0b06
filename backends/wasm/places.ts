/** Where the volumes of a run lie: each in a memory of its own where it can be, at address 0. */
import { fail } from "../../compiler/errors.ts";
import { product, type Vector3 } from "../../compiler/language/vector.ts";
import { type DType, dtypes, exactNumber, noRescale, type Voxels } from "../../compiler/language/voxels.ts";
import type { Buffer, Plan } from "../../compiler/plan.ts";
import { budgetRemedy } from "../../compiler/schedule.ts";
import { type Box, boxOfRows, type Rows, wholeBox } from "../../compiler/tile.ts";
import { addressable, allocateBacked, announce, canShare, ensureLength, memoryBehind, release } from "./memory.ts";

/**
 * A volume in a memory that kernels can work in, or the part of it that a tile needs: voxel (0, 0, 0) is at
 * `address` or, where it is not there itself, would be.
 */
export interface Place {
  readonly memory: WebAssembly.Memory;
  readonly address: number;
  /** The address and number of the bytes that are there. */
  readonly start: number;
  readonly bytes: number;
  readonly dtype: DType;
  readonly channels: number;
  readonly size: Vector3;
  /** The voxels that are there. */
  readonly box: Box;
  /** Bytes from a voxel to the next along each axis. */
  readonly strides: Vector3;
  /** Bytes from a channel to the next; 0 where there is one only, which then stands for any. */
  readonly channelBytes: number;
  /** All of the volume, wherever it is kept; of an intermediate the part that is there. */
  readonly voxels: () => Voxels;
}

/** `working` volumes are float32 here. */
export const dtypeOfBuffer = ({ storage }: Buffer): DType => (storage === "working" ? "float32" : storage.dtype);
export const elementsOf = ({ size, channels }: Buffer): number => product(size) * channels;
export const bytesOf = (buffer: Buffer): number => elementsOf(buffer) * dtypes[dtypeOfBuffer(buffer)].bytes;

export const bufferOf = (plan: Pick<Plan, "buffers">, buffer: number): Buffer =>
  plan.buffers[buffer] ?? fail({ kind: "InternalError", phase: "wasm", reason: `buffer ${buffer} does not exist` });

const page = 65536;
/** Room that tables and scratch areas behind a volume may take. */
const reserve = 2 ** 28;
/** The largest volume that kernels can read. */
export const largestSource: number = addressable - reserve;
/** Volumes up to this many bytes are copied into the workspace: a memory of their own would cost more. */
export const small: number = 2 ** 20;

/** A fresh memory of its own for a volume. @throws MedImagesError `BudgetExceeded` */
const makeMemory = (bytes: number): WebAssembly.Memory => {
  const tooLarge = (cause?: unknown): never =>
    fail(
      {
        kind: "BudgetExceeded",
        what: "a volume",
        needed: bytes,
        budget: largestSource,
        remedy: budgetRemedy,
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
  /** Small inputs that have been copied already: the plans of a batch may look at the same one. */
  readonly #copied = new Map<ArrayBufferView, Room>();

  /** Where the voxels of an input lie. */
  input(voxels: Voxels, buffer: Buffer): Place {
    const { data } = voxels;
    const bytes = data.byteLength;
    const own = bytes <= largestSource ? memoryBehind(data.buffer) : undefined;
    const all = (): Voxels => voxels;
    // Whatever else lies in the buffer must not be taken for scratch.
    if (own !== undefined) {
      this.#reserve(own, data.buffer.byteLength);
      return placeOf(own, data.byteOffset, buffer, all);
    }
    if (bytes <= small) {
      const { memory, address } = this.#copied.get(data) ?? this.#smallCopy(voxels);
      return placeOf(memory, address, buffer, all);
    }
    const known = copies.get(data);
    if (known !== undefined) {
      this.#reserve(known, bytes);
      return placeOf(known, 0, buffer, all);
    }
    const room: Room = { memory: makeMemory(bytes), address: 0 };
    this.#reserve(room.memory, bytes);
    copies.set(data, room.memory);
    copyTo(room, data);
    return placeOf(room.memory, room.address, buffer, all);
  }

  #smallCopy({ data }: Voxels): Room {
    const room = this.#room(data.byteLength);
    copyTo(room, data);
    this.#copied.set(data, room);
    return room;
  }

  /** A box of an input, copied for the run. */
  part(voxels: Voxels, buffer: Buffer, box: Box): Place {
    const { size, channels } = buffer;
    const { bytes: width } = dtypes[voxels.dtype];
    const [nx, ny, nz] = box.size;
    const extent = nx * ny * nz * width;
    const { memory, address } = this.#room(extent * channels);
    const { buffer: source, byteOffset } = voxels.data;
    // No view may be longer than 2^32 bytes, so each row has its own.
    const row = (from: ArrayBufferLike, offset: number): Uint8Array => new Uint8Array(from, offset, nx * width);
    for (let channel = 0; channel < channels; channel++)
      for (let z = 0; z < nz; z++)
        for (let y = 0; y < ny; y++) {
          const number = ((channel * size[2] + box.start[2] + z) * size[1] + box.start[1] + y) * size[0] + box.start[0];
          const to = address + channel * extent + (z * ny + y) * nx * width;
          row(memory.buffer, to).set(row(source, byteOffset + number * width));
        }
    const strides: Vector3 = [width, nx * width, nx * ny * width];
    const first = box.start.reduce((sum, at, axis) => sum + at * (strides[axis] ?? 0), 0);
    return {
      ...placeOf(memory, address, buffer, () => voxels),
      address: address - first,
      start: address,
      bytes: extent * channels,
      box,
      strides,
      channelBytes: channels === 1 ? 0 : extent,
    };
  }

  /** Room for some rows of each channel of a volume that lives no longer than the run. */
  intermediate(buffer: Buffer, { from, to }: Rows = wholeRows(buffer)): Place {
    const row = buffer.size[0] * dtypes[dtypeOfBuffer(buffer)].bytes;
    const extent = (to - from) * row;
    const dtype = dtypeOfBuffer(buffer);
    const bytes = extent * buffer.channels;
    const { memory, address } = this.#room(bytes);
    const place = placeOf(memory, address, buffer, () => ({
      dtype,
      channels: buffer.channels,
      data: new dtypes[dtype].array(memory.buffer, address, bytes / dtypes[dtype].bytes),
      rescale: noRescale,
    }));
    return {
      ...place,
      address: address - from * row,
      start: address,
      bytes,
      box: boxOfRows({ from, to }, buffer.size),
      channelBytes: buffer.channels === 1 ? 0 : extent,
    };
  }

  /** The place in the memory that all volumes of one pass can share, with what lies in another. */
  inWorkspace(place: Place): Place {
    const { memory, address } = this.#inWorkspace(place.bytes);
    new Uint8Array(memory.buffer, address, place.bytes).set(
      new Uint8Array(place.memory.buffer, place.start, place.bytes),
    );
    return { ...place, memory, start: address, address: address + (place.address - place.start) };
  }

  workspace(): WebAssembly.Memory {
    workspace ??= makeMemory(page);
    return workspace;
  }

  /** The first address behind all volumes in a memory, a multiple of 64. */
  end(memory: WebAssembly.Memory): number {
    return Math.ceil((this.#ends.get(memory) ?? 0) / 64) * 64;
  }

  /** Gives the memory of an intermediate back, for another one; that of anything else stays. */
  giveBack(memory: WebAssembly.Memory): void {
    const buffer = this.#lent.get(memory);
    if (buffer === undefined) return;
    this.#lent.delete(memory);
    this.#ends.delete(memory);
    release(buffer);
  }

  /** Frees the room of small volumes that are none of these. */
  keepOnly(places: readonly Place[]): void {
    const memory = this.workspace();
    const ends = places.map((place) => (place.memory === memory ? place.start + place.bytes : 0));
    this.#ends.set(memory, Math.max(0, ...ends));
    this.#copied.clear();
  }

  giveBackAll(): void {
    for (const memory of this.#lent.keys()) this.giveBack(memory);
  }

  #room(bytes: number): Room {
    if (bytes <= small) return this.#inWorkspace(bytes);
    const again = bytes <= largestSource ? allocateBacked(bytes) : undefined;
    const memory = again && memoryBehind(again);
    if (again === undefined || memory === undefined) {
      const made = makeMemory(bytes);
      this.#reserve(made, bytes);
      return { memory: made, address: 0 };
    }
    this.#lent.set(memory, again);
    this.#reserve(memory, again.byteLength);
    return { memory, address: 0 };
  }

  #inWorkspace(bytes: number): Room {
    const memory = this.workspace();
    const address = this.end(memory);
    this.#reserve(memory, address + bytes);
    return { memory, address };
  }

  #reserve(memory: WebAssembly.Memory, end: number): void {
    this.#ends.set(memory, Math.max(this.end(memory), end));
    ensureLength(memory, end);
  }
}

const copyTo = ({ memory, address }: Room, { buffer, byteOffset, byteLength }: ArrayBufferView): void => {
  new Uint8Array(memory.buffer, address, byteLength).set(new Uint8Array(buffer, byteOffset, byteLength));
};

interface Room {
  readonly memory: WebAssembly.Memory;
  readonly address: number;
}

const wholeRows = ({ size }: Buffer): Rows => ({ from: 0, to: size[1] * size[2] });

/** A whole volume at an address. */
const placeOf = (memory: WebAssembly.Memory, address: number, buffer: Buffer, voxels: () => Voxels): Place => {
  const { size, channels } = buffer;
  const [dtype, bytes] = [dtypeOfBuffer(buffer), bytesOf(buffer)];
  const row = size[0] * dtypes[dtype].bytes;
  return {
    memory,
    address,
    start: address,
    bytes,
    dtype,
    channels,
    size,
    box: wholeBox(size),
    strides: [dtypes[dtype].bytes, row, row * size[1]],
    channelBytes: channels === 1 ? 0 : bytes / channels,
    voxels,
  };
};

/**
 * Arithmetic on integers beyond 2^53 would be wrong silently, so it is refused, as in the reference.
 * @throws MedImagesError `UnsupportedVoxels`
 */
export const checkExact = (place: Place): void => {
  const { data } = place.voxels();
  if (!(data instanceof BigInt64Array || data instanceof BigUint64Array)) return;
  const limit = 2n ** 53n;
  const beyond = data.find((v: bigint) => v > limit || v < -limit);
  if (beyond !== undefined) exactNumber(beyond);
};
