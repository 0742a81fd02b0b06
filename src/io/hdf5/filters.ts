/**
 * Shuffle before gzip, for datasets that h5wasm makes: it can set one filter only. A dataset is made with gzip and
 * with parameters that mean nothing but take as many bytes as both filters need, and the description of its filters
 * is then put in their place: before it has any voxels, so that the library packs all of them so.
 *
 * The message is that of version 1 in the HDF5 file format specification, IV.A.2.l, as the oldest form of files has it.
 */

export const deflateLevel = 1;

/** Chosen at random: the parameters by which the message is found. The one after them is the width of an element. */
const marks: readonly number[] = [0x6d656469, 0x91c3a7f5, 0x3b0e5d28, 0xd84f6c13, 0x27b9e07a, 0xf1526e84];

/** The parameters to make a dataset with, whose elements have `width` bytes. */
export const placeholder = (width: number): number[] => [deflateLevel, ...marks, width];

const headLength = 8;
const entryLength = 24;
/** The marks of the one filter come behind its head, its name and its level. */
const marksAt = headLength + 16 + 4;

const message = (width: number): Uint8Array => {
  const bytes = new Uint8Array(headLength + 2 * entryLength);
  const view = new DataView(bytes.buffer);
  const filters = [
    { id: 2, name: "shuffle", parameter: width },
    { id: 1, name: "deflate", parameter: deflateLevel },
  ];
  bytes[0] = 1;
  bytes[1] = filters.length;
  for (const [k, { id, name, parameter }] of filters.entries()) {
    const at = headLength + k * entryLength;
    view.setUint16(at, id, true);
    view.setUint16(at + 2, name.length + 1, true);
    // It may be left out of a chunk, and has one parameter.
    view.setUint16(at + 4, 1, true);
    view.setUint16(at + 6, 1, true);
    bytes.set(new TextEncoder().encode(name), at + 8);
    view.setUint32(at + 16, parameter, true);
  }
  return bytes;
};

/**
 * Puts both filters in place of all placeholders in the bytes of a file. @returns how many there were; a dataset whose
 * placeholder stays is gzipped, with parameters that mean nothing
 */
export const shuffleBeforeGzip = (bytes: Uint8Array): number => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [first = 0] = marks;
  let found = 0;
  for (let at = bytes.indexOf(first & 255); at >= 0; at = bytes.indexOf(first & 255, at + 1)) {
    const start = at - marksAt;
    if (start < 0 || at + 4 * marks.length + 4 > bytes.length) continue;
    if (!marks.every((mark, k) => view.getUint32(at + 4 * k, true) === mark)) continue;
    // One filter, in the form that is known here.
    if (bytes[start] !== 1 || bytes[start + 1] !== 1) continue;
    bytes.set(message(view.getUint32(at + 4 * marks.length, true)), start);
    found++;
  }
  return found;
};
