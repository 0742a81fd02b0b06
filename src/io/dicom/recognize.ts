/** Whether bytes begin as DICOM: all of it that is needed before a file is opened. */

/** Bytes as the characters of these numbers. Handed over as a list: engines spread bytes one by one. */
export const charactersOf = (bytes: Uint8Array): string =>
  String.fromCharCode.apply(undefined, bytes as unknown as number[]);

export const latin1 = (bytes: Uint8Array, from: number, to: number): string => charactersOf(bytes.subarray(from, to));

export const prefixAt = 128;
export const hasPrefix = (head: Uint8Array): boolean => latin1(head, prefixAt, prefixAt + 4) === "DICM";

/** The SOP class of a DICOMDIR. */
export const directoryClass = "1.2.840.10008.1.3.10";
/** Whether these first bytes may be those of a DICOMDIR: its class stands in the file meta information. */
export const saysDirectory = (head: Uint8Array): boolean => latin1(head, 0, 512).includes(directoryClass);

/**
 * Whether a file that begins with these bytes is DICOM: it has the prefix, or begins as a file meta group (0002)
 * or a bare data set (0008) does, with a VR or with a short length.
 */
export const looksLikeDicom = (head: Uint8Array): boolean => {
  const [group, zero, , alsoZero, first = 0, second = 0] = head;
  if (hasPrefix(head)) return true;
  if (zero !== 0 || alsoZero !== 0 || head.length < 8) return false;
  if (first > 64 && second > 64) return (group === 2 || group === 8) && first < 91 && second < 91;
  return group === 8 && second < 2 && head[6] === 0 && head[7] === 0;
};
