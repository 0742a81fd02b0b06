/**
 * Batches: many expressions computed at a time, as a training loop needs them. What has the same structure runs as
 * one kernel with numbers of its own for each sample, and backends compute samples side by side.
 */
import type { Backend, BatchRunOptions, DeviceVoxels, Outcomes, RunOptions } from "../backends/backend.ts";
import { type FailedSample, fail, toPipelineError } from "../compiler/errors.ts";
import type { Voxels } from "../compiler/language/voxels.ts";
import type { Program } from "../compiler/plan.ts";
import { resultBytes } from "../compiler/schedule.ts";
import { automaticBackend } from "./automatic.ts";
import { release } from "./backends.ts";
import { cannotKeep, compile, describedBy, type EvaluateOptions, readableBy } from "./evaluate.ts";
import { type Expression, type Source, toExpression } from "./expression.ts";
import { type GpuImage, type MedImage, onGpu, type Warning } from "./image.ts";

export interface BatchOptions extends EvaluateOptions {
  /** What the samples are called when one of them fails; numbers from 0 unless said. */
  readonly names?: readonly string[];
}

/** The images that sources become. */
export type Evaluated<S extends readonly Source[]> = {
  readonly [I in keyof S]: S[I] extends Source<infer K> ? MedImage<K> : never;
};
/** The images on a GPU that sources become. */
export type EvaluatedOnGpu<S extends readonly Source[]> = {
  readonly [I in keyof S]: S[I] extends Source<infer K> ? GpuImage<K> : never;
};

/**
 * {@link evaluate} for each of several images or expressions, in their order and with the same voxels, in less time
 * than one after the other: small samples run side by side on the threads or follow each other on the device without
 * a wait in between, and what several of them look at (one image, augmented several times) is brought there once.
 * `memory` bounds the results and all that leads to them together.
 * @throws MedImagesError (as rejection) `FailedSamples`, which names each sample that failed and why; those of whose
 * steps one cannot be are told before anything is computed. `Aborted`
 */
export function evaluateBatch<const S extends readonly Source[]>(
  sources: S,
  options: BatchOptions & { readonly keep: "gpu" },
): Promise<EvaluatedOnGpu<S>>;
export function evaluateBatch<const S extends readonly Source[]>(
  sources: S,
  options?: BatchOptions,
): Promise<Evaluated<S>>;
export async function evaluateBatch(
  sources: readonly Source[],
  options: BatchOptions = {},
): Promise<readonly MedImage[]> {
  const programs = allOf(await Promise.allSettled(sources.map(async (source) => compile(source))), options.names);
  const outcomes = await evaluateEach(sources, options, (sample) => programs[sample] as Program);
  try {
    return allOf(outcomes, options.names);
  } catch (thrown) {
    for (const [k, outcome] of outcomes.entries())
      if (outcome.status === "fulfilled") releaseMade(outcome.value, sources[k]);
    throw thrown;
  }
}

/** The values of all, in order. @throws MedImagesError `Aborted`, `FailedSamples` */
const allOf = <V>(outcomes: Outcomes<V>, names: readonly string[] = []): readonly V[] => {
  const failed = outcomes.flatMap((outcome, k): readonly FailedSample[] =>
    outcome.status === "fulfilled"
      ? []
      : [{ name: names[k] ?? `${k}`, error: toPipelineError(outcome.reason, "evaluateBatch") }],
  );
  if (failed.some(({ error }) => error.kind === "Aborted")) return fail({ kind: "Aborted" });
  if (failed.length > 0) return fail({ kind: "FailedSamples", samples: failed });
  return outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
};

/** Releases an image that was computed from a source; where there was nothing to compute it is the source's own. */
export const releaseMade = (image: MedImage, source: Source | undefined): void => {
  const own = source === undefined || toExpression(source).image.voxels;
  if (own !== image.voxels) release(image);
};

