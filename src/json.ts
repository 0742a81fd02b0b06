/**
 * Pipelines as data. A document is decoded whole and every mistake in it reported, each naming the step,
 * the field, what was expected and what was found; or it is refused.
 */
import { type Either, isLeft, left, right } from "fp-ts/lib/Either.js";
import type * as t from "io-ts";
import type { PipelineError } from "../compiler/errors.ts";
import { type Grid, gridOf } from "../compiler/language/grid.ts";
import { type Expression, type Operation, type Source, toExpression } from "./expression.ts";
import type { Kind } from "./image.ts";
import { applyStep } from "./ops/apply.ts";
import { maskImage } from "./ops/mask.ts";
import type { OperationDefinition } from "./ops/operation.ts";
import { operations } from "./ops/table.ts";
import type { OperationName, Step, StepOf } from "./step.ts";

/** What `toJSON` gives and `fromJSON` takes; a bare array of steps is taken too. */
export interface PipelineDocument {
  readonly medimages: 1;
  readonly steps: readonly object[];
}

export interface FromJSONOptions {
  /** The name of the document in errors, such as its path. */
  readonly name?: string;
  /** Grids of the images that `resampleToImage` steps name. */
  readonly images?: Readonly<Record<string, Grid>>;
  /** The images that steps name as masks. */
  readonly masks?: Readonly<Record<string, Source>>;
}

interface DecodeOptions extends FromJSONOptions {
  /** Why the grid of an image that a step names could not be read. */
  readonly unreadable?: Readonly<Record<string, string>>;
}

const isOperation = (op: unknown): op is OperationName => typeof op === "string" && Object.hasOwn(operations, op);
const define = <N extends OperationName>(op: N): OperationDefinition<N> => operations[op];
const encodeStep = <N extends OperationName>(op: N, step: StepOf<N>): object => operations[op].codec.encode(step);

/** The steps of an expression as a JSON document that {@link fromJSON} reads back. */
export const toJSON = (source: Source): PipelineDocument => ({
  medimages: 1,
  steps: toExpression(source).steps.map((step) => encodeAny(step)),
});
const encodeAny = (step: Step): object => encodeStep<OperationName>(step.op, step);

/** Applies steps that come as data, in order. */
export const applySteps = <K extends Kind>(steps: readonly Step[], source: Source<K>): Expression<K> =>
  steps.reduce<Expression<K>>(
    (expression, step) => applyStep(define<OperationName>(step.op), step, expression),
    toExpression(source),
  );

/**
 * Reads a pipeline document into one operation.
 * Errors are values: `InvalidDocument` with every mistake found.
 */
export const fromJSON = (document: unknown, options: FromJSONOptions = {}): Either<PipelineError, Operation> => {
  const steps = decodeSteps(document, options);
  return isLeft(steps) ? steps : right((source) => applySteps(steps.right, source));
};

/** The steps of a document. */
export const decodeSteps = (document: unknown, options: DecodeOptions = {}): Either<PipelineError, readonly Step[]> => {
  const refuse = (errors: readonly string[]): Either<PipelineError, never> =>
    left({ kind: "InvalidDocument", errors, ...(options.name === undefined ? {} : { path: options.name }) });
  const list = listOf(document);
  if (typeof list === "string") return refuse([list]);
  const decoded = list.map((step, k) => decodeStep(step, k, options));
  const errors = decoded.flatMap((result) => (isLeft(result) ? result.left : []));
  return errors.length > 0
    ? refuse(errors)
    : right(decoded.flatMap((result) => (isLeft(result) ? [] : [result.right])));
};

/** The image names that `resampleToImage` steps of a document ask for, so that a caller can read their grids. */
export const imagesIn = (document: unknown): readonly string[] => {
  const list = listOf(document);
  return typeof list === "string"
    ? []
    : list.flatMap((step) =>
        isObject(step) && typeof step.image === "string" && step.grid === undefined ? [step.image] : [],
      );
};

/** The image names that masks of a document's steps ask for, so that a caller can read them. */
export const masksIn = (document: unknown): readonly string[] => {
  const list = listOf(document);
  return typeof list === "string" ? [] : list.flatMap((step) => (isObject(step) ? (maskIn(step) ?? []) : []));
};

