/**
 * Subjects: images, labels and points of one patient, to be moved together. An operation moves all of them by the
 * same map of the world, be their grids the same or not; each image is sampled in its own way, and points go where the
 * voxels around them go. Maps of values are for intensity images alone.
 */
import { fail } from "../../compiler/errors.ts";
import type { Vector3 } from "../../compiler/language/vector.ts";
import { type EvaluateOptions, evaluate } from "../evaluate.ts";
import { type Expression, type Source, toExpression } from "../expression.ts";
import type { Kind, MedImage } from "../image.ts";
import { type PipelineDocument, toJSON } from "../json.ts";
import type { SamplingOptions, Step } from "../step.ts";

/** World points in mm (LPS). */
export type Points = readonly Vector3[];
export type Part = Expression | Points;
export type Parts = Readonly<Record<string, Part>>;

/** What an image or points become as a part of a subject. */
export type PartOf<A> = A extends Points ? Points : A extends Source<infer K> ? Expression<K> : never;

export interface Subject<P extends Parts = Parts> {
  readonly type: "subject";
  readonly parts: P;
  /** How images are sampled, where it is not as operations say or by default. */
  readonly sampling: Readonly<Record<string, SamplingOptions>>;
  /** The image whose grid operations go by: the first of intensities, or the first of all. */
  readonly reference: string;
  /** What has been done, in terms of the reference. */
  readonly steps: readonly Step[];
}

export interface SubjectOptions<R> {
  /** How an image is sampled, by its key, whatever operations say: `{ pet: { interpolation: "bspline" } }`. */
  readonly sampling?: { readonly [K in keyof R]?: SamplingOptions };
}

/**
 * The parts of a subject by their names: images, labels, expressions and sets of world points (LPS mm). Labels are
 * sampled by the nearest neighbour, others as operations say, or as `sampling` does.
 * @throws MedImagesError `InvalidDocument` where there is no image
 */
export const subject = <R extends Readonly<Record<string, Source | Points>>>(
  record: R,
  { sampling = {} }: SubjectOptions<R> = {},
): Subject<{ readonly [K in keyof R]: PartOf<R[K]> }> => {
  const parts = Object.fromEntries(
    Object.entries(record).map(([key, part]): [string, Part] => [key, isPoints(part) ? part : toExpression(part)]),
  );
  const images = Object.entries(parts).flatMap(([key, part]) => (isPoints(part) ? [] : [{ key, kind: part.kind }]));
  const reference =
    images.find(({ kind }) => kind === "intensity") ??
    images[0] ??
    fail({ kind: "InvalidDocument", errors: ["a subject of no image has no grid to go by; give an image"] });
  return {
    type: "subject",
    parts: parts as { readonly [K in keyof R]: PartOf<R[K]> },
    sampling: sampling as Readonly<Record<string, SamplingOptions>>,
    reference: reference.key,
    steps: [],
  };
};

export const isPoints = (part: Source | Points): part is Points => Array.isArray(part);

/** The image whose grid operations on a subject go by. */
export const referenceOf = ({ parts, reference }: Subject): Expression => {
  const part = parts[reference];
  return part === undefined || isPoints(part)
    ? fail({ kind: "InternalError", phase: "augment", reason: "the subject has no reference" })
    : part;
};

/** Images where expressions were; points stay. */
export type Evaluated<P extends Parts> = {
  readonly [K in keyof P]: P[K] extends Expression<infer A extends Kind> ? MedImage<A> : P[K];
};

/** Computes all images of a subject, one after the other. Rejects as `evaluate` does. */
export const evaluateSubject = async <P extends Parts>(
  { parts }: Subject<P>,
  options: EvaluateOptions = {},
): Promise<Evaluated<P>> => {
  const done: [string, MedImage | Points][] = [];
  for (const [key, part] of Object.entries<Part>(parts))
    done.push([key, isPoints(part) ? part : await evaluate(part, options)]);
  return Object.fromEntries(done) as Evaluated<P>;
};

/** What has been done to a subject as a pipeline document: `together` of what `fromJSON` makes of it does it again. */
export const subjectToJSON = (subject: Subject): PipelineDocument =>
  toJSON({ ...referenceOf(subject), steps: subject.steps });
