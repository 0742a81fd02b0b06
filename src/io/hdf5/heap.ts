/**
 * Texts of variable length lie in global heaps of an HDF5 file, one object after the other. The library steps from
 * object to object by the lengths that the file states, in 32 bits: an object of length 0, or one whose length wraps
 * round, makes it step in place for ever. So these lengths are held against their heap before the library sees them.
 *
 * The layout is that of the HDF5 file format specification, III.E, with lengths of eight bytes.
 */

const signature: readonly number[] = [0x47, 0x43, 0x4f, 0x4c];
const version = 1;
const headLength = 16;
const objectHead = 16;

/** Where a heap may begin, from `from` on; −1 when there is none. */
const next = (bytes: Uint8Array, from: number): number => {
  const [first = 0, ...others] = signature;
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1))
    if (others.every((byte, k) => bytes[at + 1 + k] === byte) && bytes[at + 4] === version) return at;
  return -1;
};

const isSound = (view: DataView, heap: number): boolean => {
  const length = (at: number): number => Number(view.getBigUint64(at, true));
  const end = heap + length(heap + 8);
  if (end > view.byteLength) return false;
  for (let at = heap + headLength; at + objectHead <= end; ) {
    const free = view.getUint16(at, true) === 0;
    const stated = length(at + 8);
    // Free room counts its own head; an object does not, and is filled up to a multiple of eight.
    const step = free ? stated : objectHead + Math.ceil(stated / 8) * 8;
    if (step < objectHead || at + step > end) return false;
    at += step;
  }
  return true;
};

/** Where the lengths of lengths stand in the superblock, by its version. */
const lengthSizeAt = (bytes: Uint8Array): number => ((bytes[8] ?? 0) < 2 ? 14 : 10);

/** What is wrong with the global heaps of a file, in words; nothing when the library can be trusted with them. */
export const heapProblem = (bytes: Uint8Array): string | undefined => {
  const size = bytes[lengthSizeAt(bytes)];
  if (size !== 8) return `its lengths have ${size} bytes, where 8 are known here`;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = next(bytes, 0); at >= 0; at = next(bytes, at + 1)) {
    // Voxels may happen to spell the signature; what is reserved is zero in a heap.
    const reserved =
      at + headLength <= bytes.length && bytes[at + 5] === 0 && bytes[at + 6] === 0 && bytes[at + 7] === 0;
    if (reserved && !isSound(view, at)) return `its global heap at byte ${at} has objects that do not fit into it`;
  }
  return undefined;
};
