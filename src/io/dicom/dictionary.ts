/**
 * The names and representations of all standard elements (PS3.6), from dcmjs, loaded when metadata are asked for.
 */

import { loadPackage } from "./packages.ts";
import { keywordOf, knownVr, type Tag } from "./tags.ts";

export interface DictionaryEntry {
  readonly keyword: string;
  readonly vr: string;
  /** Whether there may be several values. */
  readonly several: boolean;
}

export type Dictionary = (tag: Tag) => DictionaryEntry | undefined;

interface DcmjsEntry {
  readonly name: string;
  readonly vr: string;
  readonly vm: string;
}
type Table = Readonly<Record<string, DcmjsEntry | undefined>>;
/** What is used of dcmjs, which has no types of its own. */
export interface Dcmjs {
  readonly DicomMetaDictionary: {
    denaturalizeDataset(dataset: object): Record<string, unknown>;
  };
  readonly DicomDict: new (meta: object) => { dict: Record<string, unknown>; write(options?: object): ArrayBuffer };
}

export const loadDcmjs = async (): Promise<Dcmjs> => {
  const module = (await loadPackage("dcmjs")) as { readonly default: { readonly data: Dcmjs } };
  return module.default.data;
};

/** The table alone, which takes half the time of all of dcmjs. */
const loadTable = async (): Promise<Table> =>
  ((await loadPackage("dcmjs/dictionary")) as { readonly dictionary: Table }).dictionary;

let loaded: Promise<Dictionary> | undefined;

/** dcmjs writes tags as (GGGG,EEEE). */
const punctuated = (tag: Tag): string => `(${tag.slice(1, 5).toUpperCase()},${tag.slice(5).toUpperCase()})`;

export const loadDictionary = (): Promise<Dictionary> => {
  loaded ??= loadTable().then(
    (dictionary): Dictionary =>
      (tag) => {
        const entry = dictionary[punctuated(tag)];
        // Entries with two representations begin with the one for unsigned numbers.
        return entry && { keyword: entry.name, vr: entry.vr.slice(0, 2).toUpperCase(), several: entry.vm !== "1" };
      },
    // Without dcmjs, in a page, the elements that reading needs have their names, others their tags.
    (): Dictionary => (tag) => {
      const [keyword, vr] = [keywordOf(tag), knownVr(tag)];
      return keyword === undefined || vr === undefined ? undefined : { keyword, vr, several: false };
    },
  );
  return loaded;
};
