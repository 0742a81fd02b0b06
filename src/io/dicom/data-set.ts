/**
 * A data set as typed values. What dicom-parser finds are places in the bytes; here they become text,
 * numbers and nested data sets, by keyword. An absent or empty element is `undefined`; a number that cannot
 * be read is NaN, so that whoever asks for it decides whether that matters.
 */
import type { DataSet as ParsedDataSet, Element as ParsedElement } from "dicom-parser";
import { type Keyword, knownVr, type Tag, tagOf } from "./tags.ts";
import { type DecodeText, textDecoder } from "./text.ts";

/** What is needed of a data set as dicom-parser gives it. */
export type ParsedElements = Pick<ParsedDataSet, "byteArray" | "elements">;

/** How the values of an element lie in its bytes. */
type Kind = "text" | "uint16" | "int16" | "uint32" | "int32" | "float32" | "float64" | "uint64" | "int64" | "bytes";

const kinds: Readonly<Record<string, Kind>> = {
  US: "uint16",
  SS: "int16",
  UL: "uint32",
  SL: "int32",
  FL: "float32",
  FD: "float64",
  OF: "float32",
  OD: "float64",
  OL: "uint32",
  OV: "uint64",
  UV: "uint64",
  SV: "int64",
  OB: "bytes",
  OW: "bytes",
  UN: "bytes",
  SQ: "bytes",
  AT: "uint16",
};
const kindOf = (vr: string): Kind => kinds[vr] ?? "text";
const widths: Readonly<Record<Exclude<Kind, "text" | "bytes">, number>> = {
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  float32: 4,
  float64: 8,
  uint64: 8,
  int64: 8,
};

/** A decimal or integer string, strictly. */
export const readDecimal = (text: string): number =>
  /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text.trim()) ? Number(text) : Number.NaN;

const nothing = new Uint8Array(0);

export interface RawElement {
  readonly tag: Tag;
  /** As the file says it, or as the table knows it; `UN` when neither does. */
  readonly vr: string;
  readonly bytes: Uint8Array;
  readonly items: readonly DataSet[] | undefined;
}

export class DataSet {
  readonly #parsed: ParsedElements;
  readonly littleEndian: boolean;
  readonly #decode: DecodeText;
  readonly unknownCharacterSets: readonly string[];

  constructor(parsed: ParsedElements, littleEndian: boolean, outer?: DataSet) {
    this.#parsed = parsed;
    this.littleEndian = littleEndian;
    this.#decode = outer === undefined ? (bytes) => String.fromCharCode(...bytes.subarray(0, 1024)) : outer.#decode;
    this.unknownCharacterSets = [];
    const sets = this.texts("SpecificCharacterSet");
    if (sets.length > 0 || outer === undefined) {
      const { decode, unknown } = textDecoder(sets);
      this.#decode = decode;
      this.unknownCharacterSets = unknown;
    }
  }

  /** The tags of all elements, ascending. */
  tags(): readonly Tag[] {
    return (Object.keys(this.#parsed.elements) as Tag[]).sort();
  }

  #element(tag: Tag): ParsedElement | undefined {
    return this.#parsed.elements[tag];
  }

  has(keyword: Keyword): boolean {
    return this.#element(tagOf(keyword)) !== undefined;
  }

  #bytesOf(element: ParsedElement): Uint8Array {
    return this.#parsed.byteArray.subarray(element.dataOffset, element.dataOffset + element.length);
  }

