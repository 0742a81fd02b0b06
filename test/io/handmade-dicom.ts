/** DICOM files put together byte by byte, without any of the library's own code. */
import { deflateRawSync } from "node:zlib";

export type Value = string | number | readonly number[] | Uint8Array | readonly DicomElement[][];
/** Tag as gggg,eeee, VR, and the value: text, numbers of the VR's kind, bytes, or items of a sequence. */
export type DicomElement = readonly [tag: string, vr: string, value: Value];

const long = new Set(["OB", "OW", "OF", "OD", "SQ", "UN", "UT"]);
const widths: Readonly<Record<string, number>> = { US: 2, SS: 2, UL: 4, FL: 4, FD: 8 };

const bytesOfValue = (vr: string, value: Value, options: Writing): Uint8Array => {
  if (value instanceof Uint8Array) return value;
  if (vr === "SQ") {
    const items = (value as readonly DicomElement[][]).map((item) => {
      const content = dataSet(item, options);
      return Buffer.concat([tagBytes("fffe,e000", options), lengthBytes(content.length, 4, options), content]);
    });
    return Buffer.concat(items);
  }
  const width = widths[vr];
  if (width === undefined) {
    const text =
      typeof value === "string" ? value : (typeof value === "number" ? [value] : (value as number[])).join("\\");
    const bytes = Buffer.from(text, "latin1");
    return bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.from(vr === "UI" ? "\0" : " ")]);
  }
  const numbers = typeof value === "number" ? [value] : (value as readonly number[]);
  const view = new DataView(new ArrayBuffer(numbers.length * width));
  const le = options.littleEndian;
  numbers.forEach((n, k) => {
    if (vr === "US") view.setUint16(2 * k, n, le);
    else if (vr === "SS") view.setInt16(2 * k, n, le);
    else if (vr === "UL") view.setUint32(4 * k, n, le);
    else if (vr === "FL") view.setFloat32(4 * k, n, le);
    else view.setFloat64(8 * k, n, le);
  });
  return new Uint8Array(view.buffer);
};

interface Writing {
  readonly explicit: boolean;
  readonly littleEndian: boolean;
}

const tagBytes = (tag: string, { littleEndian }: Writing): Uint8Array => {
  const view = new DataView(new ArrayBuffer(4));
  const [group, element] = tag.split(",").map((part) => Number.parseInt(part, 16));
  view.setUint16(0, group!, littleEndian);
  view.setUint16(2, element!, littleEndian);
  return new Uint8Array(view.buffer);
};
const lengthBytes = (length: number, width: 2 | 4, { littleEndian }: Writing): Uint8Array => {
  const view = new DataView(new ArrayBuffer(width));
  if (width === 2) view.setUint16(0, length, littleEndian);
  else view.setUint32(0, length, littleEndian);
  return new Uint8Array(view.buffer);
};

export const dataSet = (elements: readonly DicomElement[], options: Writing): Uint8Array =>
  Buffer.concat(
    [...elements]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([tag, vr, value]) => {
        const bytes = bytesOfValue(vr, value, options);
        const head = [tagBytes(tag, options)];
        if (!options.explicit) head.push(lengthBytes(bytes.length, 4, options));
        else if (long.has(vr)) head.push(Buffer.from(`${vr}\0\0`), lengthBytes(bytes.length, 4, options));
        else head.push(Buffer.from(vr), lengthBytes(bytes.length, 2, options));
        return [...head, bytes];
      }),
  );

const syntaxes = {
  implicit: ["1.2.840.10008.1.2", false, true],
  explicit: ["1.2.840.10008.1.2.1", true, true],
  big: ["1.2.840.10008.1.2.2", true, false],
  deflated: ["1.2.840.10008.1.2.1.99", true, true],
  rle: ["1.2.840.10008.1.2.5", true, true],
  "deflated frames": ["1.2.840.10008.1.2.8.1", true, true],
  "encapsulated uncompressed": ["1.2.840.10008.1.2.1.98", true, true],
  GE: ["1.2.840.113619.5.2", false, true],
  "HTJ2K lossless": ["1.2.840.10008.1.2.4.201", true, true],
  "HTJ2K lossless RPCL": ["1.2.840.10008.1.2.4.202", true, true],
  HTJ2K: ["1.2.840.10008.1.2.4.203", true, true],
} as const;
export type SyntaxName = keyof typeof syntaxes;

/** Frames as items behind a table of offsets, empty unless said. */
export const encapsulated = (frames: readonly Uint8Array[], offsets: readonly number[] = []): Uint8Array => {
  const le = { explicit: true, littleEndian: true };
  const item = (bytes: Uint8Array): Uint8Array =>
    Buffer.concat([tagBytes("fffe,e000", le), lengthBytes(bytes.length, 4, le), bytes]);
  const table = new Uint8Array(Uint32Array.from(offsets).buffer);
  return Buffer.concat([
    item(table),
    ...frames.map((frame) => item(frame.length % 2 === 0 ? frame : Buffer.concat([frame, Buffer.alloc(1)]))),
    Buffer.from([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]),
  ]);
};

