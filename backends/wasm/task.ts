/**
 * One pass as threads see it: a compiled kernel, the memory that it works in, and numbered jobs, each some
 * rows of output, that all threads draw from one shared counter. Which thread takes which job does not
 * matter, since every row is computed alike: results are the same bits for any number of threads.
 */

/** The numbers of a task. */
export interface TaskNumbers {
  readonly jobs: number;
  /** Units from `first` on and before `end` are computed. */
  readonly first: number;
  readonly end: number;
  readonly unitsPerJob: number;
  /** Address of the numbers of this run (matrices, sizes, addresses), which the kernel reads. */
  readonly uniforms: number;
  /** Address of the scratch areas, one of `scratchBytes` for each thread. */
  readonly scratch: number;
  readonly scratchBytes: number;
  /** Bytes of a unit that a job leaves at the start of its scratch area; 0 where kernels work in place. */
  readonly bytesPerUnit: number;
  /** Where unit 0 belongs in `output`, be it before its start. */
  readonly offset: number;
}

/** The objects of a task. */
export interface TaskObjects {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** {@link controlWords} 32-bit words: the next job, whether to stop, and how many jobs are done. */
  readonly control: ArrayBufferLike;
  /** Where the rows that a job leaves in its scratch area belong. */
  readonly output: ArrayBufferLike | undefined;
}

export interface PassTask extends TaskNumbers {
  readonly objects: TaskObjects;
}

export const controlWords = 3;

/** What a kernel exports: computes units `from` … `to` − 1 with the scratch area at `scratch`. */
export type RunKernel = (uniforms: number, scratch: number, from: number, to: number) => void;

/**
 * Works off at most `limit` jobs; whether any may be left. Its text is sent to worker threads, so it uses
 * its arguments and the language's globals and nothing else.
 */
export function workOff(
  task: TaskNumbers,
  { memory, control, output }: TaskObjects,
  run: RunKernel,
  thread: number,
  limit: number,
): boolean {
  const words = new Int32Array(control);
  const { uniforms, first, end, unitsPerJob, bytesPerUnit, offset } = task;
  const scratch = task.scratch + thread * task.scratchBytes;
  for (let taken = 0; taken < limit; taken++) {
    const job = Atomics.add(words, 0, 1);
    if (job >= task.jobs || Atomics.load(words, 1) !== 0) return false;
    const from = first + job * unitsPerJob;
    const to = Math.min(end, from + unitsPerJob);
    run(uniforms, scratch, from, to);
    if (output !== undefined) {
      const bytes = (to - from) * bytesPerUnit;
      new Uint8Array(output, offset + from * bytesPerUnit, bytes).set(new Uint8Array(memory.buffer, scratch, bytes));
    }
    Atomics.add(words, 2, 1);
  }
  return true;
}

/** A number that stands for an object, so that it crosses to a thread once and not with each task. */
export type Handle = number;

/** The objects of a task by their handles. */
export type TaskHandles = { readonly [K in keyof TaskObjects]: Handle | undefined };

/** What a thread hears. */
export type Order =
  | {
      readonly kind: "work";
      readonly id: number;
      readonly thread: number;
      readonly task: TaskNumbers;
      readonly handles: TaskHandles;
      /** Those objects that the thread does not know yet. */
      readonly introduced: readonly (readonly [handle: Handle, object: unknown])[];
    }
  /** Objects that nothing on the first thread refers to any more, and the bytes that they hold together. */
  | { readonly kind: "forget"; readonly handles: readonly Handle[]; readonly bytes: number };

/**
 * The program of a worker thread as text, so that no bundler has to find another file. `port` is an expression
 * for what the thread hears and answers through. Kernels stay instantiated on their memories until either is
 * forgotten. Collecting garbage is what then frees them; an idle thread has no reason of its own to, and engines
 * do not count shared memory: ordinary buffers, never touched and dropped at once, make them see to it.
 */
export const workerProgram = (port: string): string => `
const workOff = ${workOff.toString()};
const port = ${port};
const known = new Map();
const instances = new Map();
const runOf = (handles, { module, memory }) => {
  const ofMemory = instances.get(handles.memory) ?? new Map();
  instances.set(handles.memory, ofMemory);
  const run = ofMemory.get(handles.module) ?? new WebAssembly.Instance(module, { env: { memory } }).exports.run;
  ofMemory.set(handles.module, run);
  return run;
};
const orders = {
  work: ({ id, thread, task, handles, introduced }) => {
    try {
      for (const [handle, object] of introduced) known.set(handle, object);
      const objects = Object.fromEntries(Object.entries(handles).map(([name, handle]) => [name, known.get(handle)]));
      workOff(task, objects, runOf(handles, objects), thread, Infinity);
      port.postMessage({ id });
    } catch (error) {
      port.postMessage({ id, error: String(error) });
    }
  },
  forget: ({ handles, bytes }) => {
    for (const handle of handles) {
      known.delete(handle);
      instances.delete(handle);
      for (const ofMemory of instances.values()) ofMemory.delete(handle);
    }
    const piece = 2 ** 26;
    try {
      for (let pressed = 0; bytes > 0 && pressed < Math.max(bytes, 8 * piece); pressed += piece) new ArrayBuffer(piece);
    } catch {}
  },
};
port.onmessage = ({ data }) => orders[data.kind](data);
`;
