/**
 * From the first bytes of a file to its data set, up to the pixels. dicom-parser reads the elements; this
 * decides how they are written, whatever the file says about it: preamble and file meta information may be
 * missing, and transfer syntaxes lie. dicom-parser throws text and objects on damaged files and goes on
 * behind their end; here that becomes `MalformedFile` with a place.
 */
import type * as DicomParser from "dicom-parser";
import { fail, MedImagesError } from "../../../compiler/errors.ts";
import type { Warning } from "../../image.ts";
import { DataSet, type ParsedElements } from "./data-set.ts";
import { malformed } from "./malformed.ts";
import { loadPackage } from "./packages.ts";
import { hasPrefix, latin1, looksLikeDicom, prefixAt } from "./recognize.ts";
import {
  explicitLittleEndian,
  implicitLittleEndian,
  type TransferSyntax,
  transferSyntaxes,
  transferSyntaxOf,
} from "./syntax.ts";
import { showTag } from "./tags.ts";

/** Where the pixels lie in the bytes of the file, or in those of its inflated data set. */
export interface PixelElement {
  readonly kind: "integer" | "float32" | "float64";
  readonly vr: string;
  readonly offset: number;
  /** Nothing when it is not said, as with encapsulated frames. */
  readonly length: number | undefined;
}

export interface ParsedFile {
  readonly syntax: TransferSyntax;
  readonly data: DataSet;
  readonly meta: DataSet;
  readonly pixels: PixelElement | undefined;
  /** The bytes that `pixels` points into, when they are not those of the file itself. */
  readonly inflated: Uint8Array | undefined;
  readonly warnings: readonly Warning[];
}

type Parser = typeof DicomParser;
let loaded: Promise<Parser> | undefined;
/** dicom-parser is CommonJS: what it exports stands under `default` or on the module itself. */
const loadParser = (): Promise<Parser> => {
  loaded ??= loadPackage("dicom-parser").then((module) => {
    const { default: inner } = module as { readonly default?: Parser };
    return inner ?? (module as Parser);
  });
  return loaded;
};

const pixelKinds: Readonly<Record<string, PixelElement["kind"]>> = {
  x7fe00008: "float32",
  x7fe00009: "float64",
  x7fe00010: "integer",
};
const pixelNumbers: ReadonlySet<number> = new Set(
  Object.keys(pixelKinds).map((tag) => Number.parseInt(tag.slice(1), 16)),
);

const vrs = new Set(
  "AE AS AT CS DA DS DT FD FL IS LO LT OB OD OF OL OV OW PN SH SL SQ SS ST SV TM UC UI UL UN UR US UT UV".split(" "),
);
/** Whether a VR stands where that of the element at `at` would. */
const hasVr = (bytes: Uint8Array, at: number): boolean => vrs.has(latin1(bytes, at + 4, at + 6));

/** Thrown when the part of a file that was read ends before its pixels do. */
export class NeedsMore extends Error {}

interface Reading {
  readonly name: string;
  /** Whether `bytes` is the file to its end. */
  readonly whole: boolean;
  /** Inflates a raw deflate stream, within the budget. */
  readonly inflate: (bytes: Uint8Array) => Promise<Uint8Array>;
}

const words = (thrown: unknown): string => {
  if (typeof thrown === "string") return thrown;
  if (thrown instanceof RangeError) return "its sequences are nested too deeply or run beyond its end";
  if (thrown instanceof Error) return thrown.message;
  return typeof thrown === "object" && thrown !== null && "exception" in thrown
    ? String(thrown.exception)
    : String(thrown);
};

interface ElementsRead {
  readonly parsed: ParsedElements;
  /** The element at which reading stopped, without its value. */
  readonly stopped: DicomParser.Element | undefined;
  readonly end: number;
  readonly warnings: readonly string[];
}

/** Reads elements from `start` until `stop` says so of the number of a tag, or the bytes end. */
const readElements = (
  parser: Parser,
  bytes: Uint8Array,
  start: number,
  syntax: Pick<TransferSyntax, "explicit" | "littleEndian">,
  reading: Reading,
  stop: (tag: number) => boolean,
): ElementsRead => {
  const order = syntax.littleEndian ? parser.littleEndianByteArrayParser : parser.bigEndianByteArrayParser;
  const elements: Record<string, DicomParser.Element> = {};
  const parsed = { byteArray: bytes, elements };
  const warnings: string[] = [];
  let at = start;
  const damaged = (reason: string, cause?: unknown): never =>
    reading.whole
      ? malformed(reading.name, reason, at, cause)
      : (() => {
          throw new NeedsMore(reason);
        })();
  if (start >= bytes.length) damaged("ends where its elements should begin");
  const stream = new parser.ByteStream(order, bytes, start);
  stream.warnings = [];
  let stopped: DicomParser.Element | undefined;
  try {
    while (stream.position < bytes.length) {
      at = stream.position;
      // Some writers pad the data set with zeros to an even number of kilobytes.
      if (bytes.length - at < 8) {
        if (bytes.subarray(at).some((byte) => byte !== 0)) damaged(`ends within an element`);
        break;
      }
      const halts = stop(order.readUint16(bytes, at) * 2 ** 16 + order.readUint16(bytes, at + 2));
      const until = halts ? parser.readTag(stream) : undefined;
      if (halts) stream.seek(-4);
      const element = syntax.explicit
        ? parser.readDicomElementExplicit(stream, warnings, until)
        : parser.readDicomElementImplicit(stream, until);
      const { tag } = element;
      if (halts) {
        stopped = element;
        break;
      }
      if (stream.position > bytes.length)
        damaged(
          `is cut off: its element ${showTag(tag)} should have ${element.length} bytes, ${Math.max(0, bytes.length - element.dataOffset)} are there`,
        );
      if (elements[tag] === undefined) elements[tag] = element;
      else warnings.push(`its element ${showTag(tag)} stands there twice; the first was taken`);
    }
  } catch (thrown) {
    if (thrown instanceof MedImagesError || thrown instanceof NeedsMore) throw thrown;
    damaged(`its elements cannot be read: ${words(thrown)}`, thrown);
  }
  warnings.push(...stream.warnings);
  return { parsed, stopped, end: stopped === undefined ? stream.position : at, warnings };
};