  #vrOf(element: ParsedElement): string {
    const said = element.vr;
    return said === undefined || said === "UN" || !/^[A-Z]{2}$/.test(said)
      ? (knownVr(element.tag) ?? (element.items === undefined ? "UN" : "SQ"))
      : said;
  }

  /** The bytes of an element, with its VR and the data sets in it. */
  raw(tag: Tag, vrOf: (tag: Tag) => string | undefined = () => undefined): RawElement | undefined {
    const element = this.#element(tag);
    if (element === undefined) return undefined;
    const known = this.#vrOf(element);
    const vr = known === "UN" ? (vrOf(tag) ?? known) : known;
    return { tag, vr, bytes: this.#bytesOf(element), items: this.#itemsOf(element) };
  }

  bytes(keyword: Keyword): Uint8Array {
    const element = this.#element(tagOf(keyword));
    return element === undefined ? nothing : this.#bytesOf(element);
  }

  #itemsOf(element: ParsedElement): readonly DataSet[] | undefined {
    return element.items?.flatMap(({ dataSet }) =>
      dataSet === undefined ? [] : [new DataSet(dataSet, this.littleEndian, this)],
    );
  }

  /** The data sets of a sequence; none when it is absent. */
  items(keyword: Keyword): readonly DataSet[] {
    const element = this.#element(tagOf(keyword));
    return (element && this.#itemsOf(element)) ?? [];
  }

  /** The first data set of a sequence. */
  item(keyword: Keyword): DataSet | undefined {
    return this.items(keyword)[0];
  }

  /** Text in the character set of the data set, without the padding at its end. */
  decodeText(bytes: Uint8Array): string {
    return this.#decode(bytes).replace(/[\0 ]+$/, "");
  }

  /** The values of a text element; none when it is absent or empty. */
  texts(keyword: Keyword): readonly string[] {
    const element = this.#element(tagOf(keyword));
    if (element === undefined || element.length === 0) return [];
    const text = this.decodeText(this.#bytesOf(element));
    return text.trim() === "" ? [] : text.split("\\").map((part) => part.trim());
  }

  text(keyword: Keyword): string | undefined {
    const [first] = this.texts(keyword);
    return first === "" ? undefined : first;
  }

  /** All values of an element as numbers; text that is none is NaN, an empty value too. */
  numbers(keyword: Keyword): readonly number[] {
    const element = this.#element(tagOf(keyword));
    if (element === undefined || element.length === 0) return [];
    return numbersOf(this.#vrOf(element), this.#bytesOf(element), this.littleEndian, () =>
      this.texts(keyword).map(readDecimal),
    );
  }

  /** The first value as a number; NaN when it is there and is none. */
  number(keyword: Keyword): number | undefined {
    return this.numbers(keyword)[0];
  }

  /** The tags that an element of VR AT points at. */
  attributeTags(keyword: Keyword): readonly Tag[] {
    const words = this.numbers(keyword);
    const hex = (word: number | undefined): string => (word ?? 0).toString(16).padStart(4, "0");
    return Array.from(
      { length: Math.floor(words.length / 2) },
      (_, k): Tag => `x${hex(words[2 * k])}${hex(words[2 * k + 1])}`,
    );
  }
}

const readNumber = (
  kind: Exclude<Kind, "text" | "bytes">,
  view: DataView,
  at: number,
  littleEndian: boolean,
): number => {
  switch (kind) {
    case "uint16":
      return view.getUint16(at, littleEndian);
    case "int16":
      return view.getInt16(at, littleEndian);
    case "uint32":
      return view.getUint32(at, littleEndian);
    case "int32":
      return view.getInt32(at, littleEndian);
    case "float32":
      return view.getFloat32(at, littleEndian);
    case "float64":
      return view.getFloat64(at, littleEndian);
    case "uint64":
      return Number(view.getBigUint64(at, littleEndian));
    case "int64":
      return Number(view.getBigInt64(at, littleEndian));
  }
};

/** The numbers in the bytes of an element; 64-bit integers as the nearest float64. */
export const numbersOf = (
  vr: string,
  bytes: Uint8Array,
  littleEndian: boolean,
  fromText: () => readonly number[],
): readonly number[] => {
  const kind = kindOf(vr);
  if (kind === "text") return fromText();
  if (kind === "bytes") return [];
  const width = widths[kind];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const numbers: number[] = [];
  for (let at = 0; at + width <= bytes.length; at += width) numbers.push(readNumber(kind, view, at, littleEndian));
  return numbers;
};
