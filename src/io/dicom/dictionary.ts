/// <reference path="./untyped.d.ts" />
/**
 * The names and representations of all standard elements (PS3.6), from dcmjs, loaded when metadata are asked for.
 */
import type { Tag } from "./tags.ts";

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

let loaded: Promise<Dictionary> | undefined;

/** dcmjs writes tags as (GGGG,EEEE). */
const punctuated = (tag: Tag): string => `(${tag.slice(1, 5).toUpperCase()},${tag.slice(5).toUpperCase()})`;

export const loadDictionary = (): Promise<Dictionary> => {
  loaded ??= import("dcmjs").then(({ default: { data } }) => {
    const entries: Readonly<Record<string, DcmjsEntry | undefined>> = data.DicomMetaDictionary.dictionary;
    return (tag) => {
      const entry = entries[punctuated(tag)];
      // Entries with two representations begin with the one for unsigned numbers.
      return entry && { keyword: entry.name, vr: entry.vr.slice(0, 2).toUpperCase(), several: entry.vm !== "1" };
    };
  });
  return loaded;
};