/** A file of these elements; pixels that are packed are an element of undefined length at the end. */
export const dicomFile = (syntax: SyntaxName, elements: readonly DicomElement[], packed?: Uint8Array): Uint8Array => {
  const [uid, explicit, littleEndian] = syntaxes[syntax];
  const le = { explicit: true, littleEndian: true };
  const rest = dataSet(
    [
      ["0002,0002", "UI", "1.2.840.10008.5.1.4.1.1.2"],
      ["0002,0003", "UI", "1.2.3.4"],
      ["0002,0010", "UI", uid],
    ],
    le,
  );
  const meta = Buffer.concat([dataSet([["0002,0000", "UL", rest.length]], le), rest]);
  const plain = dataSet(elements, { explicit, littleEndian });
  const body =
    packed === undefined
      ? plain
      : Buffer.concat([plain, Buffer.from([0xe0, 0x7f, 0x10, 0, 0x4f, 0x42, 0, 0, 255, 255, 255, 255]), packed]);
  return new Uint8Array(
    Buffer.concat([Buffer.alloc(128), Buffer.from("DICM"), meta, syntax === "deflated" ? deflateRawSync(body) : body]),
  );
};

/** A CT slice of `columns`×`rows` at height `z`; elements of the same tag are replaced by `more`. */
export const ctElements = (
  z: number,
  columns: number,
  rows: number,
  more: readonly DicomElement[] = [],
): readonly DicomElement[] => {
  const common: readonly DicomElement[] = [
    ["0008,0005", "CS", "ISO_IR 100"],
    ["0008,0008", "CS", "ORIGINAL\\PRIMARY\\AXIAL"],
    ["0008,0016", "UI", "1.2.840.10008.5.1.4.1.1.2"],
    ["0008,0018", "UI", `1.2.3.4.${Math.round(z * 100) + 1000}`],
    ["0008,0060", "CS", "CT"],
    ["0010,0010", "PN", "Doe^Jane"],
    ["0018,0050", "DS", "2.5"],
    ["0020,000d", "UI", "1.2.3"],
    ["0020,000e", "UI", "1.2.3.5"],
    ["0020,0013", "IS", Math.round(z)],
    ["0020,0032", "DS", `-10\\-20\\${z}`],
    ["0020,0037", "DS", "1\\0\\0\\0\\1\\0"],
    ["0028,0002", "US", 1],
    ["0028,0004", "CS", "MONOCHROME2"],
    ["0028,0010", "US", rows],
    ["0028,0011", "US", columns],
    ["0028,0030", "DS", "0.7\\0.8"],
    ["0028,0100", "US", 16],
    ["0028,0101", "US", 12],
    ["0028,0102", "US", 11],
    ["0028,0103", "US", 0],
    ["0028,1052", "DS", "-1024"],
    ["0028,1053", "DS", "1"],
  ];
  const replaced = new Set(more.map(([tag]) => tag));
  return [...common.filter(([tag]) => !replaced.has(tag)), ...more];
};

/** The functional groups that all frames share: planes along x and y, 2 mm thick and apart, pixels of 1 mm. */
export const sharedGroups: DicomElement = [
  "5200,9229",
  "SQ",
  [
    [
      ["0020,9116", "SQ", [[["0020,0037", "DS", "1\\0\\0\\0\\1\\0"]]]],
      [
        "0028,9110",
        "SQ",
        [
          [
            ["0018,0050", "DS", "2"],
            ["0018,0088", "DS", "2"],
            ["0028,0030", "DS", "1\\1"],
          ],
        ],
      ],
    ],
  ],
];

/** What a frame says of itself: that it lies at the height `z`, mm, and more. */
export const frameGroup = (z: number, more: readonly DicomElement[]): DicomElement[] => [
  ["0020,9113", "SQ", [[["0020,0032", "DS", `0\\0\\${z}`]]]],
  ...more,
];

export interface SegmentFrame {
  readonly segment: number;
  readonly z: number;
  /** Stored numbers, rows of `columns`. */
  readonly pixels: ArrayLike<number>;
}

/** A segmentation of 8 bits: its frames, and the labels of its segments. */
export const segmentationFile = (
  columns: number,
  rows: number,
  frames: readonly SegmentFrame[],
  labels: readonly string[],
  more: readonly DicomElement[],
): Uint8Array =>
  dicomFile(
    "explicit",
    ctElements(0, columns, rows, [
      ["0008,0016", "UI", "1.2.840.10008.5.1.4.1.1.66.4"],
      ["0008,0060", "CS", "SEG"],
      ["0028,0008", "IS", frames.length],
      ["0028,0100", "US", 8],
      ["0028,0101", "US", 8],
      ["0028,0102", "US", 7],
      [
        "0062,0002",
        "SQ",
        labels.map((label, k): DicomElement[] => [
          ["0062,0004", "US", k + 1],
          ["0062,0005", "LO", label],
        ]),
      ],
      sharedGroups,
      [
        "5200,9230",
        "SQ",
        frames.map(({ segment, z }) => frameGroup(z, [["0062,000a", "SQ", [[["0062,000b", "US", segment]]]]])),
      ],
      ...more,
      ["7fe0,0010", "OB", Uint8Array.from(frames.flatMap(({ pixels }) => Array.from(pixels)))],
    ]),
  );
