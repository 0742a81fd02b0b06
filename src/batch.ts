/**
 * Batches: many expressions computed at a time, as a training loop needs them. What has the same structure runs as
 * one kernel with numbers of its own for each sample, and backends compute samples side by side.
 */
import type { Backend, BatchRunOptions, DeviceVoxels, Outcomes, RunOptions } from "../backends/backend.ts";
import { type FailedSample, fail, MedImagesError, toPipelineError } from "../compiler/errors.ts";
import type { Voxels } from "../compiler/language/voxels.ts";
import type { Program } from "../compiler/plan.ts";
import { resultBytes } from "../compiler/schedule.ts";
import { automaticBackend, type WithStandIn } from "./automatic.ts";
import { release } from "./backends.ts";
import { cannotKeep, compile, describedBy, type EvaluateOptions, readableBy } from "./evaluate.ts";
import { type Expression, type Source, toExpression } from "./expression.ts";
import { type GpuImage, type MedImage, onGpu, type Warning } from "./image.ts";
import { settle } from "./settle.ts";

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
 * `evaluate` for each of several images or expressions, in their order and with the same voxels, in less time
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
  allOf(sources.map(checked), options.names);
  const outcomes = await evaluateEach(sources, options);
  try {
    return allOf(outcomes, options.names);
  } catch (thrown) {
    const images = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
    madeFrom(images, sources).forEach(release);
    throw thrown;
  }
}

/** Whether all steps of a source can be, as far as that is known before anything is computed. */
const checked = (source: Source): PromiseSettledResult<undefined> => {
  const { problems } = toExpression(source);
  return problems.length === 0
    ? { status: "fulfilled", value: undefined }
    : { status: "rejected", reason: new MedImagesError({ kind: "InvalidPipeline", problems }) };
};

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

/** Those of some images that were computed from sources: where there was nothing to compute, the voxels are theirs. */
export const madeFrom = (images: readonly MedImage[], sources: readonly Source[]): readonly MedImage[] => {
  const given = new Set(sources.map((source) => toExpression(source).image.voxels));
  return images.filter(({ voxels }) => !given.has(voxels));
};

/** As {@link evaluateBatch}, with what became of each sample; those that fail keep no other from being computed. */
export const evaluateEach = async (
  sources: readonly Source[],
  options: EvaluateOptions = {},
): Promise<Outcomes<MedImage>> => {
  const { backend: asked = "auto" } = options;
  const outcomes: PromiseSettledResult<MedImage>[] = [];
  const jobs = new Map<Backend, Job[]>();
  const prepared = await Promise.allSettled(
    sources.map(async (source) => {
      const expression = await settle(toExpression(source), options);
      const program = compile(expression);
      const backend = asked === "auto" ? await automaticBackend(program) : asked;
      return { backend, job: { expression, program: await readableBy(backend, program) } };
    }),
  );
  prepared.forEach((each, sample) => {
    if (each.status === "rejected") outcomes[sample] = each;
    else {
      const { backend, job } = each.value;
      const first = firstOf(backend);
      jobs.set(first, [...(jobs.get(first) ?? []), { ...job, backend, sample }]);
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

/** What computes, as long as nothing has to stand in for it. */
const firstOf = (backend: Backend & Partial<Pick<WithStandIn, "first">>): Backend => backend.first ?? backend;

interface Job {
  /** Its number in the batch. */
  readonly sample: number;
  readonly expression: Expression;
  readonly program: Program;
  readonly backend: Backend;
}

type Warn = (warning: Warning, job?: Job) => void;

const imagesOf = async (
  backend: Backend,
  jobs: readonly Job[],
  { keep = "cpu", onWarning, ...options }: EvaluateOptions,
): Promise<Outcomes<MedImage>> => {
  const warnings = new Map(jobs.map((job): [Job, Warning[]] => [job, []]));
  const warn: Warn = (warning, about) => {
    for (const [job, own] of warnings) if (about === undefined || about === job) own.push(warning);
    onWarning?.(warning);
  };
  const described = (k: number): Omit<MedImage, "voxels"> => {
    const job = jobs[k] as Job;
    return describedBy(job.expression, warnings.get(job) ?? []);
  };
  if (keep === "gpu") {
    const made = await runAllKept(backend, jobs, options, warn);
    return made.map((outcome, k) =>
      outcome.status === "rejected"
        ? outcome
        : { ...outcome, value: onGpu({ ...described(k), voxels: outcome.value }) },
    );
  }
  const made = await runAll(backend, jobs, options, warn);
  return made.map((outcome, k) =>
    outcome.status === "rejected" ? outcome : { ...outcome, value: { ...described(k), voxels: outcome.value } },
  );
};

type Rest = Omit<BatchRunOptions, "onWarning">;

const runAll = async (backend: Backend, jobs: readonly Job[], options: Rest, warn: Warn): Promise<Outcomes<Voxels>> => {
  const run = (job: Job, own: RunOptions): Promise<Voxels> => job.backend.run(job.program, own);
  if (backend.runBatch === undefined) return oneByOne(jobs, jobs, options, warn, run);
  const outcomes = await backend.runBatch(programsOf(jobs), { ...options, onWarning: aboutJobs(jobs, warn) });
  // Run once more, by itself, what something can stand in for is computed by that.
  const again = jobs.filter((job, k) => job.backend !== backend && isUnavailable(outcomes[k]));
  const second = await oneByOne(again, jobs, options, warn, run);
  return outcomes.map((outcome, k) => second[again.indexOf(jobs[k] as Job)] ?? outcome);
};

const runAllKept = async (
  backend: Backend,
  jobs: readonly Job[],
  options: Rest,
  warn: Warn,
): Promise<Outcomes<DeviceVoxels>> =>
  backend.runBatchKept?.(programsOf(jobs), { ...options, onWarning: aboutJobs(jobs, warn) }) ??
  oneByOne(jobs, jobs, options, warn, ({ program }, own) =>
    (backend.runKept ?? cannotKeep(backend)).call(backend, program, own),
  );

const programsOf = (jobs: readonly Job[]): readonly Program[] => jobs.map(({ program }) => program);

/** Warnings about the programs of some jobs as warnings about the jobs. */
const aboutJobs =
  (jobs: readonly Job[], warn: Warn): NonNullable<BatchRunOptions["onWarning"]> =>
  (warning, program) =>
    warn(warning, program === undefined ? undefined : jobs[program]);

const isUnavailable = (outcome: PromiseSettledResult<Voxels> | undefined): boolean =>
  outcome?.status === "rejected" && toPipelineError(outcome.reason, "").kind === "BackendUnavailable";

/** How batches run where nothing runs them better: some of the jobs of a batch, whose results are all kept. */
const oneByOne = async <V>(
  jobs: readonly Job[],
  batch: readonly Job[],
  { onProgress, memory, ...options }: Rest,
  warn: Warn,
  run: (job: Job, options: RunOptions) => Promise<V>,
): Promise<Outcomes<V>> => {
  const spare = batch.reduce((sum, { program: { plan } }) => sum - resultBytes(plan), memory ?? Infinity);
  const outcomes: PromiseSettledResult<V>[] = [];
  for (const [k, job] of jobs.entries()) {
    const own: RunOptions = {
      ...options,
      ...(memory !== undefined && { memory: spare + resultBytes(job.program.plan) }),
      ...(onProgress && { onProgress: (share) => onProgress((k + share) / jobs.length) }),
      onWarning: (warning) => warn(warning, job),
    };
    const [outcome] = await Promise.allSettled([run(job, own)]);
    outcomes.push(outcome);
  }
  return outcomes;
};
