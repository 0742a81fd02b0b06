/**
 * Worker threads, started when first needed and kept warm. They do not keep the process alive, and where
 * there are none the same jobs are worked off on this thread, in slices.
 */
import { fail } from "../../compiler/errors.ts";
import { Handles } from "./handles.ts";
import { canShare, instanceOn } from "./memory.ts";
import { controlWords, type Handle, type Order, type Part, type PartMessage, type Task, workOff } from "./task.ts";

/** A thread of the platform. */
export interface Thread {
  post(order: Order): void;
  /** Whether the thread keeps the process alive. */
  hold(alive: boolean): void;
  stop(): void;
}

/** How this platform starts threads; absent where it cannot. */
export interface ThreadHost {
  /** Threads that this machine runs at once. */
  readonly processors: number;
  start(onMessage: (message: ThreadAnswer) => void, onFailure: (reason: string) => void): Thread;
}

export interface ThreadAnswer {
  readonly id: number;
  readonly error?: string;
}

export interface TaskOptions {
  readonly threads: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((fraction: number) => void) | undefined;
}

/** Below this many jobs handing them to threads costs more than it saves. */
const worthThreads = 2;
/** How long this thread may work before others get a turn, in ms. */
const slice = 20;
const pollEvery = 50;

interface Worker {
  readonly thread: Thread;
  /** What the thread has been sent. */
  readonly knows: Set<Handle>;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (reason: string) => void;
}

const done = (): void => undefined;

export class Pool {
  readonly #host: ThreadHost | undefined;
  readonly #workers: Worker[] = [];
  readonly #handles: Handles;
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;
  #control: ArrayBufferLike | undefined;
  // Scratch areas belong to one pass at a time, so passes take turns.
  #turn: Promise<unknown> = Promise.resolve();

  constructor(host: ThreadHost | undefined) {
    this.#host = host;
    this.#handles = new Handles((handles, bytes) => {
      for (const { thread, knows } of this.#workers) {
        const known = handles.filter((handle) => knows.delete(handle));
        if (known.length > 0) thread.post({ kind: "forget", handles: known, bytes });
      }
    });
  }

  /** Threads that a run gets when it asks for `wanted`. */
  threadsFor(wanted: number | undefined): number {
    const most = this.#host?.processors ?? 1;
    return Math.max(1, Math.min(wanted ?? most, 64));
  }

  /** Lets `work` have the threads and all scratch areas for itself. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work, work);
    // The promise that is kept must not keep a volume.
    this.#turn = turn.then(done, done);
    return turn;
  }

  /** Control words for the next task, set to zero, in shared memory where threads are to see them. */
  #freshControl(): ArrayBufferLike {
    const bytes = controlWords * 4;
    this.#control ??= canShare ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
    new Int32Array(this.#control).fill(0);
    return this.#control;
  }

  /** Works off parts, in any order and side by side. @throws MedImagesError `Aborted`, `InternalError` */
  async run(parts: readonly Part[], { threads, signal, onProgress }: TaskOptions): Promise<void> {
    const task: Task = { parts, control: this.#freshControl() };
    const jobs = parts.reduce((sum, part) => sum + part.jobs, 0);
    const words = new Int32Array(task.control);
    const stop = (): void => {
      Atomics.store(words, 1, 1);
    };
    if (signal?.aborted) fail({ kind: "Aborted" });
    signal?.addEventListener("abort", stop);
    const report = onProgress && setInterval(() => onProgress(Atomics.load(words, 2) / jobs), pollEvery);
    try {
      if (this.#host === undefined || threads < 2 || jobs < worthThreads) await workHere(task);
      else await this.#workThere(task, this.#host, Math.min(threads, jobs));
    } finally {
      clearInterval(report);
      signal?.removeEventListener("abort", stop);
    }
    if (signal?.aborted) fail({ kind: "Aborted" });
  }

  async #workThere(task: Task, host: ThreadHost, threads: number): Promise<void> {
    while (this.#workers.length < threads) this.#workers.push({ thread: this.#start(host), knows: new Set() });
    const working = this.#workers.slice(0, threads);
    for (const { thread } of working) thread.hold(true);
    try {
      await Promise.all(working.map((worker, k) => this.#send(worker, task, k)));
    } catch (reason) {
      // A thread that failed may still be in the kernel: none of them is trusted again.
      this.#stopAll();
      fail({ kind: "InternalError", phase: "wasm", reason: String(reason) });
    } finally {
      for (const { thread } of working) thread.hold(false);
    }
  }

  #send({ thread, knows }: Worker, task: Task, k: number): Promise<void> {
    const id = this.#next++;
    const introduced: [Handle, object][] = [];
    const handle = (object: object): Handle => {
      const number = this.#handles.of(object);
      if (!knows.has(number)) introduced.push([number, object]);
      knows.add(number);
      return number;
    };
    const parts = task.parts.map(
      ({ objects: { module, memory, output }, ...numbers }): PartMessage => ({
        ...numbers,
        handles: { module: handle(module), memory: handle(memory), output: output && handle(output) },
      }),
    );
    const control = handle(task.control);
    return new Promise<void>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      thread.post({ kind: "work", id, thread: k, parts, control, introduced });
    });
  }

  #start(host: ThreadHost): Thread {
    return host.start(
      ({ id, error }) => {
        const waiting = this.#waiting.get(id);
        this.#waiting.delete(id);
        if (error === undefined) waiting?.resolve();
        else waiting?.reject(error);
      },
      (reason) => {
        for (const { reject } of this.#waiting.values()) reject(reason);
        this.#waiting.clear();
        this.#stopAll();
      },
    );
  }

  #stopAll(): void {
    for (const { thread } of this.#workers.splice(0)) thread.stop();
    // One that does not stop at once must not take jobs of the next task.
    this.#control = undefined;
  }
}

const workHere = async (task: Task): Promise<void> => {
  let since = Date.now();
  while (workOff(task, ({ objects: { memory, module } }) => instanceOn(memory, module), 0, 1)) {
    if (Date.now() - since < slice) continue;
    await new Promise((resolve) => setTimeout(resolve, 0));
    since = Date.now();
  }
};
