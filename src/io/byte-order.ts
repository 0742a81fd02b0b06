/**
 * Reversing the bytes of voxels in place. Typed arrays are little endian on every machine that a
 * JavaScript engine runs on today, so big-endian files are swapped and written files are little endian.
 */

type Swap = (buffer: ArrayBufferLike, offset: number, bytes: number) => void;

const swap16: Swap = (buffer, offset, bytes) => {
  const words = new Uint16Array(buffer, offset, bytes / 2);
  for (let k = 0; k < words.length; k++) {
    const word = words[k] as number;
    words[k] = (word << 8) | (word >> 8);
  }
};

const swapped32 = (word: number): number =>
  (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);

const swap32: Swap = (buffer, offset, bytes) => {
  const words = new Uint32Array(buffer, offset, bytes / 4);
  for (let k = 0; k < words.length; k++) words[k] = swapped32(words[k] as number);
};

const swap64: Swap = (buffer, offset, bytes) => {
  const words = new Uint32Array(buffer, offset, bytes / 4);
  for (let k = 0; k < words.length; k += 2) {
    const low = words[k] as number;
    words[k] = swapped32(words[k + 1] as number);
    words[k + 1] = swapped32(low);
  }
};

const swaps: ReadonlyMap<number, Swap> = new Map([
  [2, swap16],
  [4, swap32],
  [8, swap64],
]);

/** Reverses the bytes of each element of `width` bytes; `offset` and `bytes` are multiples of it. */
export const swapBytes = (width: number, buffer: ArrayBufferLike, offset: number, bytes: number): void => {
  swaps.get(width)?.(buffer, offset, bytes);
};
