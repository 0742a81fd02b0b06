/**
 * Laws of pipelines as data: a document says everything that an expression does, and reading it back gives
 * the same program.
 */
import { isLeft } from "fp-ts/lib/Either.js";
import { describe } from "../compiler/errors.ts";
import type { Voxels } from "../compiler/language/voxels.ts";
import type { MedImage } from "../src/image.ts";
import { identicalGrid, sameStorage } from "./compare.ts";
import type { Pipeline, Subject } from "./subject.ts";
import { broken, every, require, type Verdict } from "./verdict.ts";

/**
 * Where two plain values differ, as a path; undefined when they do not. A field that is undefined is one left
 * out, and 0 is −0, for JSON knows no −0.
 */
export const difference = (a: unknown, b: unknown, path = ""): string | undefined => {
  if (a === b || Object.is(a, b)) return undefined;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null)
    return `${path}: ${String(a)} and ${String(b)}`;
  if (Array.isArray(a) !== Array.isArray(b)) return `${path}: an array and none`;
  const [left, right] = [new Map<string, unknown>(Object.entries(a)), new Map<string, unknown>(Object.entries(b))];
  for (const key of new Set([...left.keys(), ...right.keys()])) {
    const found = difference(left.get(key), right.get(key), `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
};

/** The same voxels, or as many of the same values: those that a step brings along are written and read. */
const isAlike = (a: Voxels, b: Voxels | undefined): boolean =>
  a === b ||
  (b !== undefined &&
    a.dtype === b.dtype &&
    a.data.length === b.data.length &&
    a.data.every((value: number | bigint, k: number) => value === b.data[k]));

/**
 * Writing an expression's steps as JSON text, reading them back and applying them to the same image gives the
 * same steps, grid, storage, problems, plan and inputs.
 */
export const documentsRoundTrip = (subject: Subject, pipeline: Pipeline, image: MedImage<"intensity">): Verdict => {
  const written = pipeline(image);
  const text = JSON.stringify(subject.toJSON(written));
  const read = subject.fromJSON(JSON.parse(text));
  if (isLeft(read)) return broken(`what was written is refused: ${describe(read.left)}`);
  const again = read.right(image);
  const same = (what: string, a: unknown, b: unknown): Verdict => {
    const where = difference(a, b, what);
    return require(where === undefined, () => `written and read differ at ${where}`);
  };
  const steps = every(
    () => same("steps", written.steps, again.steps),
    () => identicalGrid(again.grid, written.grid),
    () => sameStorage(again.storage, written.storage),
    () => same("sampling", written.sampling, again.sampling),
    () => same("problems", written.problems, again.problems),
  );
  if (!steps.holds || written.problems.length > 0) return steps;
  const [a, b] = [subject.compile(written), subject.compile(again)];
  return every(
    () => same("plan", a.plan, b.plan),
    require(a.inputs.length === b.inputs.length && a.inputs.every((voxels, k) => isAlike(voxels, b.inputs[k])), () =>
      "the programs read other voxels"),
  );
};
