/**
 * The wiring between predicates and fast-check: a law is a predicate with the cases it is asked about, made
 * into a property. Only here do verdicts turn into thrown errors, as test runners want them.
 */
import fc from "fast-check";
import type { Kind, MedImage } from "../src/image.ts";
import { medimages, type Pipeline, type Subject } from "./subject.ts";
import type { Verdict } from "./verdict.ts";

/** A law of the library: whoever implements it must satisfy it. */
export interface Law {
  /** The law in one sentence. */
  readonly says: string;
  /** The law as a fast-check property of a subject, this library unless another is given. */
  readonly property: (subject?: Subject) => fc.IAsyncProperty<unknown>;
}

/** What a property throws when a verdict says that its law is broken; anything else thrown is an accident. */
export class LawBroken extends Error {
  override readonly name: string = "LawBroken";
}

const report = (verdict: Verdict): void => {
  if (!verdict.holds) throw new LawBroken(verdict.because);
};

/** A law from its predicate and the cases to try it on. */
export const law = <C>(
  says: string,
  cases: fc.Arbitrary<C>,
  judge: (subject: Subject, sample: C) => Verdict | Promise<Verdict>,
): Law => ({
  says,
  property: (subject = medimages) => fc.asyncProperty(cases, async (sample) => report(await judge(subject, sample))),
});

/** What a property about a pipeline may be told beside it. */
export interface PipelineOptions<K extends Kind> {
  /** Images to try the pipeline on; small ones of every sort unless said otherwise. */
  readonly images?: fc.Arbitrary<MedImage<K>>;
  readonly subject?: Subject;
}

/** A law that any one pipeline can be held to. */
export interface PipelineLaw<K extends Kind> {
  /** The law in one sentence. */
  readonly says: string;
  /** The law as a property of a pipeline of your own, over random images. */
  readonly property: (pipeline: Pipeline<K>, options?: PipelineOptions<K>) => fc.IAsyncProperty<unknown>;
}

/** A law of pipelines from its predicate and the images to try it on. */
export const pipelineLaw = <K extends Kind>(
  says: string,
  images: fc.Arbitrary<MedImage<K>>,
  judge: (subject: Subject, pipeline: Pipeline<K>, image: MedImage<K>) => Verdict | Promise<Verdict>,
): PipelineLaw<K> => ({
  says,
  property: (pipeline, options = {}) =>
    fc.asyncProperty(options.images ?? images, async (image) =>
      report(await judge(options.subject ?? medimages, pipeline, image)),
    ),
});
