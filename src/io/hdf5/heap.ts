/**
 * Texts of variable length lie in global heaps of an HDF5 file, one object after the other. The library steps from
 * object to object by the lengths that the file states, in 32 bits: an object of length 0, or one whose length wraps
 * round, makes it step in place for ever. So these lengths are held against their heap before the library sees them:
 * whatever it reads is looked through for the beginning of a heap.
 *
 * The layout is that of the HDF5 file format specification, III.E, with lengths of eight bytes.
 */
import type { ByteSource } from "../../platform/platform.ts";

/** Bytes that can be read anywhere and at once. */
export type Bytes = Required<Pick<ByteSource, "size" | "readNow">>;

export const bytesAt = ({ size, readNow }: Bytes, offset: number, length: number): Uint8Array => {
  const target = new Uint8Array(Math.max(0, Math.min(length, size - offset)));
  return target.subarray(0, readNow(offset, target));
};

/** The signature, version 1, and three bytes that are reserved: voxels seldom spell all of it. */
const beginning: readonly number[] = [0x47, 0x43, 0x4f, 0x4c, 1, 0, 0, 0];
const headLength = 16;
const objectHead = 16;
/** Far more than any text: so much is looked through without waiting. */
const largestHeap = 2 ** 26;

/** Where heaps begin in these bytes. */
function* beginningsIn(bytes: Uint8Array): Generator<number, void> {
  const [first = 0, ...others] = beginning;
  for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1))
    if (others.every((byte, k) => bytes[at + 1 + k] === byte)) yield at;
}

const isSound = (file: Bytes, heap: number): boolean => {
  const head = bytesAt(file, heap, headLength);
  if (head.length < headLength) return false;
  const end = Number(new DataView(head.buffer).getBigUint64(8, true));
  if (end > largestHeap || heap + end > file.size) return false;
  const view = new DataView(bytesAt(file, heap, end).buffer);
  for (let at = headLength; at + objectHead <= view.byteLength; ) {
    const free = view.getUint16(at, true) === 0;
    const stated = Number(view.getBigUint64(at + 8, true));
    // Free room counts its own head; an object does not, and is filled up to a multiple of eight.
    const step = free ? stated : objectHead + Math.ceil(stated / 8) * 8;
    if (step < objectHead || at + step > view.byteLength) return false;
    at += step;
  }
  return true;
};

/** Where the length of lengths stands in the superblock, by its version. */
const lengthSizeAt = (bytes: Uint8Array): number => ((bytes[8] ?? 0) < 2 ? 14 : 10);

export interface HeapWatch {
  /** What is wrong with the heaps that were seen, in words; nothing when the library can be trusted with them. */
  problem(): string | undefined;
  /** Reads as the file does; nothing is given any more once there is a problem. */
  readNow(offset: number, target: Uint8Array): number;
}

/** Looks through what is read of a file. */
export const watchHeaps = (file: Bytes): HeapWatch => {
  const known = new Set<number>();
  const superblock = bytesAt(file, 0, headLength);
  const size = superblock[lengthSizeAt(superblock)];
  let problem = size === 8 ? undefined : `its lengths have ${size} bytes, where 8 are known here`;
  const around = beginning.length - 1;
  return {
    problem: () => problem,
    readNow: (offset, target) => {
      // A heap may begin before what is asked for, or end its beginning after it.
      const from = Math.max(0, offset - around);
      const seen = bytesAt(file, from, offset - from + target.length + around);
      for (const at of beginningsIn(seen)) {
        const heap = from + at;
        if (problem !== undefined || known.has(heap)) continue;
        if (isSound(file, heap)) known.add(heap);
        else problem = `its global heap at byte ${heap} has objects that do not fit into it`;
      }
      if (problem !== undefined) return 0;
      const wanted = seen.subarray(offset - from, offset - from + target.length);
      target.set(wanted);
      return wanted.length;
    },
  };
};