/** The name of the image that is a step's mask. */
const maskIn = ({ mask }: Readonly<Record<string, unknown>>): string | undefined =>
  isObject(mask) && typeof mask.image === "string" ? mask.image : undefined;

const isObject = (u: unknown): u is Readonly<Record<string, unknown>> =>
  typeof u === "object" && u !== null && !Array.isArray(u);

const listOf = (document: unknown): readonly unknown[] | string => {
  if (Array.isArray(document)) return document;
  if (!isObject(document)) return `expected a pipeline document or an array of steps, found ${show(document)}`;
  if (document.medimages !== 1)
    return `field "medimages": expected 1, the version of the format, found ${show(document.medimages)}`;
  return Array.isArray(document.steps)
    ? document.steps
    : `field "steps": expected an array of steps, found ${show(document.steps)}`;
};

const decodeStep = (u: unknown, k: number, options: DecodeOptions): Either<readonly string[], Step> => {
  if (!isObject(u)) return left([`step ${k + 1}: expected an object with a field "op", found ${show(u)}`]);
  const { op } = u;
  if (!isOperation(op))
    return left([
      `step ${k + 1}: field "op": expected one of ${Object.keys(operations).join(", ")}, found ${show(op)}`,
    ]);
  const { fields, problem } = op === "resampleToImage" ? withGrid(u, options) : withMask(u, options);
  const result: Either<t.Errors, Step> = define<OperationName>(op).codec.decode(fields);
  const problems = [
    ...(problem === undefined ? [] : [problem]),
    ...(isLeft(result) ? result.left.map((error) => showError(error)) : []),
  ];
  return isLeft(result) || problem !== undefined
    ? left(problems.map((reason) => `step ${k + 1} (${op}): ${reason}`))
    : result;
};

interface Resolved {
  readonly fields: object;
  readonly problem?: string | undefined;
}

const ownOf = <A>(key: string, record: Readonly<Record<string, A>> = {}): A | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;

/** The step with the grid of its image. Without one it gets another, so that its other fields can be judged. */
const withGrid = (step: Readonly<Record<string, unknown>>, { images, unreadable }: DecodeOptions): Resolved => {
  const { image } = step;
  if (step.grid !== undefined) return { fields: step };
  const grid = gridOf([1, 1, 1]);
  if (typeof image !== "string")
    return {
      fields: { ...step, grid, image: "" },
      problem: `field "image": expected the path of an image, or a field "grid", found ${show(image)}`,
    };
  const found = ownOf(image, images);
  if (found !== undefined) return { fields: { ...step, grid: found } };
  const reason = ownOf(image, unreadable) ?? `the grid of ${show(image)} is not at hand`;
  return { fields: { ...step, grid }, problem: `field "image": ${reason}` };
};

/** The step with the image of its mask, if it has one. Without it the step gets another mask, so that the rest can be judged. */
const withMask = (step: Readonly<Record<string, unknown>>, { masks, unreadable }: DecodeOptions): Resolved => {
  const name = maskIn(step);
  if (name === undefined) return { fields: step };
  const found = ownOf(name, masks);
  if (found !== undefined) return { fields: { ...step, mask: maskImage(found, name) } };
  const reason = ownOf(name, unreadable) ?? `the image ${show(name)} is not at hand`;
  return { fields: { ...step, mask: "nonzero" }, problem: `field "mask": ${reason}` };
};

/** A mistake in a document: the field, what was expected and what was found. */
export const showError = ({ context, message, value }: t.ValidationError): string => {
  if (message !== undefined) return message;
  const path = context
    .map(({ key }) => key)
    .filter((key) => key !== "")
    .join(".");
  const expected = context[context.length - 1]?.type.name ?? "something else";
  return `field "${path}": expected ${expected}, found ${show(value)}`;
};

const show = (value: unknown): string => {
  const json =
    value === undefined
      ? undefined
      : JSON.stringify(value, (_, v: unknown) => (typeof v === "number" && !Number.isFinite(v) ? String(v) : v));
  if (json === undefined) return "nothing";
  return json.length > 60 ? `${json.slice(0, 57)}…` : json;
};
