/**
 * Passes as threads see them: each a compiled kernel, the memory that it works in, and numbered jobs, each some
 * rows of output. What is to be done at a time is a task, of one pass or of many that have nothing to do with each
 * other; all threads draw its jobs from one shared counter. Which thread takes which job does not matter, since
 * every row is computed alike: results are the same bits for any number of threads.
 */

/** What a job leaves may belong to several places of the output, `stride` bytes apart; `spill` bytes follow each piece. */
export interface Pieces {
  readonly count: number;
  readonly stride: number;
  readonly spill: number;
}

/** The numbers of a part of a task. */
export interface PartNumbers {
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
  /** How many such pieces there are, and how far apart. */
  readonly pieces: Pieces;
  /** Where unit 0 belongs in `output`, be it before its start. */
  readonly offset: number;
}

/** The objects of a part of a task. */
export interface PartObjects {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Where the rows that a job leaves in its scratch area belong. */
  readonly output: ArrayBufferLike | undefined;
}

/** One pass, or some rows of it. */
export interface Part extends PartNumbers {
  readonly objects: PartObjects;
}

/** What threads work off together. */
export interface Task {
  readonly parts: readonly Part[];
  /** {@link controlWords} 32-bit words: the next job, whether to stop, and how many jobs are done. */
  readonly control: ArrayBufferLike;
}

export const controlWords = 3;

/** What a kernel exports: computes units `from` … `to` − 1 with the scratch area at `scratch`. */
export type RunKernel = (uniforms: number, scratch: number, from: number, to: number) => void;

/**
 * Works off at most `limit` jobs; whether any may be left. `runOf` finds the kernel of a part. Its text is sent to
 * worker threads, so it uses its arguments and the language's globals and nothing else.
 */
export function workOff(
  { parts, control }: Task,
  runOf: (part: Part) => RunKernel,
  thread: number,
  limit: number,
): boolean {
  const words = new Int32Array(control);
  // Each thread draws ever higher jobs, so it never goes back to an earlier part.
  let [k, earlier] = [0, 0];
  for (let taken = 0; taken < limit; taken++) {
    const drawn = Atomics.add(words, 0, 1);
    if (Atomics.load(words, 1) !== 0) return false;
    let part = parts[k];
    while (part !== undefined && drawn - earlier >= part.jobs) {
      earlier += part.jobs;
      part = parts[++k];
    }
    if (part === undefined) return false;
    const { uniforms, first, end, unitsPerJob, bytesPerUnit, pieces, offset } = part;
    const { memory, output } = part.objects;
    const scratch = part.scratch + thread * part.scratchBytes;
    const from = first + (drawn - earlier) * unitsPerJob;
    const to = Math.min(end, from + unitsPerJob);
    runOf(part)(uniforms, scratch, from, to);
    if (output !== undefined) {
      const bytes = (to - from) * bytesPerUnit;
      for (let piece = 0; piece < pieces.count; piece++) {
        const left = new Uint8Array(memory.buffer, scratch + piece * (bytes + pieces.spill), bytes);
        new Uint8Array(output, offset + from * bytesPerUnit + piece * pieces.stride, bytes).set(left);
      }
    }
    Atomics.add(words, 2, 1);
  }
  return true;
}

/** A number that stands for an object, so that it crosses to a thread once and not with each task. */
export type Handle = number;

/** A part of a task with its objects by their handles. */
export interface PartMessage extends PartNumbers {
  readonly handles: { readonly [K in keyof PartObjects]: Handle | undefined };
}

/** What a thread hears. */
export type Order =
  | {
      readonly kind: "work";
      readonly id: number;
      readonly thread: number;
      readonly parts: readonly PartMessage[];
      readonly control: Handle;
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
const runOf = ({ handles, objects: { module, memory } }) => {
  const ofMemory = instances.get(handles.memory) ?? new Map();
  instances.set(handles.memory, ofMemory);
  const run = ofMemory.get(handles.module) ?? new WebAssembly.Instance(module, { env: { memory } }).exports.run;
  ofMemory.set(handles.module, run);
  return run;
};
const objectsOf = (handles) => Object.fromEntries(Object.entries(handles).map(([name, handle]) => [name, known.get(handle)]));
const orders = {
  work: ({ id, thread, parts, control, introduced }) => {
    try {
      for (const [handle, object] of introduced) known.set(handle, object);
      const task = {
        parts: parts.map((part) => ({ ...part, objects: objectsOf(part.handles) })),
        control: known.get(control),
      };
      workOff(task, runOf, thread, Infinity);
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
