/**
 * What a sample is: an image or expression; a record in which they stand, such as `{ ct, seg, name }`; or a subject,
 * which becomes the record of its parts. What else stands in it, like points or a class, is handed on as it is.
 */
import type { Subject } from "../augment/subject.ts";
import type { Source } from "../expression.ts";
import type { MedImage } from "../image.ts";

/** A sample with the images that its expressions became. */
export type Computed<R> =
  R extends Source<infer K> ? MedImage<K> : R extends Subject<infer P> ? ComputedRecord<P> : ComputedRecord<R>;

type ComputedRecord<R> = { readonly [P in keyof R]: R[P] extends Source<infer K> ? MedImage<K> : R[P] };

const isSource = (value: unknown): value is Source =>
  typeof value === "object" &&
  value !== null &&
  "type" in value &&
  (value.type === "image" || value.type === "expression");

const isSubject = (value: unknown): value is Subject =>
  typeof value === "object" && value !== null && "type" in value && value.type === "subject";

/** What a record of a sample holds by its keys. */
const recordOf = (sample: unknown): object => {
  if (isSubject(sample)) return sample.parts;
  return typeof sample === "object" && sample !== null ? sample : {};
};

/** The sources in a sample, in the order of its keys. */
export const sourcesIn = (sample: unknown): readonly Source[] =>
  isSource(sample) ? [sample] : Object.values(recordOf(sample)).filter(isSource);

/** The sample with images in place of its sources, in the order of {@link sourcesIn}. */
export const withImages = <R>(sample: R, images: readonly MedImage[]): Computed<R> => {
  // The types say that each source becomes its image, which is what is done here.
  if (isSource(sample)) return images[0] as Computed<R>;
  let next = 0;
  const entries = Object.entries(recordOf(sample)).map(([key, value]) => [
    key,
    isSource(value) ? images[next++] : value,
  ]);
  return Object.fromEntries(entries) as Computed<R>;
};
