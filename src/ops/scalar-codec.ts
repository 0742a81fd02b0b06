/** Scalars as JSON: numbers, "value", "channel", and [operator, …operands], so that a person can read and write them. */
import * as t from "io-ts";
import type { BinaryOperator, Scalar, UnaryOperator } from "../../compiler/language/scalar.ts";
import * as scalar from "../../compiler/language/scalar.ts";

const isUnary = (name: unknown): name is UnaryOperator =>
  typeof name === "string" && Object.hasOwn(scalar.unaryOperators, name);
const isBinary = (name: unknown): name is BinaryOperator =>
  typeof name === "string" && Object.hasOwn(scalar.binaryOperators, name);

/** What stands in a pipeline file for the numbers that JSON lacks. */
const special: readonly (readonly [name: string, value: number])[] = [
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
  ["-0", -0],
];

/** Deeper nesting than any map needs; a file that goes on is refused rather than overflowing the stack. */
const deepest = 256;

const parse = (u: unknown, depth = 0): Scalar | undefined => {
  if (depth > deepest) return undefined;
  if (u === "value") return scalar.tap(0);
  if (u === "channel") return scalar.channel;
  if (typeof u === "number") return scalar.constant(u);
  if (typeof u === "string") {
    const found = special.find(([name]) => name === u);
    return found === undefined ? undefined : scalar.constant(found[1]);
  }
  if (!Array.isArray(u)) return undefined;
  const [operator, ...rest] = u;
  const operands = rest.map((operand) => parse(operand, depth + 1));
  const [a, b, c] = operands;
  if (operands.includes(undefined) || a === undefined) return undefined;
  if (operands.length === 1 && isUnary(operator)) return scalar.unary(operator, a);
  if (operands.length === 2 && isBinary(operator) && b !== undefined) return scalar.binary(operator, a, b);
  if (operands.length === 3 && operator === "select" && b !== undefined && c !== undefined)
    return scalar.select(a, b, c);
  return undefined;
};

const print = (s: Scalar): unknown => {
  switch (s.kind) {
    case "const":
      return special.find(([, value]) => Object.is(value, s.value))?.[0] ?? s.value;
    case "unary":
      return [s.operator, print(s.a)];
    case "binary":
      return [s.operator, print(s.a), print(s.b)];
    case "select":
      return ["select", print(s.condition), print(s.then), print(s.otherwise)];
    case "tap":
      return "value";
    case "channel":
      return "channel";
    case "inside":
    case "background":
    case "slope":
    case "lookup":
      return { plan: s.kind };
  }
};

const onlyInPlans: ReadonlySet<Scalar["kind"]> = new Set<Scalar["kind"]>(["slope", "inside", "background", "lookup"]);

/** What keeps a scalar from being a map of one value, or nothing. */
export const scalarProblem = (body: Scalar): string | undefined => {
  const foreign = scalar.nodesOf(body).find((s) => (s.kind === "tap" ? s.index !== 0 : onlyInPlans.has(s.kind)));
  return foreign === undefined ? undefined : `${scalar.showScalar(foreign)} has no meaning in a map`;
};

export const scalarCodec: t.Type<Scalar, unknown> = new t.Type<Scalar, unknown>(
  'a number, "value", "channel", or [operator, operand, …]',
  (u): u is Scalar => typeof u === "object" && u !== null && "kind" in u,
  (u, context) => {
    const body = parse(u);
    return body === undefined ? t.failure(u, context) : t.success(body);
  },
  print,
);
