/**
 * The vocabulary of pipeline files, in io-ts. Names are what a person reads in an error: "expected three
 * numbers". Fields that no operation has are errors, for a misspelt option must not be ignored.
 */

import { isRight } from "fp-ts/lib/Either.js";
import * as t from "io-ts";
import { type Interpolator, interpolators } from "../../compiler/language/interpolator.ts";
import {
  isParameter,
  matrixOf,
  numberOf,
  numbersOf,
  type Real,
  type RealMatrix3,
  type RealVector3,
} from "../../compiler/language/real.ts";
import type { Matrix3, Vector3 } from "../../compiler/language/vector.ts";
import { type DType, dtypeNames } from "../../compiler/language/voxels.ts";
import type { AxisName, FillOptions, SamplingFill, SamplingOptions, Step } from "../step.ts";

/** A codec of values that JSON has as they are: what it takes is said by a predicate, and by a name for people. */
export const plain = <A>(name: string, is: (u: unknown) => u is A): t.Type<A> =>
  new t.Type<A>(name, is, (u, context) => (is(u) ? t.success(u) : t.failure(u, context)), t.identity);

/** A codec for one of a few words. */
export const oneOf = <W extends string>(name: string, words: readonly W[]): t.Type<W> =>
  plain(name, (u): u is W => words.some((w) => w === u));

const isNumber = (u: unknown): u is number => typeof u === "number" && Number.isFinite(u);

export const finite: t.Type<number> = plain("a finite number", isNumber);
export const pair: t.Type<readonly [number, number]> = plain(
  "two finite numbers [low, high]",
  (u): u is readonly [number, number] => Array.isArray(u) && u.length === 2 && u.every(isNumber),
);
export const vector3: t.Type<Vector3> = plain(
  "three finite numbers [x, y, z]",
  (u): u is Vector3 => Array.isArray(u) && u.length === 3 && u.every(isNumber),
);
export const matrix3: t.Type<Matrix3> = plain(
  "nine finite numbers, row-major",
  (u): u is Matrix3 => Array.isArray(u) && u.length === 9 && u.every(isNumber),
);
/** Parameters are written as the values that they have. */
export const real: t.Type<Real, unknown> = new t.Type<Real, unknown>(
  finite.name,
  (u): u is Real => finite.is(u) || (isParameter(u) && finite.is(u.value)),
  (u, context) => finite.validate(u, context),
  numberOf,
);
export const realVector3: t.Type<RealVector3, unknown> = new t.Type<RealVector3, unknown>(
  vector3.name,
  (u): u is RealVector3 => Array.isArray(u) && u.length === 3 && u.every(real.is),
  (u, context) => vector3.validate(u, context),
  numbersOf,
);
// Pure, as the codecs of steps: pages that do not use an operation need not have it.
export const realMatrix3: t.Type<RealMatrix3, unknown> = /* @__PURE__ */ new t.Type<RealMatrix3, unknown>(
  matrix3.name,
  (u): u is RealMatrix3 => Array.isArray(u) && u.length === 9 && u.every(real.is),
  (u, context) => matrix3.validate(u, context),
  matrixOf,
);
export const yesOrNo: t.Type<boolean> = plain("true or false", (u): u is boolean => typeof u === "boolean");
export const text: t.Type<string> = plain("text", (u): u is string => typeof u === "string");
export const axisName: t.Type<AxisName> = oneOf("one of x, y, z", ["x", "y", "z"]);
export const dtype: t.Type<DType> = oneOf(`one of ${dtypeNames.join(", ")}`, dtypeNames);
const interpolation: t.Type<Interpolator> = oneOf(`one of ${interpolators.join(", ")}`, interpolators);

/** One of several forms, named as people would, with one error for all of them. */
export const either = <A, B>(name: string, a: t.Type<A>, b: t.Type<B>): t.Type<A | B, unknown> =>
  new t.Type<A | B, unknown>(
    name,
    (u): u is A | B => a.is(u) || b.is(u),
    (u, context) => {
      const first = a.decode(u);
      if (isRight(first)) return first;
      const second = b.decode(u);
      return isRight(second) ? second : t.failure(u, context);
    },
    (value) => (b.is(value) ? b.encode(value) : a.is(value) ? a.encode(value) : value),
  );

export const numberOrThree: t.Type<number | Vector3, unknown> = either("a finite number or three", finite, vector3);

