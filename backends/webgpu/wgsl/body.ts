/**
 * Prints a body as statements. What only one branch of a select needs is computed in that branch, so that
 * voxels outside a region read no samples.
 */
import {
  type BinaryOperator,
  type Lookup,
  nodesOf,
  type Scalar,
  type Select,
  type UnaryOperator,
  usesIn,
} from "../../../compiler/language/scalar.ts";
import type { Axis } from "../../../compiler/language/vector.ts";
import type { HelperName } from "./library.ts";

type Use = (helper: HelperName) => HelperName;

/** How the leaves of a body are spelled. */
export interface Leaves {
  readonly type: "f32" | "u32" | "vec2u";
  readonly constant: (value: number) => string;
  readonly tap: (index: number) => string;
  readonly slope: (index: number, axis: Axis) => string;
  readonly background: (buffer: number) => string;
  readonly lookup: (of: Lookup, row: string, column: string) => string;
  /** An expression of type bool. */
  readonly inside: (region: number) => string;
  readonly use: Use;
}

const unaryText: Readonly<Record<UnaryOperator, (a: string, use: Use) => string>> = {
  neg: (a) => `(-${a})`,
  abs: (a) => `abs(${a})`,
  exp: (a) => `exp(${a})`,
  log: (a, use) => `${use("logarithm")}(${a})`,
  sqrt: (a, use) => `${use("root")}(${a})`,
  floor: (a) => `floor(${a})`,
};

const binaryText: Readonly<Record<BinaryOperator, (a: string, b: string, use: Use) => string>> = {
  add: (a, b) => `(${a} + ${b})`,
  sub: (a, b) => `(${a} - ${b})`,
  mul: (a, b) => `(${a} * ${b})`,
  div: (a, b) => `(${a} / ${b})`,
  min: (a, b, use) => `${use("smaller")}(${a}, ${b})`,
  max: (a, b, use) => `${use("larger")}(${a}, ${b})`,
  pow: (a, b, use) => `${use("power")}(${a}, ${b})`,
  less: (a, b, use) => `${use("less")}(${a}, ${b})`,
};

/**
 * The statements of a function that computes bodies, and last what `finish` makes of their values. What bodies have
 * in common is computed once.
 */
export const bodyStatements = (
  bodies: readonly Scalar[],
  leaves: Leaves,
  finish: (values: readonly string[]) => readonly string[],
): readonly string[] => {
  const uses = usesInAll(bodies);
  const lines: string[] = [];
  const scopes: Map<Scalar, string>[] = [new Map()];
  let count = 0;
  const put = (line: string): void => {
    lines.push(`${"  ".repeat(scopes.length)}${line}`);
  };
  const known = (s: Scalar): string | undefined => scopes.map((scope) => scope.get(s)).find((n) => n !== undefined);
  const name = (s: Scalar): string => {
    const fresh = `v${count++}`;
    scopes.at(-1)?.set(s, fresh);
    return fresh;
  };
  const within = (print: () => void): void => {
    scopes.push(new Map());
    print();
    scopes.pop();
  };
  const value = (s: Scalar): string => {
    const found = known(s);
    if (found !== undefined) return found;
    if (s.kind === "select") return branches(s);
    const text = operation(s);
    if ((uses.get(s) ?? 0) < 2 || s.kind === "const" || s.kind === "background") return text;
    const named = name(s);
    put(`let ${named} = ${text};`);
    return named;
  };
  const operation = (s: Exclude<Scalar, Select>): string => {
    switch (s.kind) {
      case "const":
        return leaves.constant(s.value);
      case "tap":
        return leaves.tap(s.index);
      case "channel":
        return "f32(channel)";
      case "slope":
        return leaves.slope(s.index, s.axis);
      case "lookup":
        return leaves.lookup(s, value(s.row), value(s.column));
      case "background":
        return leaves.background(s.buffer);
      case "inside":
        return `select(0.0, 1.0, ${leaves.inside(s.region)})`;
      case "unary":
        return unaryText[s.operator](value(s.a), leaves.use);
      case "binary":
        return binaryText[s.operator](value(s.a), value(s.b), leaves.use);
    }
  };
  const branches = (s: Select): string => {
    // Printed once here, or else in each branch again, and so on down.
    const others = new Set(nodesOf(s.otherwise));
    for (const node of nodesOf(s.then)) if (node.kind === "select" && others.has(node)) value(node);
    const condition =
      s.condition.kind === "inside"
        ? leaves.inside(s.condition.region)
        : `${leaves.use("isNotZero")}(${value(s.condition)})`;
    const named = `v${count++}`;
    put(`var ${named}: ${leaves.type};`);
    put(`if (${condition}) {`);
    within(() => put(`${named} = ${value(s.then)};`));
    put("} else {");
    within(() => put(`${named} = ${value(s.otherwise)};`));
    put("}");
    scopes.at(-1)?.set(s, named);
    return named;
  };
  for (const line of finish(bodies.map(value))) put(line);
  return lines;
};

/** How often each node is asked for, at least. */
const usesInAll = (bodies: readonly Scalar[]): ReadonlyMap<Scalar, number> => {
  const all = new Map<Scalar, number>();
  for (const body of bodies)
    for (const [node, uses] of [[body, 1] as const, ...usesIn(body)]) all.set(node, (all.get(node) ?? 0) + uses);
  return all;
};

/** Whether a body only chooses among voxels and fills, so that it can be computed on bits. */
export const onlyMoves = (body: Scalar): boolean => {
  const moves = (s: Scalar): boolean => {
    switch (s.kind) {
      case "tap":
      case "const":
      case "background":
        return true;
      case "select":
        return s.condition.kind === "inside" && known(s.then) && known(s.otherwise);
      default:
        return false;
    }
  };
  const seen = new Map<Scalar, boolean>();
  const known = (s: Scalar): boolean => {
    const answer = seen.get(s) ?? moves(s);
    seen.set(s, answer);
    return answer;
  };
  return known(body);
};
