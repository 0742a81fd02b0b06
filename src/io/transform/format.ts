/** What a format of transform files is: text that is recognised by its content, read, and written. */
import { fail } from "../../../compiler/errors.ts";
import type { Transform } from "../../transform.ts";

export interface TransformFormat {
  readonly name: string;
  /** With the dot, lower case; the first format that has a suffix writes it. */
  readonly suffixes: readonly string[];
  /** Whether a file looks like one, right or wrong. */
  readonly recognizes: (text: string) => boolean;
  /** @throws MedImagesError `MalformedFile`, `UnsupportedFile` */
  readonly parse: (text: string, path: string) => Transform;
  readonly print: (transform: Transform) => string;
}

/** @throws MedImagesError `MalformedFile` */
export const malformed = (path: string, reason: string, remedy?: string): never =>
  fail({ kind: "MalformedFile", path, reason, ...(remedy === undefined ? {} : { remedy }) });

/** Numbers between blanks and, as some programs write them, commas. @throws MedImagesError `MalformedFile` */
export const numbersIn = (text: string, what: string, path: string): readonly number[] =>
  text
    .trim()
    .split(/[\s,]+/)
    .filter((word) => word !== "")
    .map((word) => {
      const number = Number(word);
      return Number.isFinite(number)
        ? number
        : malformed(path, `${what}: expected a finite number, found "${word.slice(0, 40)}"`);
    });