type FillWord = Exclude<SamplingFill, number>;
const fill: t.Type<number | "background", unknown> = either(
  "a finite number or background",
  finite,
  oneOf<"background">("background", ["background"]),
);
const samplingFill: t.Type<SamplingFill, unknown> = either(
  "a finite number or one of background, clamp, reflect, wrap",
  finite,
  oneOf<FillWord>("", ["background", "clamp", "reflect", "wrap"]),
);

/** The optional fields of operations that sample, and of those that clip. */
export const samplingFields: CodecsOf<SamplingOptions, "interpolation" | "fill"> = {
  interpolation,
  fill: samplingFill,
};
export const fillFields: CodecsOf<FillOptions, "fill"> = { fill };

type OptionalKeys<S> = { [K in keyof S]-?: Record<never, never> extends Pick<S, K> ? K : never }[keyof S];
type CodecsOf<S, K extends keyof S> = { readonly [P in K]-?: t.Type<Exclude<S[P], undefined>, unknown, unknown> };
type RequiredCodecs<S> = CodecsOf<S, Exclude<keyof S, OptionalKeys<S> | "op">>;
type OptionalCodecs<S> = CodecsOf<S, OptionalKeys<S>>;

/** The JSON form of a step, which also judges steps that are made in code. */
export interface StepCodec<S> extends t.Type<S, object, unknown> {
  /** What keeps a value from being such a step, in words; nothing when it is one. */
  readonly mismatch: (step: object) => string | undefined;
}

/** The JSON form of a step: a codec for each field of its type, and no others. */
export const stepCodec = <S extends Step>(
  op: S["op"],
  required: RequiredCodecs<S>,
  optional: OptionalCodecs<S>,
): StepCodec<S> => {
  const fields = new Map<string, t.Mixed>([
    ["op", oneOf<S["op"]>(JSON.stringify(op), [op])],
    ...Object.entries<t.Mixed>(required),
    ...Object.entries<t.Mixed>(optional),
  ]);
  const isOptional = (key: string): boolean => key in optional;
  const foreign = (key: string): string => `has no field "${key}"; its fields are ${[...fields.keys()].join(", ")}`;
  const isComplete = (value: object): value is S => Object.keys(required).every((key) => key in value);
  const mismatch = (step: object): string | undefined => {
    const given = new Map<string, unknown>(Object.entries(step));
    const wrong = [...fields].find(
      ([key, codec]) => !(given.get(key) === undefined && isOptional(key)) && !codec.is(given.get(key)),
    );
    if (wrong !== undefined)
      return `field "${wrong[0]}": expected ${wrong[1].name}, found ${showValue(given.get(wrong[0]))}`;
    const extra = [...given.keys()].find((key) => !fields.has(key));
    return extra === undefined ? undefined : foreign(extra);
  };
  const validate: t.Validate<unknown, S> = (u, context) => {
    if (typeof u !== "object" || u === null) return t.failure(u, context);
    const given = new Map<string, unknown>(Object.entries(u));
    const errors: t.Errors = [];
    const value = new Map<string, unknown>();
    for (const [key, codec] of fields) {
      if (given.get(key) === undefined && isOptional(key)) continue;
      const result = codec.validate(given.get(key), t.appendContext(context, key, codec, given.get(key)));
      if (isRight(result)) value.set(key, result.right);
      else errors.push(...result.left);
    }
    for (const [key, found] of given)
      if (!fields.has(key)) errors.push({ value: found, context, message: foreign(key) });
    const step: object = Object.fromEntries(value);
    return errors.length === 0 && isComplete(step) ? t.success(step) : t.failures(errors);
  };
  const encode = (step: S): object => {
    const given = new Map<string, unknown>(Object.entries(step));
    return Object.fromEntries(
      [...fields].flatMap(([key, codec]) =>
        given.get(key) === undefined ? [] : [[key, codec.encode(given.get(key))]],
      ),
    );
  };
  const is = (u: unknown): u is S => typeof u === "object" && u !== null && mismatch(u) === undefined;
  return Object.assign(new t.Type<S, object, unknown>(op, is, validate, encode), { mismatch });
};

/** A value in an error message, kept short. */
export const showValue = (value: unknown): string => {
  const spell = (_: string, v: unknown): unknown =>
    (typeof v === "number" && !Number.isFinite(v)) || typeof v === "bigint" ? String(v) : v;
  const json = value === undefined ? undefined : JSON.stringify(value, spell);
  if (json === undefined) return "nothing";
  return json.length > 60 ? `${json.slice(0, 57)}…` : json;
};
