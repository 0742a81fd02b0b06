/** The error that a damaged file is, and what such files are called in messages. */
import { fail } from "../../../compiler/errors.ts";

/** @throws MedImagesError `MalformedFile`; `offset` is where in the file it is damaged */
export const malformed = (path: string, reason: string, offset?: number, cause?: unknown): never =>
  fail(
    {
      kind: "MalformedFile",
      path,
      reason,
      ...(offset === undefined ? {} : { offset }),
      remedy: "get the file again from where it came, or leave it out",
    },
    cause,
  );

export const baseName = (path: string): string => path.split(/[\\/]/).at(-1) ?? path;
