/** Elements as metadata have them, for uptake values: what is missing or cannot be is an error that names it. */
import { fail } from "../../../compiler/errors.ts";
import type { Metadata, MetadataValue } from "../../image.ts";

export const refuse = (reason: string, remedy: string): never =>
  fail({ kind: "UnsupportedVoxels", reason: `there are no standardized uptake values: ${reason}`, remedy });

export const complete = "complete the element with the program that keeps the images, or give the value yourself";

export const isRecord = (value: MetadataValue | undefined): value is Metadata =>
  typeof value === "object" && !Array.isArray(value) && !(value instanceof Uint8Array);
export const listOf = (value: MetadataValue | undefined): readonly MetadataValue[] =>
  Array.isArray(value) ? value : value === undefined || value === "" ? [] : [value];

export const textOf = (elements: Metadata, keyword: string): string | undefined => {
  const [first] = listOf(elements[keyword]);
  // Private elements of files with implicit VR come as bytes.
  const value = first instanceof Uint8Array ? String.fromCharCode(...first).replace(/[\0 ]+$/, "") : first;
  return typeof value === "string" && value !== "" ? value : typeof value === "number" ? String(value) : undefined;
};
export const numberOf = (elements: Metadata, keyword: string): number | undefined => {
  const [first] = listOf(elements[keyword]);
  return typeof first === "number" ? first : undefined;
};

export const positiveOf = (elements: Metadata, keyword: string, tag: string): number => {
  const value = numberOf(elements, keyword);
  if (value === undefined) return refuse(`${keyword} ${tag} is missing`, complete);
  return value > 0 ? value : refuse(`${keyword} ${tag} is ${value}`, complete);
};
