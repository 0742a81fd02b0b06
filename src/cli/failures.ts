/** Failures in words and as exit statuses: one clear message, and where it happened only when asked for. */
import { inspect } from "node:util";
import { describe, MedImagesError, toPipelineError } from "../../compiler/errors.ts";
import { failed, type Terminal, warn, wrongUsage } from "./terminal.ts";
import { UsageError } from "./usage.ts";

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
