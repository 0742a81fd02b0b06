/**
 * The memory and the stack of a WebAssembly module, put back after each use to what they were when it was loaded: what
 * a damaged file did to them, told or not, is gone before the next file comes. A module written in C has no other
 * state, but for what its files are; a copy of its memory takes milliseconds.
 *
 * Libraries keep these for themselves, so that they are looked for where a library makes its instance.
 */

interface Parts {
  readonly memory: WebAssembly.Memory;
  readonly stackPointer: WebAssembly.Global;
}

const partsOf = ({ memory, __stack_pointer: stackPointer }: WebAssembly.Exports): Parts | undefined =>
  memory instanceof WebAssembly.Memory && stackPointer instanceof WebAssembly.Global
    ? { memory, stackPointer }
    : undefined;

export interface Machine {
  /** Whether all that was left open is forgotten after each run. */
  readonly forgets: boolean;
  /** Does what has to be done in one go, during which the memory grows to no more than `limit` bytes. */
  run<A>(limit: number, use: () => A): A;
}

const pageBytes = 2 ** 16;

const machineOf = ({ memory, stackPointer }: Parts): Machine => {
  const all = new Uint8Array(memory.buffer);
  // What was not written yet may hold anything.
  const saved = all.slice(0, all.findLastIndex((byte) => byte !== 0) + 1);
  const stack: unknown = stackPointer.value;
  const grow = memory.grow.bind(memory);
  let most = Number.POSITIVE_INFINITY;
  memory.grow = (pages) => {
    if (memory.buffer.byteLength + pages * pageBytes > most) throw new RangeError("the library asks for too much");
    return grow(pages);
  };
  return {
    forgets: true,
    run: (limit, use) => {
      most = limit;
      try {
        return use();
      } finally {
        most = Number.POSITIVE_INFINITY;
        new Uint8Array(memory.buffer, 0, saved.length).set(saved);
        stackPointer.value = stack;
      }
    },
  };
};

/** Of an instance that others use as well, or that was made before: its memory is left as it is, but bounded. */
export const sharedMachine: Machine = {
  forgets: false,
  run: (limit, use) => {
    const { prototype } = WebAssembly.Memory;
    const { grow } = prototype;
    prototype.grow = function (pages) {
      if (this.buffer.byteLength + pages * pageBytes > limit) throw new RangeError("the library asks for too much");
      return grow.call(this, pages);
    };
    try {
      return use();
    } finally {
      prototype.grow = grow;
    }
  },
};

/**
 * Loads a library that makes an instance of its own meanwhile.
 * @param memoryOf the memory of the library, by which its instance is known among others made at the same time
 */
export const withMachine = async <A>(
  load: () => Promise<A>,
  memoryOf: (library: A) => ArrayBufferLike,
): Promise<{ readonly library: A; readonly machine: Machine }> => {
  const { instantiate } = WebAssembly;
  const made: WebAssembly.Exports[] = [];
  const watching = async (...given: Parameters<typeof instantiate>): Promise<unknown> => {
    const one: Partial<WebAssembly.WebAssemblyInstantiatedSource> & Partial<WebAssembly.Instance> = await instantiate(
      ...given,
    );
    made.push(one.instance?.exports ?? one.exports ?? {});
    return one;
  };
  Object.assign(WebAssembly, { instantiate: watching });
  try {
    const library = await load();
    const memory = memoryOf(library);
    const own = made.map(partsOf).find((parts) => parts?.memory.buffer === memory);
    return { library, machine: own === undefined ? sharedMachine : machineOf(own) };
  } finally {
    Object.assign(WebAssembly, { instantiate });
  }
};
