/**
 * What codestreams say about themselves in their headers, read without decoding them: size, depth, and
 * whether they are complete.
 */
import type { FrameSize } from "./codec.ts";

export interface JpegHeader extends FrameSize {
  /** The number of the start-of-frame marker: 0 baseline, 1 extended, 2 progressive, 3 lossless, 55 JPEG-LS. */
  readonly process: number;
  readonly hasJfif: boolean;
  /** The transform of an Adobe marker; nothing when there is none. */
  readonly adobeTransform: number | undefined;
  /** The identifiers of the components. */
  readonly components: readonly number[];
}

const startsFrame = (marker: number): boolean =>
  (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) || marker === 0xf7;

/** The header of a JPEG or JPEG-LS codestream; nothing when there is none to be found. */
export const jpegHeader = (bytes: Uint8Array): JpegHeader | undefined => {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let hasJfif = false;
  let adobeTransform: number | undefined;
  let at = 2;
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) {
      at++;
      continue;
    }
    const length = view.getUint16(at + 2);
    if (length < 2 || marker === 0xda || marker === 0xd9) return undefined;
    if (marker === 0xe0 && bytes[at + 4] === 0x4a) hasJfif = true;
    if (marker === 0xee && length >= 14) adobeTransform = bytes[at + 15];
    if (startsFrame(marker)) {
      if (at + 10 > bytes.length) return undefined;
      const samples = bytes[at + 9] ?? 0;
      return {
        process: marker - 0xc0,
        precision: bytes[at + 4] ?? 0,
        rows: view.getUint16(at + 5),
        columns: view.getUint16(at + 7),
        samples,
        hasJfif,
        adobeTransform,
        components: Array.from({ length: samples }, (_, k) => bytes[at + 10 + 3 * k] ?? 0),
      };
    }
    at += 2 + length;
  }
  return undefined;
};

/** Where the codestream begins: JP2 files put it into a box. */
const codestreamStart = (bytes: Uint8Array): number => {
  if (bytes[0] === 0xff) return 0;
  for (let at = 0; at + 4 < Math.min(bytes.length, 4096); at++)
    if (bytes[at] === 0xff && bytes[at + 1] === 0x4f && bytes[at + 2] === 0xff && bytes[at + 3] === 0x51) return at;
  return -1;
};

/** The SIZ segment of a JPEG 2000 codestream (ISO 15444-1 A.5.1). */
export const jpeg2000Header = (bytes: Uint8Array): FrameSize | undefined => {
  const start = codestreamStart(bytes);
  if (start < 0 || start + 43 > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, bytes.byteLength - start);
  if (view.getUint32(0) !== 0xff4fff51) return undefined;
  const samples = view.getUint16(40);
  if (samples === 0 || 42 + 3 * samples > view.byteLength) return undefined;
  let precision = 0;
  for (let k = 0; k < samples; k++) {
    precision = Math.max(precision, (view.getUint8(42 + 3 * k) & 0x7f) + 1);
    // Components of their own resolution are not for DICOM's pixel cells.
    if (view.getUint8(43 + 3 * k) !== 1 || view.getUint8(44 + 3 * k) !== 1) return undefined;
  }
  return {
    columns: view.getUint32(8) - view.getUint32(16),
    rows: view.getUint32(12) - view.getUint32(20),
    samples,
    precision,
  };
};

/** Whether the last bytes but padding are an end marker, FF D9. */
export const hasEnd = (bytes: Uint8Array): boolean => {
  let end = bytes.length;
  while (end > 2 && end > bytes.length - 64 && !(bytes[end - 2] === 0xff && bytes[end - 1] === 0xd9)) end--;
  return bytes[end - 2] === 0xff && bytes[end - 1] === 0xd9;
};
