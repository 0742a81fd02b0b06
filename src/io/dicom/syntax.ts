/**
 * Transfer syntaxes (PS3.5 annex A): how the data set of a file is written and what its pixels are packed with.
 */

/** What a frame of pixels is packed with; `native` is not packed at all, `none` is not for images. */
export type Packing =
  | "native"
  | "rle"
  | "jpeg"
  | "jpeg-lossless"
  | "jpeg-ls"
  | "jpeg-2000"
  | "htj2k"
  | "deflated-frame"
  | "encapsulated-native";

export interface TransferSyntax {
  readonly uid: string;
  readonly name: string;
  readonly explicit: boolean;
  readonly littleEndian: boolean;
  /** The whole data set after the file meta information is one raw deflate stream. */
  readonly deflated: boolean;
  readonly packing: Packing;
  readonly lossy: boolean;
}

const native = (uid: string, name: string, rest: Partial<TransferSyntax> = {}): TransferSyntax => ({
  uid,
  name,
  explicit: true,
  littleEndian: true,
  deflated: false,
  packing: "native",
  lossy: false,
  ...rest,
});
const packed = (uid: string, name: string, packing: Packing, lossy = false): TransferSyntax =>
  native(`1.2.840.10008.1.2.${uid}`, name, { packing, lossy });

export const implicitLittleEndian: TransferSyntax = native("1.2.840.10008.1.2", "Implicit VR Little Endian", {
  explicit: false,
});
export const explicitLittleEndian: TransferSyntax = native("1.2.840.10008.1.2.1", "Explicit VR Little Endian");

const all: readonly TransferSyntax[] = [
  implicitLittleEndian,
  explicitLittleEndian,
  native("1.2.840.10008.1.2.2", "Explicit VR Big Endian", { littleEndian: false }),
  native("1.2.840.10008.1.2.1.99", "Deflated Explicit VR Little Endian", { deflated: true }),
  native("1.2.840.113619.5.2", "Implicit VR Little Endian with big-endian pixels (GE)", { explicit: false }),
  packed("1.98", "Encapsulated Uncompressed", "encapsulated-native"),
  packed("5", "RLE Lossless", "rle"),
  packed("4.50", "JPEG Baseline (Process 1)", "jpeg", true),
  packed("4.51", "JPEG Extended (Process 2 and 4)", "jpeg", true),
  packed("4.53", "JPEG Spectral Selection (Process 6 and 8, retired)", "jpeg", true),
  packed("4.55", "JPEG Full Progression (Process 10 and 12, retired)", "jpeg", true),
  packed("4.57", "JPEG Lossless (Process 14)", "jpeg-lossless"),
  packed("4.70", "JPEG Lossless, First-Order Prediction", "jpeg-lossless"),
  packed("4.80", "JPEG-LS Lossless", "jpeg-ls"),
  packed("4.81", "JPEG-LS Near-Lossless", "jpeg-ls", true),
  packed("4.90", "JPEG 2000 Lossless", "jpeg-2000"),
  packed("4.91", "JPEG 2000", "jpeg-2000", true),
  packed("4.201", "High-Throughput JPEG 2000 Lossless", "htj2k"),
  packed("4.202", "High-Throughput JPEG 2000 with RPCL Options Lossless", "htj2k"),
  packed("4.203", "High-Throughput JPEG 2000", "htj2k", true),
  packed("8.1", "Deflated Image Frame Compression", "deflated-frame"),
];

/** GE's own syntax: everything implicit little endian but the pixels. */
export const bigEndianPixelsUid = "1.2.840.113619.5.2";

export const transferSyntaxes: readonly TransferSyntax[] = all;
const byUid: ReadonlyMap<string, TransferSyntax> = new Map(all.map((syntax) => [syntax.uid, syntax]));
export const transferSyntaxOf = (uid: string): TransferSyntax | undefined => byUid.get(uid);
