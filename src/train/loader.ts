/**
 * Feeds a training loop: reads samples, augments them, computes them in batches and keeps some batches ready, so that
 * the network need not wait. What a step gives depends on the step and on seeds only, and what is in memory at a time
 * on the batches that are kept ready.
 */
import PQueue from "p-queue";
import type { Outcomes } from "../../backends/backend.ts";
import { type FailedSample, fail, MedImagesError, type PipelineError, toPipelineError } from "../../compiler/errors.ts";
import { release } from "../backends.ts";
import { evaluateEach, madeFrom } from "../batch.ts";
import type { EvaluateOptions } from "../evaluate.ts";
import type { Source } from "../expression.ts";
import type { MedImage } from "../image.ts";
import type { Dataset } from "./dataset.ts";
import { type Course, samplesOf, stepsPerEpoch } from "./order.ts";
import { type Computed, sourcesIn, withImages } from "./sample.ts";

/** The seed of an augmentation: that of the loader, the epoch, and the number of the sample. */
export type SampleSeed = readonly [seed: number, epoch: number, index: number];

/** A sample that was left out, and why. */
export interface Skipped extends FailedSample {
  readonly index: number;
  readonly step: number;
}

export interface LoaderOptions<T, R = T> extends Omit<EvaluateOptions, "onProgress"> {
  readonly dataset: Dataset<T>;
  /** Makes a function of a seed that is applied to the sample: `augment(sampler)` of `medimages/augment` is one. */
  readonly augment?: (seed: SampleSeed) => (sample: T) => R;
  /** Samples in a batch; the last of an epoch has what is left, unless `dropLast` leaves it out. */
  readonly batchSize: number;
  readonly dropLast?: boolean;
  /** The seed of the order of the samples, which is another in each epoch; left out, they come in their own order. */
  readonly shuffle?: number;
  /** The seed of augmentation; that of `shuffle` unless said, or else 0. */
  readonly seed?: number;
  /** How many times each sample comes; 1 unless said, `Infinity` for as long as somebody asks. */
  readonly epochs?: number;
  /** The first step, counted from 0 over all epochs: what follows is what would have followed without a break. */
  readonly from?: number;
  /** Batches that are read and computed while the consumer works on one; 2 unless said. */
  readonly ahead?: number;
  /** Samples that are read at a time; 4 unless said. */
  readonly readers?: number;
  /**
   * What happens where a sample cannot be read, augmented or computed. `"stop"` (default): the step is rejected with
   * `FailedSamples`, which names it, and the loop ends. `"skip"`: the batch comes without it, not at all if nothing
   * is left of it, and `onSkip` is told.
   */
  readonly onError?: "stop" | "skip";
  readonly onSkip?: (skipped: Skipped) => void;
}

/** Some samples. Disposing of it gives the memory of all images that were computed for it to later ones. */
export interface Batch<R> extends Disposable {
  /** Counted from 0 over all epochs: a loop that has done with it goes on `from: step + 1`. */
  readonly step: number;
  readonly epoch: number;
  readonly names: readonly string[];
  readonly samples: readonly Computed<R>[];
}

export interface Loader<R> extends AsyncIterable<Batch<R>> {
  readonly stepsPerEpoch: number;
  /** The number of steps of all epochs, those before `from` included. */
  readonly steps: number;
}

/**
 * Batches of a dataset, read ahead. Each iteration starts at `from`. At no time are there more than `ahead` batches in
 * the making or ready, besides those that the consumer holds. When the consumer breaks off, what is under way is
 * stopped and given back before the loop is left.
 * @throws MedImagesError `InvalidDocument` for numbers that cannot be; as rejection of a step `FailedSamples`,
 * `Aborted`
 */
export const loader = <T, R = T>(options: LoaderOptions<T, R>): Loader<R> => {
  const { dataset, batchSize, shuffle, dropLast = false, epochs = 1, from = 0, ahead = 2, readers = 4 } = options;
  const course: Course = { samples: dataset.length, batchSize, shuffle, dropLast };
  const problems = [
    ...wrong("batchSize", batchSize, 1),
    ...wrong("from", from, 0),
    ...wrong("ahead", ahead, 0),
    ...wrong("readers", readers, 1),
    ...(epochs === Infinity ? [] : wrong("epochs", epochs, 0)),
  ];
  if (problems.length === 0 && stepsPerEpoch(course) === 0)
    problems.push(`${dataset.length} samples make no batch of ${batchSize}`);
  if (problems.length > 0) return fail({ kind: "InvalidDocument", errors: problems });
  const steps = epochs * stepsPerEpoch(course);
  return {
    stepsPerEpoch: stepsPerEpoch(course),
    steps,
    [Symbol.asyncIterator]: () => iterate(options, course, steps),
  };
};

const wrong = (name: string, value: number, least: number): readonly string[] =>
  Number.isInteger(value) && value >= least ? [] : [`${name} is ${value}; give a whole number from ${least}`];

async function* iterate<T, R>(
  options: LoaderOptions<T, R>,
  course: Course,
  steps: number,
): AsyncGenerator<Batch<R>, void, void> {
  const { from = 0, ahead = 2, readers = 4 } = options;
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, options.signal]);
  const maker = new Maker(options, course, new PQueue({ concurrency: readers }), signal);
  const pending: Promise<Batch<R> | undefined>[] = [];
  let next = from;
  const begin = (most: number): void => {
    while (pending.length < most && next < steps) {
      const making = maker.batch(next++);
      // It is told when its turn comes.
      making.catch(() => undefined);
      pending.push(making);
    }
  };
  try {
    for (begin(Math.max(1, ahead)); pending.length > 0; begin(Math.max(1, ahead))) {
      const batch = await pending[0];
      pending.shift();
      begin(ahead);
      if (batch !== undefined) yield batch;
    }
  } finally {
    stop.abort();
    for (const left of await Promise.allSettled(pending))
      if (left.status === "fulfilled") left.value?.[Symbol.dispose]();
  }
}

