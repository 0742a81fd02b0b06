/** Looking into what a reader kept in an image's metadata, which anybody may have changed since. */
import type { Metadata, MetadataValue } from "../image.ts";

export const isRecord = (value: MetadataValue | undefined): value is Metadata =>
  typeof value === "object" && !Array.isArray(value) && !(value instanceof Uint8Array);

const isList = (value: MetadataValue | undefined): value is readonly MetadataValue[] => Array.isArray(value);

/** The finite numbers of a list; none where there is no list. */
export const numbersIn = (value: MetadataValue | undefined): readonly number[] =>
  isList(value) ? value.filter((one): one is number => typeof one === "number" && Number.isFinite(one)) : [];

/** The texts of a list, in order; what is no text is the empty one. */
export const textsIn = (value: MetadataValue | undefined): readonly string[] =>
  isList(value) ? value.map((one) => (typeof one === "string" ? one : "")) : [];