/** As {@link evaluateBatch}, with what became of each sample; those that fail keep no other from being computed. */
export const evaluateEach = async (
  sources: readonly Source[],
  options: EvaluateOptions = {},
  programOf: (sample: number) => Program = (sample) => compile(sources[sample] as Source),
): Promise<Outcomes<MedImage>> => {
  const { backend: asked = "auto" } = options;
  const outcomes: PromiseSettledResult<MedImage>[] = [];
  const jobs = new Map<Backend, Job[]>();
  const prepared = await Promise.allSettled(
    sources.map(async (source, sample) => {
      const program = programOf(sample);
      const backend = asked === "auto" ? await automaticBackend(program) : asked;
      return { backend, job: { expression: toExpression(source), program: await readableBy(backend, program) } };
    }),
  );
  prepared.forEach((each, sample) => {
    if (each.status === "rejected") outcomes[sample] = each;
    else {
      const { backend, job } = each.value;
      jobs.set(backend, [...(jobs.get(backend) ?? []), { ...job, sample }]);
    }
  });
  for (const [backend, own] of jobs) {
    const made = await imagesOf(backend, own, options);
    own.forEach(({ sample }, k) => {
      outcomes[sample] = made[k] ?? { status: "rejected", reason: `${backend.name} left a sample out` };
    });
  }
  return outcomes;
};

interface Job {
  /** Its number in the batch. */
  readonly sample: number;
  readonly expression: Expression;
  readonly program: Program;
}

const imagesOf = async (
  backend: Backend,
  jobs: readonly Job[],
  { keep = "cpu", ...options }: EvaluateOptions,
): Promise<Outcomes<MedImage>> => {
  const warnings: Warning[][] = jobs.map(() => []);
  const onWarning = (warning: Warning, program?: number): void => {
    for (const [k, own] of warnings.entries()) if (program === undefined || program === k) own.push(warning);
    options.onWarning?.(warning);
  };
  const programs = jobs.map(({ program }) => program);
  const described = (k: number): Omit<MedImage, "voxels"> =>
    describedBy((jobs[k] as Job).expression, warnings[k] as Warning[]);
  if (keep === "gpu") {
    const made = await runAllKept(backend, programs, { ...options, onWarning });
    return made.map((outcome, k) =>
      outcome.status === "rejected"
        ? outcome
        : { ...outcome, value: onGpu({ ...described(k), voxels: outcome.value }) },
    );
  }
  const made = await runAll(backend, programs, { ...options, onWarning });
  return made.map((outcome, k) =>
    outcome.status === "rejected" ? outcome : { ...outcome, value: { ...described(k), voxels: outcome.value } },
  );
};

const runAll = (backend: Backend, programs: readonly Program[], options: BatchRunOptions): Promise<Outcomes<Voxels>> =>
  backend.runBatch?.(programs, options) ?? oneByOne(programs, options, (program, own) => backend.run(program, own));

const runAllKept = (
  backend: Backend,
  programs: readonly Program[],
  options: BatchRunOptions,
): Promise<Outcomes<DeviceVoxels>> =>
  backend.runBatchKept?.(programs, options) ??
  oneByOne(programs, options, (program, own) => backend.runKept?.(program, own) ?? cannotKeep(backend));

/** How backends run batches that do nothing better. */
const oneByOne = async <V>(
  programs: readonly Program[],
  { onWarning, onProgress, ...options }: BatchRunOptions,
  run: (program: Program, options: RunOptions) => Promise<V>,
): Promise<Outcomes<V>> => {
  // The results of all are kept, so each has what the others leave.
  const spare = programs.reduce((sum, { plan }) => sum - resultBytes(plan), options.memory ?? Infinity);
  const outcomes: PromiseSettledResult<V>[] = [];
  for (const [k, program] of programs.entries()) {
    const own: RunOptions = {
      ...options,
      ...(options.memory !== undefined && { memory: spare + resultBytes(program.plan) }),
      ...(onWarning && { onWarning: (warning) => onWarning(warning, k) }),
      ...(onProgress && { onProgress: (share) => onProgress((k + share) / programs.length) }),
    };
    const [outcome] = await Promise.allSettled([run(program, own)]);
    outcomes.push(outcome);
  }
  return outcomes;
};
