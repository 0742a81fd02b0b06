/**
 * A data set as metadata: values of their own types under standard keywords, sequences as lists of the same.
 * Private elements stand under their tags. Pixels, long binary values and what each frame says are left out.
 */
import type { Metadata, MetadataValue } from "../../image.ts";
import { type DataSet, numbersOf, type RawElement, readDecimal } from "./data-set.ts";
import type { Dictionary, DictionaryEntry } from "./dictionary.ts";
import { showTag, type Tag } from "./tags.ts";

const leftOut: ReadonlySet<string> = new Set([
  "x7fe00008",
  "x7fe00009",
  "x7fe00010",
  "x7fe00001",
  "x7fe00002",
  "x52009230",
]);

/** Longer binary values are data, not descriptions. */
const longest = 4096;

const binary: ReadonlySet<string> = new Set(["OB", "OW", "OF", "OD", "OL", "OV", "UN"]);
const numeric: ReadonlySet<string> = new Set(["US", "SS", "UL", "SL", "FL", "FD", "SV", "UV"]);
/** Text in which a backslash is a backslash. */
const unsplit: ReadonlySet<string> = new Set(["LT", "ST", "UT", "UR"]);

const tagsOf = (words: readonly number[]): readonly string[] => {
  const hex = (word: number | undefined): string => (word ?? 0).toString(16).padStart(4, "0");
  return Array.from({ length: Math.floor(words.length / 2) }, (_, k) =>
    showTag(`x${hex(words[2 * k])}${hex(words[2 * k + 1])}`),
  );
};

const readValue = (
  data: DataSet,
  { vr, bytes, items }: RawElement,
  entry: DictionaryEntry | undefined,
  dictionary: Dictionary,
  signed: boolean,
): MetadataValue | undefined => {
  if (vr === "SQ" || items !== undefined) return (items ?? []).map((item) => elementsOf(item, dictionary, signed));
  if (binary.has(vr)) return bytes.length > longest ? undefined : new Uint8Array(bytes);
  const list = (values: readonly (string | number)[]): MetadataValue => {
    const [only] = values;
    return values.length === 1 && only !== undefined && entry?.several !== true ? only : values;
  };
  if (numeric.has(vr)) return list(numbersOf(vr, bytes, data.littleEndian, () => []));
  if (vr === "AT") return list(tagsOf(numbersOf(vr, bytes, data.littleEndian, () => [])));
  const text = data.decodeText(bytes);
  if (unsplit.has(vr)) return text;
  const parts = text.trim() === "" ? [] : text.split("\\").map((part) => part.trim());
  if (vr === "DS" || vr === "IS") {
    const numbers = parts.map(readDecimal);
    // A number that is none stays as it was written.
    return list(numbers.every(Number.isFinite) ? numbers : parts);
  }
  return parts.length === 0 && entry?.several !== true ? "" : list(parts);
};

/** Names of the owners of private elements: odd groups, elements 0010 to 00FF. */
const isCreator = (tag: Tag): boolean => /^x...[13579bdf]00[1-9a-f][0-9a-f]$/.test(tag);

/**
 * The elements of a data set by keyword; private ones by tag, such as `(0029,1010)`. `outer`: whether pixels are
 * signed as the data set around this one says it.
 */
export const elementsOf = (data: DataSet, dictionary: Dictionary, outer = false): Metadata => {
  const elements: Record<string, MetadataValue> = {};
  const representation = data.number("PixelRepresentation");
  const signed = representation === undefined ? outer : representation === 1;
  const vrOf = (tag: Tag): string | undefined => {
    if (isCreator(tag)) return "LO";
    const vr = dictionary(tag)?.vr;
    return vr === "XS" ? (signed ? "SS" : "US") : vr;
  };
  for (const tag of data.tags()) {
    if (leftOut.has(tag) || tag.endsWith("0000") || tag.startsWith("xfffe")) continue;
    const entry = dictionary(tag);
    const raw = data.raw(tag, vrOf);
    const value = raw && readValue(data, raw, entry, dictionary, signed);
    if (value !== undefined) elements[entry?.keyword ?? showTag(tag)] = value;
  }
  return elements;
};
