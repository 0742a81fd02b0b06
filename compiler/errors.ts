/**
 * Everything that can go wrong, as tagged values: each names what, why and what to do about it, so that
 * programs can branch and people can act. `describe` is the one place that puts them into words.
 */

/** A step that cannot be, with its position (from 0) in the pipeline. */
export interface StepProblem {
  readonly step: number;
  readonly operation: string;
  readonly reason: string;
  readonly remedy: string;
}

/** A sample of a batch, and what went wrong with it. */
export interface FailedSample {
  readonly name: string;
  readonly error: PipelineError;
}

/** What can go wrong, told apart by `kind`; {@link describe} puts it into words. */
export type PipelineError =
  /** One or more operations cannot be; all of them are listed. */
  | { readonly kind: "InvalidPipeline"; readonly problems: readonly StepProblem[] }
  /** A pipeline document or a command line that says something else than it may. */
  | { readonly kind: "InvalidDocument"; readonly path?: string; readonly errors: readonly string[] }
  /** A file that is not what it claims to be. `offset` is in bytes from its start. */
  | {
      readonly kind: "MalformedFile";
      readonly path: string;
      readonly reason: string;
      readonly remedy?: string;
      readonly offset?: number;
    }
  /** A sound file of a kind that is not read or written here. */
  | { readonly kind: "UnsupportedFile"; readonly path: string; readonly reason: string; readonly remedy?: string }
  /** The operating system says no. */
  | { readonly kind: "FileAccess"; readonly path: string; readonly reason: string; readonly remedy?: string }
  /** More memory than the stated budget. Sizes are in bytes. */
  | {
      readonly kind: "BudgetExceeded";
      readonly path?: string;
      readonly what: string;
      readonly needed: number;
      readonly budget: number;
      readonly remedy: string;
    }
  /** Voxels that the requested computation cannot represent. */
  | { readonly kind: "UnsupportedVoxels"; readonly reason: string; readonly remedy: string }
  | { readonly kind: "BackendUnavailable"; readonly backend: string; readonly reason: string; readonly remedy: string }
  /** A function that was handed in threw, or its promise was rejected. */
  | { readonly kind: "CallbackFailed"; readonly what: string; readonly reason: string }
  /** Some samples of a batch, by their names or numbers from 0; with the others nothing was wrong. */
  | { readonly kind: "FailedSamples"; readonly samples: readonly FailedSample[] }
  | { readonly kind: "Aborted" }
  /** A broken promise of this library: please report it. */
  | { readonly kind: "InternalError"; readonly phase: string; readonly reason: string };

/** The rejection of every promise of this library; `error` is the tagged value. */
export class MedImagesError extends Error {
  override readonly name: string = "MedImagesError";
  readonly error: PipelineError;
  constructor(error: PipelineError, options?: ErrorOptions) {
    super(describe(error), options);
    this.error = error;
  }
}

export const fail = (error: PipelineError, cause?: unknown): never => {
  throw new MedImagesError(error, cause === undefined ? undefined : { cause });
};

/** An unknown rejection as a tagged error; what is not ours becomes an `InternalError`. */
export const toPipelineError = (thrown: unknown, phase: string): PipelineError =>
  thrown instanceof MedImagesError
    ? thrown.error
    : { kind: "InternalError", phase, reason: thrown instanceof Error ? thrown.message : String(thrown) };

const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;
const then = (remedy: string | undefined): string => (remedy === undefined ? "" : `; ${remedy}`);

/** In one line: what a file says of itself may hold line ends, and codes that terminals obey or that turn text round. */
const inOneLine = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (code) => `\\x${code.codePointAt(0)?.toString(16).padStart(2, "0")}`);

/** One sentence for people: what, why, and what to do. */
export const describe = (error: PipelineError): string => {
  switch (error.kind) {
    case "InvalidPipeline":
      return error.problems.map((p) => `step ${p.step + 1} (${p.operation}): ${p.reason}; ${p.remedy}`).join("\n");
    case "InvalidDocument":
      return error.errors.map((e) => (error.path === undefined ? e : `${error.path}: ${e}`)).join("\n");
    case "MalformedFile":
      return inOneLine(
        `${error.path}: ${error.reason}${error.offset === undefined ? "" : ` (at byte ${error.offset})`}${then(error.remedy)}`,
      );
    case "UnsupportedFile":
    case "FileAccess":
      return inOneLine(`${error.path}: ${error.reason}${then(error.remedy)}`);
    case "BudgetExceeded":
      return `${error.path === undefined ? "" : `${error.path}: `}${error.what} needs ${mebibytes(error.needed)}, over the limit of ${mebibytes(error.budget)}; ${error.remedy}`;
    case "UnsupportedVoxels":
      return `${error.reason}; ${error.remedy}`;
    case "BackendUnavailable":
      return `the ${error.backend} backend is not available: ${error.reason}; ${error.remedy}`;
    case "CallbackFailed":
      return `${error.what} failed: ${error.reason}`;
    case "FailedSamples":
      return error.samples
        .flatMap(({ name, error: each }) =>
          describe(each)
            .split("\n")
            .map((line) => `sample ${name}: ${line}`),
        )
        .join("\n");
    case "Aborted":
      return "aborted before it was done";
    case "InternalError":
      return `internal error in ${error.phase}: ${error.reason}; please report this`;
  }
};
