/**
 * Worker threads, started when first needed and kept warm. They do not keep the process alive, and where
 * there are none the same jobs are worked off on this thread, in slices.
 */
import { fail } from "../../compiler/errors.ts";
import { controlWords, type PassTask, type RunKernel, workOff } from "./task.ts";

/** A thread of the platform. */
export interface Thread {
  post(message: unknown): void;
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

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (reason: string) => void;
}

export class Pool {
  readonly #host: ThreadHost | undefined;
  readonly #threads: Thread[] = [];
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;
  // Scratch areas belong to one pass at a time, so passes take turns.
  #turn: Promise<unknown> = Promise.resolve();

  constructor(host: ThreadHost | undefined) {
    this.#host = host;
  }

  /** Threads that a run gets when it asks for `wanted`. */
  threadsFor(wanted: number | undefined): number {
    const most = this.#host?.processors ?? 1;
    return Math.max(1, Math.min(wanted ?? most, 64));
  }

  /** Lets `work` have the threads and all scratch areas for itself. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work, work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Works off a task. @throws MedImagesError `Aborted`, `InternalError` */
  async run(task: PassTask, { threads, signal, onProgress }: TaskOptions): Promise<void> {
    const words = new Int32Array(task.control);
    const stop = (): void => {
      Atomics.store(words, 1, 1);
    };
    if (signal?.aborted) fail({ kind: "Aborted" });
    signal?.addEventListener("abort", stop);
    const report = onProgress && setInterval(() => onProgress(Atomics.load(words, 2) / task.jobs), pollEvery);
    try {
      if (this.#host === undefined || threads < 2 || task.jobs < worthThreads) await workHere(task);
      else await this.#workThere(task, this.#host, Math.min(threads, task.jobs));
    } finally {
      clearInterval(report);
      signal?.removeEventListener("abort", stop);
    }
    if (signal?.aborted) fail({ kind: "Aborted" });
  }

  async #workThere(task: PassTask, host: ThreadHost, threads: number): Promise<void> {
    while (this.#threads.length < threads) this.#threads.push(this.#start(host));
    const working = this.#threads.slice(0, threads);
    for (const thread of working) thread.hold(true);
    try {
      await Promise.all(working.map((thread, k) => this.#send(thread, task, k)));
    } catch (reason) {
      // A thread that failed may still be in the kernel: none of them is trusted again.
      this.#stopAll();
      fail({ kind: "InternalError", phase: "wasm", reason: String(reason) });
    } finally {
      for (const thread of working) thread.hold(false);
    }
  }

  #send(thread: Thread, task: PassTask, k: number): Promise<void> {
    const id = this.#next++;
    return new Promise<void>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      thread.post({ id, task, thread: k });
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
    for (const thread of this.#threads.splice(0)) thread.stop();
  }
}

/** The control words of a task, in shared memory where threads are to see them. */
export const makeControl = (shared: boolean): ArrayBufferLike =>
  shared ? new SharedArrayBuffer(controlWords * 4) : new ArrayBuffer(controlWords * 4);

const workHere = async (task: PassTask): Promise<void> => {
  const instance = new WebAssembly.Instance(task.module, { env: { memory: task.memory } });
  const run = instance.exports.run as RunKernel;
  let since = Date.now();
  while (workOff(task, run, 0, 1)) {
    if (Date.now() - since < slice) continue;
    await new Promise((resolve) => setTimeout(resolve, 0));
    since = Date.now();
  }
};
