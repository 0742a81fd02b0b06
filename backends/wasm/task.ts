/**
 * One pass as threads see it: a compiled kernel, the memory that it works in, and numbered jobs, each some
 * rows of output, that all threads draw from one shared counter. Which thread takes which job does not
 * matter, since every row is computed alike: results are the same bits for any number of threads.
 */

export interface PassTask {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** {@link controlWords} 32-bit words: the next job, whether to stop, and how many jobs are done. */
  readonly control: ArrayBufferLike;
  readonly jobs: number;
  readonly units: number;
  readonly unitsPerJob: number;
  /** Address of the numbers of this run (matrices, sizes, addresses), which the kernel reads. */
  readonly uniforms: number;
  /** Address of the scratch areas, one of `scratchBytes` for each thread. */
  readonly scratch: number;
  readonly scratchBytes: number;
  /** Where the rows that a job leaves at the start of its scratch area belong; without it they are in place. */
  readonly output?: { readonly buffer: ArrayBufferLike; readonly offset: number; readonly bytesPerUnit: number };
}

export const controlWords = 3;

/** What a kernel exports: computes units `from` … `to` − 1 with the scratch area at `scratch`. */
export type RunKernel = (uniforms: number, scratch: number, from: number, to: number) => void;

/**
 * Works off at most `limit` jobs; whether any may be left. Its text is sent to worker threads, so it uses
 * its arguments and the language's globals and nothing else.
 */
export function workOff(task: PassTask, run: RunKernel, thread: number, limit: number): boolean {
  const words = new Int32Array(task.control);
  const scratch = task.scratch + thread * task.scratchBytes;
  for (let taken = 0; taken < limit; taken++) {
    const job = Atomics.add(words, 0, 1);
    if (job >= task.jobs || Atomics.load(words, 1) !== 0) return false;
    const from = job * task.unitsPerJob;
    const to = Math.min(task.units, from + task.unitsPerJob);
    run(task.uniforms, scratch, from, to);
    if (task.output !== undefined) {
      const { buffer, offset, bytesPerUnit } = task.output;
      const bytes = (to - from) * bytesPerUnit;
      new Uint8Array(buffer, offset + from * bytesPerUnit, bytes).set(
        new Uint8Array(task.memory.buffer, scratch, bytes),
      );
    }
    Atomics.add(words, 2, 1);
  }
  return true;
}

/**
 * The program of a worker thread as text, so that no bundler has to find another file. `port` is an
 * expression for what the thread hears and answers through.
 */
export const workerProgram = (port: string): string => `
const workOff = ${workOff.toString()};
const port = ${port};
// What a task brings along stays until this thread collects its garbage, which it does not count as shared
// memory: a buffer of the same size, never touched, makes it count.
const weigh = (bytes) => {
  try {
    return new ArrayBuffer(bytes);
  } catch {
    return undefined;
  }
};
const weights = new WeakMap();
port.onmessage = ({ data: { id, task, thread } }) => {
  try {
    weights.set(task, weigh(task.memory.buffer.byteLength + (task.output ? task.output.buffer.byteLength : 0)));
    const instance = new WebAssembly.Instance(task.module, { env: { memory: task.memory } });
    workOff(task, instance.exports.run, thread, Infinity);
    port.postMessage({ id });
  } catch (error) {
    port.postMessage({ id, error: String(error) });
  }
};
`;