/** Which of the syntaxes the first element after the meta information is written in. */
const settleSyntax = (
  bytes: Uint8Array,
  start: number,
  said: TransferSyntax,
  name: string,
  warn: (kind: string, message: string) => void,
): TransferSyntax => {
  if (bytes.length < start + 8) return said;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const group = view.getUint16(start, said.littleEndian);
  const swapped = view.getUint16(start, !said.littleEndian);
  // Groups of image data sets begin at 0008; read in the wrong order that is 0800.
  if (group > 0xff && swapped <= 0xff)
    fail({
      kind: "MalformedFile",
      path: name,
      reason: `says that it is written in ${said.name}, but its elements have the other byte order`,
      offset: start,
      remedy: "correct its TransferSyntaxUID (0002,0010)",
    });
  const explicit = hasVr(bytes, start);
  if (explicit === said.explicit) return said;
  if (said.packing !== "native" || !said.littleEndian)
    fail({
      kind: "MalformedFile",
      path: name,
      reason: `says that it is written in ${said.name}, but its elements have no VR`,
      offset: start,
      remedy: "correct its TransferSyntaxUID (0002,0010)",
    });
  warn(
    "transfer-syntax",
    `says ${said.name}, but is written with ${explicit ? "explicit" : "implicit"} VR; read as such`,
  );
  return { ...said, explicit };
};

/**
 * Parses the header of a file.
 * @throws MedImagesError `MalformedFile`, `UnsupportedFile` for a transfer syntax that is not known
 * @throws NeedsMore when the bytes are not the whole file and end too early
 */
export const parseFile = async (bytes: Uint8Array, reading: Reading): Promise<ParsedFile> => {
  const parser = await loadParser();
  const { name } = reading;
  const warnings: Warning[] = [];
  const warn = (kind: string, message: string): void => {
    warnings.push({ kind, message: `${name}: ${message}` });
  };
  const prefixed = hasPrefix(bytes);
  if (!looksLikeDicom(bytes)) malformed(name, "is no DICOM file: it begins as none does");
  const start = prefixed ? prefixAt + 4 : 0;
  const inMeta = bytes[start] === 2 && bytes[start + 1] === 0;
  const meta = readElements(parser, bytes, start, explicitLittleEndian, reading, (tag) => tag >> 16 !== 2);
  const metaData = new DataSet(meta.parsed, true);
  if (!prefixed) warn("preamble", inMeta ? "has no preamble" : "has neither preamble nor file meta information");
  // Without meta information nothing says the syntax; bare data sets are little endian.
  const uid = metaData.text("TransferSyntaxUID");
  const dataStart = inMeta ? meta.end : start;
  if (inMeta && uid === undefined) warn("transfer-syntax", "does not say its transfer syntax; it was found by looking");
  const guess = hasVr(bytes, dataStart) ? explicitLittleEndian : implicitLittleEndian;
  const said =
    uid === undefined
      ? guess
      : (transferSyntaxOf(uid) ??
        fail({
          kind: "UnsupportedFile",
          path: name,
          reason: `has the transfer syntax ${uid}, which is not known here`,
          remedy: `convert it to one of ${transferSyntaxes.length} that are, such as Explicit VR Little Endian`,
        }));
  if (said.deflated && !reading.whole) throw new NeedsMore("deflated");
  const inflated = said.deflated ? await reading.inflate(bytes.subarray(dataStart)) : undefined;
  const body = inflated ?? bytes;
  const bodyStart = inflated === undefined ? dataStart : 0;
  const syntax = settleSyntax(body, bodyStart, said, name, warn);
  const content = readElements(
    parser,
    body,
    bodyStart,
    syntax,
    inflated === undefined ? reading : { ...reading, whole: true },
    (tag) => pixelNumbers.has(tag),
  );
  if (content.stopped === undefined && !reading.whole) throw new NeedsMore("no pixels yet");
  for (const message of new Set(content.warnings)) warn("data-set", message);
  const data = new DataSet(content.parsed, syntax.littleEndian);
  for (const set of data.unknownCharacterSets) warn("character-set", `has text in ${set}, read as Latin-1`);
  const found = content.stopped;
  return {
    syntax,
    data,
    meta: metaData,
    pixels:
      found === undefined
        ? undefined
        : {
            kind: pixelKinds[found.tag] ?? "integer",
            vr: found.vr ?? "OW",
            offset: found.dataOffset,
            length: found.hadUndefinedLength ? undefined : found.length,
          },
    inflated,
    warnings,
  };
};
