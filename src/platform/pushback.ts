/**
 * Pieces of bytes of which some can be looked at, or handed back, before they are used: a decompressor
 * learns only afterwards how many of the bytes it was given belong to it.
 */

export interface Pushback {
  /** The next piece; nothing at the end. */
  readonly next: () => Promise<Uint8Array | undefined>;
  /** Makes these bytes the next ones. */
  readonly putBack: (bytes: Uint8Array) => void;
  /** All bytes of the next piece, at least `length` unless the end comes first; they stay to be read. */
  readonly peek: (length: number) => Promise<Uint8Array>;
  readonly close: () => Promise<void>;
}

/** The two arrays as one; neither is copied when the other is empty. */
export const concatenate = (a: Uint8Array, b: Uint8Array): Uint8Array => {
  if (a.length === 0 || b.length === 0) return a.length === 0 ? b : a;
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
};

export const pushbackOf = (chunks: AsyncIterable<Uint8Array>): Pushback => {
  const iterator = chunks[Symbol.asyncIterator]();
  let held: Uint8Array = new Uint8Array(0);
  const pull = async (): Promise<Uint8Array | undefined> => {
    const step = await iterator.next();
    return step.done ? undefined : step.value;
  };
  return {
    next: async () => {
      if (held.length === 0) return pull();
      const piece = held;
      held = new Uint8Array(0);
      return piece;
    },
    putBack: (bytes) => {
      held = concatenate(bytes, held);
    },
    peek: async (length) => {
      while (held.length < length) {
        const more = await pull();
        if (more === undefined) break;
        held = concatenate(held, more);
      }
      return held;
    },
    close: async () => {
      await iterator.return?.();
    },
  };
};
