/**
 * Buffers that kernels can read where they lie. A kernel sees one linear memory only, so each volume gets
 * a memory of its own, with its voxels at address 0 and room to grow a scratch area behind them. What is
 * handed out is the memory's buffer, an ordinary (shared) buffer that keeps the memory alive.
 */
import type { RunKernel } from "./task.ts";

const page = 65536;
/** The largest linear memory that 32-bit addresses reach. */
export const addressable: number = 65536 * page;

/** Each memory reserves gigabytes of address space, so small volumes do without: copying them costs little. */
const worthBacking = 2 ** 20;

const memories = new WeakMap<ArrayBufferLike, WebAssembly.Memory>();

/** Buffers whose owners have no more use for them, longest unused first. */
let released: readonly ArrayBufferLike[] = [];
/** More than this is not kept for reuse. */
const mostReleased = 2 ** 30;
/** For how long released buffers are kept, in ms: loops take them again at once. */
const keptFor = 2000;
let expiry: ReturnType<typeof setTimeout> | undefined;

/**
 * Takes back a buffer for a later volume of about its size: a fresh one costs the operating system more than
 * most kernels take. Whoever still reads it would see that volume appear in it.
 */
export const release = (buffer: ArrayBufferLike): void => {
  if (!memories.has(buffer) || released.includes(buffer)) return;
  released = [...released, buffer];
  const held = (): number => released.reduce((sum, { byteLength }) => sum + byteLength, 0);
  while (held() > mostReleased) released = released.slice(1);
  clearTimeout(expiry);
  expiry = setTimeout(() => {
    released = [];
  }, keptFor);
  // Node: a timer must not keep the process alive. Browsers give a number.
  if (typeof expiry === "object") expiry.unref();
};

/** A released buffer that is large enough, and not much larger. */
const takeReleased = (bytes: number): ArrayBufferLike | undefined => {
  const found = released.find((b) => b.byteLength >= bytes && b.byteLength <= 1.25 * bytes + page);
  if (found !== undefined) released = released.filter((b) => b !== found);
  return found;
};

/** Whether memories can be shared with other threads here. */
export const canShare: boolean = typeof SharedArrayBuffer === "function" && globalThis.crossOriginIsolated !== false;

/**
 * A buffer of at least `bytes` bytes in a memory of its own; undefined where that cannot be had (under
 * 1 MiB, over 4 GiB, or the engine has no address space left), and the caller falls back to an ordinary buffer.
 */
export const allocateBacked = (bytes: number): ArrayBufferLike | undefined => {
  const pages = Math.ceil(bytes / page);
  if (pages > 65536 || bytes < worthBacking) return undefined;
  const again = takeReleased(bytes);
  if (again !== undefined) return again;
  try {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: 65536, shared: canShare });
    announce(memory.buffer, bytes);
    memories.set(memory.buffer, memory);
    return memory.buffer;
  } catch {
    return undefined;
  }
};

/** The memory whose voxels start at address 0 of this buffer, if it is one of ours. */
export const memoryBehind = (buffer: ArrayBufferLike): WebAssembly.Memory | undefined => memories.get(buffer);

const ballast = new WeakMap<object, ArrayBuffer>();

/**
 * The garbage collector does not count shared buffers: a loop over scans would fill the machine before it
 * ran. An ordinary buffer of the same size that lives as long, never touched and so never resident, makes it
 * count them.
 */
export const announce = (owner: object, bytes: number): void => {
  try {
    ballast.set(owner, new ArrayBuffer(bytes));
  } catch {
    // Nothing is announced; nothing else depends on it.
  }
};

/** Makes a memory at least `bytes` long. Buffers handed out before stay valid. */
export const ensureLength = (memory: WebAssembly.Memory, bytes: number): void => {
  const missing = Math.ceil((bytes - memory.buffer.byteLength) / page);
  if (missing > 0) memory.grow(missing);
};

const instances = new WeakMap<WebAssembly.Memory, WeakMap<WebAssembly.Module, RunKernel>>();

/** A kernel on this thread, instantiated once for each memory that it works in. */
export const instanceOn = (memory: WebAssembly.Memory, module: WebAssembly.Module): RunKernel => {
  const ofMemory = instances.get(memory) ?? new WeakMap<WebAssembly.Module, RunKernel>();
  instances.set(memory, ofMemory);
  const known = ofMemory.get(module);
  if (known !== undefined) return known;
  const run = new WebAssembly.Instance(module, { env: { memory } }).exports.run as RunKernel;
  ofMemory.set(module, run);
  return run;
};
