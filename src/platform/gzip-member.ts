/**
 * The wrapping of gzip (RFC 1952) around a deflate stream: the header before each member and the eight
 * bytes after it. Parsed here, apart from any decompressor, because what a damaged wrapping means is a
 * decision of this library and not of zlib's.
 */

export const gzipMagic: readonly [number, number] = [0x1f, 0x8b];
export const trailerLength = 8;

export const startsGzip = (bytes: Uint8Array): boolean => bytes[0] === gzipMagic[0] && bytes[1] === gzipMagic[1];

export type MemberHeader =
  | { readonly kind: "member"; readonly length: number }
  /** More bytes are needed to tell. */
  | { readonly kind: "short" }
  | { readonly kind: "invalid"; readonly reason: string };

const flagHeaderChecksum = 2;
const flagExtra = 4;
const flagName = 8;
const flagComment = 16;
const reservedFlags = 0xe0;

/** The length of the member header that `bytes` start with. */
export const memberHeader = (bytes: Uint8Array): MemberHeader => {
  if (bytes.length < 10) return { kind: "short" };
  if (!startsGzip(bytes)) return { kind: "invalid", reason: "there is no gzip header" };
  const flags = bytes[3] as number;
  if (bytes[2] !== 8) return { kind: "invalid", reason: `its gzip compression method ${bytes[2]} is not deflate` };
  if ((flags & reservedFlags) !== 0) return { kind: "invalid", reason: "its gzip header sets reserved flags" };
  let length = 10;
  if ((flags & flagExtra) !== 0) {
    if (bytes.length < length + 2) return { kind: "short" };
    length += 2 + (bytes[length] as number) + 256 * (bytes[length + 1] as number);
  }
  for (const flag of [flagName, flagComment])
    if ((flags & flag) !== 0) {
      const end = bytes.indexOf(0, length);
      if (end < 0 || length > bytes.length) return { kind: "short" };
      length = end + 1;
    }
  if ((flags & flagHeaderChecksum) !== 0) length += 2;
  return length > bytes.length ? { kind: "short" } : { kind: "member", length };
};

export type TrailerVerdict =
  | { readonly kind: "sound" }
  | { readonly kind: "warning"; readonly reason: string }
  | { readonly kind: "corrupt"; readonly reason: string };

/**
 * What the trailer says about the inflated bytes. A checksum that fails while the length agrees is put
 * down to a damaged trailer and warned of: damage within a deflate stream shifts its codes against each
 * other and so changes the length as a rule. When checksum and length both fail, the data are damaged.
 */
export const judgeTrailer = (trailer: Uint8Array, checksum: number, inflated: number): TrailerVerdict => {
  if (trailer.length < trailerLength)
    return { kind: "warning", reason: "the gzip checksum at the end is missing, so the data could not be checked" };
  const view = new DataView(trailer.buffer, trailer.byteOffset, trailer.byteLength);
  const sameChecksum = view.getUint32(0, true) === checksum >>> 0;
  const sameLength = view.getUint32(4, true) === inflated % 2 ** 32;
  if (sameChecksum && sameLength) return { kind: "sound" };
  if (sameChecksum) return { kind: "warning", reason: "the length noted at the end of the gzip stream is wrong" };
  if (sameLength) return { kind: "warning", reason: "the gzip checksum is wrong, so the data may be damaged" };
  return { kind: "corrupt", reason: "its gzip data are damaged: neither checksum nor length agree" };
};

export const gzipHeader = (): Uint8Array<ArrayBuffer> => new Uint8Array([...gzipMagic, 8, 0, 0, 0, 0, 0, 4, 255]);

export const gzipTrailer = (checksum: number, length: number): Uint8Array<ArrayBuffer> => {
  const trailer = new Uint8Array(trailerLength);
  const view = new DataView(trailer.buffer);
  view.setUint32(0, checksum >>> 0, true);
  view.setUint32(4, length % 2 ** 32, true);
  return trailer;
};
