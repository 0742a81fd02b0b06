/** Failures in words and as exit statuses: one clear message, and where it happened only when asked for. */
import { inspect } from "node:util";
import { describe, fail, MedImagesError, toPipelineError } from "../../compiler/errors.ts";
import { failed, type Terminal, warn, wrongUsage } from "./terminal.ts";
import { UsageError } from "./usage.ts";

/**
 * Waits for all of the work and tells all that went wrong with it, each thing once.
 * @throws MedImagesError what the only failure was, or `InvalidDocument` with all of them
 */
export const allOf = async <A>(works: readonly (A | Promise<A>)[]): Promise<readonly A[]> => {
  const settled = await Promise.allSettled(works);
  const failures = settled.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
  const [first] = failures;
  const foreign = failures.find((thrown) => !(thrown instanceof MedImagesError));
  if (foreign !== undefined) throw foreign;
  const told = new Set(failures.flatMap((thrown) => describe(toPipelineError(thrown, "")).split("\n")));
  if (told.size > 1) fail({ kind: "InvalidDocument", errors: [...told] }, first);
  if (first !== undefined) throw first;
  return settled.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
};

/** Tells what went wrong. @returns the exit status */
export const report = (terminal: Terminal, thrown: unknown, command: string | undefined, debug: boolean): number => {
  const name = command === undefined ? "medimages" : `medimages ${command}`;
  if (thrown instanceof UsageError) {
    for (const problem of thrown.problems) warn(terminal, `${name}: ${problem}`);
    warn(terminal, `\`${command === "help" ? "medimages" : name} --help\` shows how it is used.`);
    return wrongUsage;
  }
  const error = toPipelineError(thrown, name);
  for (const line of describe(error).split("\n")) warn(terminal, `${name}: ${line}`);
  if (debug) warn(terminal, inspect(thrown));
  else if (!(thrown instanceof MedImagesError)) warn(terminal, "(--debug shows where it happened)");
  return failed;
};
