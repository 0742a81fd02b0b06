/**
 * Objects that worker threads know by number. A thread keeps what it was sent until it is told to forget it,
 * which happens when this thread's garbage collector finds that nobody refers to the object any more: a task
 * of a warm loop then sends numbers only, and a thread holds no volume longer than this one does.
 */
import type { Handle } from "./task.ts";

interface Forgotten {
  readonly handle: Handle;
  readonly bytes: number;
}

export class Handles {
  readonly #handles = new WeakMap<object, Handle>();
  readonly #registry: FinalizationRegistry<Forgotten>;
  #next = 1;
  #forgotten: Forgotten[] = [];

  /** `onForgotten` is told of objects that are gone. */
  constructor(onForgotten: (handles: readonly Handle[], bytes: number) => void) {
    const tell = (): void => {
      const gone = this.#forgotten;
      this.#forgotten = [];
      onForgotten(
        gone.map(({ handle }) => handle),
        gone.reduce((sum, { bytes }) => sum + bytes, 0),
      );
    };
    this.#registry = new FinalizationRegistry((forgotten) => {
      if (this.#forgotten.push(forgotten) === 1) queueMicrotask(tell);
    });
  }

  /** The number of an object, new or known. */
  of(object: object): Handle {
    const known = this.#handles.get(object);
    if (known !== undefined) return known;
    const handle = this.#next++;
    this.#handles.set(object, handle);
    this.#registry.register(object, { handle, bytes: bytesOf(object) });
    return handle;
  }
}

const bytesOf = (object: object): number => {
  if (object instanceof WebAssembly.Memory) return object.buffer.byteLength;
  return "byteLength" in object && typeof object.byteLength === "number" ? object.byteLength : 0;
};