/** A sample on its way. */
interface Ready<R> {
  readonly index: number;
  readonly sample: R;
  readonly sources: readonly Source[];
}

/** The images of a sample, those of them that were computed for it, and why there are none. */
interface Made {
  readonly images: readonly MedImage[];
  readonly own: readonly MedImage[];
  readonly error?: PipelineError;
}

class Maker<T, R> {
  readonly #options: LoaderOptions<T, R>;
  readonly #course: Course;
  readonly #queue: PQueue;
  readonly #signal: AbortSignal;

  constructor(options: LoaderOptions<T, R>, course: Course, queue: PQueue, signal: AbortSignal) {
    this.#options = options;
    this.#course = course;
    this.#queue = queue;
    this.#signal = signal;
  }

  /** The batch of a step, unless nothing is left of it. @throws MedImagesError `Aborted`, `FailedSamples` */
  async batch(step: number): Promise<Batch<R> | undefined> {
    const { dataset, onError = "stop", onSkip } = this.#options;
    const { epoch, indices } = samplesOf(this.#course, step);
    const failed: Skipped[] = [];
    const put = (index: number, error: PipelineError): void => {
      failed.push({ name: dataset.name(index), error, index, step });
    };
    const read = await Promise.allSettled(indices.map((index) => this.#read(index, epoch)));
    this.#check();
    const ready = read.flatMap((outcome, k) => {
      if (outcome.status === "fulfilled") return [outcome.value];
      put(indices[k] as number, toPipelineError(outcome.reason, "loader"));
      return [];
    });
    const made = await this.#computed(ready);
    made.forEach(({ error }, k) => {
      if (error !== undefined) put((ready[k] as Ready<R>).index, error);
    });
    try {
      this.#check();
      // In the order of the batch, whatever went wrong first.
      failed.sort((a, b) => indices.indexOf(a.index) - indices.indexOf(b.index));
      if (failed.length > 0 && onError === "stop") return fail({ kind: "FailedSamples", samples: failed.map(briefly) });
      for (const skipped of failed) onSkip?.(skipped);
    } catch (thrown) {
      for (const { own } of made) own.forEach(release);
      throw thrown;
    }
    const left = ready.flatMap(({ index, sample }, k) => {
      const { images = [], own = [], error } = made[k] ?? {};
      return error === undefined ? [{ name: dataset.name(index), sample: withImages(sample, images), own }] : [];
    });
    return left.length === 0 ? undefined : batchOf(step, epoch, left);
  }

  /** @throws MedImagesError `Aborted` */
  #check(): void {
    if (this.#signal.aborted) fail({ kind: "Aborted" });
  }

  async #read(index: number, epoch: number): Promise<Ready<R>> {
    const { dataset, augment, shuffle = 0, seed = shuffle } = this.#options;
    const load = (): T | Promise<T> => {
      this.#check();
      return dataset.load(index);
    };
    const loaded = await called("loading it", () => this.#queue.add(load, { throwOnTimeout: true }));
    // Without a function the sample is what it was, as the types say.
    const sample = await called("augmenting it", () =>
      augment === undefined ? (loaded as unknown as R) : augment([seed, epoch, index])(loaded),
    );
    return { index, sample, sources: sourcesIn(sample) };
  }

  /** What becomes of the sources of each sample. */
  async #computed(ready: readonly Ready<R>[]): Promise<readonly Made[]> {
    const { backend, keep, memory, threads, onWarning } = this.#options;
    const outcomes: Outcomes<MedImage> = await evaluateEach(
      ready.flatMap(({ sources }) => sources),
      {
        signal: this.#signal,
        ...(backend !== undefined && { backend }),
        ...(keep !== undefined && { keep }),
        ...(memory !== undefined && { memory }),
        ...(threads !== undefined && { threads }),
        ...(onWarning !== undefined && { onWarning }),
      },
    );
    let first = 0;
    return ready.map(({ sources }) => {
      const own = outcomes.slice(first, first + sources.length);
      first += sources.length;
      const images = own.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
      const reason = own.find((outcome) => outcome.status === "rejected")?.reason as unknown;
      const made = madeFrom(images, sources);
      if (reason === undefined) return { images, own: made };
      made.forEach(release);
      return { images: [], own: [], error: toPipelineError(reason, "loader") };
    });
  }
}

/** What somebody else's function gives. @throws MedImagesError `CallbackFailed`, or what the function threw of ours */
const called = async <A>(what: string, call: () => A | Promise<A>): Promise<A> => {
  try {
    return await call();
  } catch (thrown) {
    if (thrown instanceof MedImagesError) throw thrown;
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    return fail({ kind: "CallbackFailed", what, reason }, thrown);
  }
};

const briefly = ({ name, error }: Skipped): FailedSample => ({ name, error });

/** Apart from where batches are made, so that a batch keeps nothing else than its images. */
const batchOf = <R>(
  step: number,
  epoch: number,
  parts: readonly { readonly name: string; readonly sample: Computed<R>; readonly own: readonly MedImage[] }[],
): Batch<R> => ({
  step,
  epoch,
  names: parts.map(({ name }) => name),
  samples: parts.map(({ sample }) => sample),
  [Symbol.dispose]: () => {
    for (const { own } of parts) own.forEach(release);
  },
});
