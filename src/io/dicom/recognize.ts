/** Whether bytes begin as DICOM: all of it that is needed before a file is opened. */

const latin1 = (bytes: Uint8Array, from: number, to: number): string =>
  String.fromCharCode(...bytes.subarray(from, to));

const vrs = new Set(
  "AE AS AT CS DA DS DT FD FL IS LO LT OB OD OF OL OV OW PN SH SL SQ SS ST SV TM UC UI UL UN UR US UT UV".split(" "),
);
/** Whether a VR stands where that of the element at `at` would. */
export const hasVr = (bytes: Uint8Array, at: number): boolean => vrs.has(latin1(bytes, at + 4, at + 6));

export const prefixAt = 128;
export const hasPrefix = (head: Uint8Array): boolean => latin1(head, prefixAt, prefixAt + 4) === "DICM";

/** Whether bytes begin as a file meta group or as the first elements of a bare data set do. */
const beginsBare = (head: Uint8Array): boolean => {
  if (head.length < 8 || head[1] !== 0 || head[3] !== 0) return false;
  const length = new DataView(head.buffer, head.byteOffset, head.byteLength).getUint32(4, true);
  if (head[0] === 2) return hasVr(head, 0);
  return head[0] === 8 && (hasVr(head, 0) || length <= 256);
};

/** Whether a file that begins with these bytes is DICOM. */
export const looksLikeDicom = (head: Uint8Array): boolean => hasPrefix(head) || beginsBare(head);
