/**
 * The names and representations of all standard elements (PS3.6), loaded when metadata are asked for; and dcmjs,
 * which writes them.
 */

import { loadPackage } from "./packages.ts";
import type { Tag } from "./tags.ts";

export interface DictionaryEntry {
  readonly keyword: string;
  /** `XS` is US, or SS where pixels are signed. */
  readonly vr: string;
  /** Whether there may be several values. */
  readonly several: boolean;
}

export type Dictionary = (tag: Tag) => DictionaryEntry | undefined;

/** What is used of dcmjs, which has no types of its own. */
export interface Dcmjs {
  readonly DicomMetaDictionary: {
    denaturalizeDataset(dataset: object): Record<string, unknown>;
  };
  readonly DicomDict: new (meta: object) => { dict: Record<string, unknown>; write(options?: object): ArrayBuffer };
}

export const loadDcmjs = async (): Promise<Dcmjs> => {
  const module = (await loadPackage("dcmjs")) as
    | { readonly data: Dcmjs }
    | { readonly default: { readonly data: Dcmjs } };
  return "default" in module ? module.default.data : module.data;
};

/** An element of the table after its number. */
const pattern = /([A-Z]{2})(\*?)(\S+)/y;

/** Looks elements up in the text of the table: a data set has few of them. */
const dictionaryFrom = (table: string): Dictionary => {
  const find = (tag: Tag): DictionaryEntry | undefined => {
    // Private elements.
    if (Number.parseInt(tag.slice(4, 5), 16) % 2 === 1) return undefined;
    const line = `\n${tag.slice(1, 5)} `;
    const start = table.indexOf(line);
    if (start < 0) return undefined;
    const end = table.indexOf("\n", table.lastIndexOf(line) + 1);
    const number = ` ${tag.slice(5).replace(/^0+(?=.)/, "")}`;
    for (let at = table.indexOf(number, start); at >= 0 && at < end; at = table.indexOf(number, at + 1)) {
      pattern.lastIndex = at + number.length;
      const [, vr, several, name] = pattern.exec(table) ?? [];
      if (vr !== undefined && name !== undefined)
        return { keyword: name.replace("!", "RETIRED_").replaceAll("~", "Sequence"), vr, several: several === "*" };
    }
    return undefined;
  };
  const found = new Map<Tag, DictionaryEntry>();
  return (tag) => {
    const entry = found.get(tag) ?? find(tag);
    if (entry !== undefined) found.set(tag, entry);
    return entry;
  };
};

let loaded: Promise<Dictionary> | undefined;

export const loadDictionary = (): Promise<Dictionary> => {
  loaded ??= import("./standard-elements.ts").then(({ standardElements }) => dictionaryFrom(standardElements));
  return loaded;
};
