/**
 * Prints a body as statements. What only one branch of a select needs is computed in that branch, so that
 * voxels outside a region read no samples; selects with one condition share their branches, so that those inside read
 * them once.
 */
import {
  type BinaryOperator,
  childrenOf,
  type Lookup,
  nodesOf,
  type Random,
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
  readonly random: (of: Random) => string;
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
  const scopes: Scope[] = [scopeOf(bodies)];
  let count = 0;
  const put = (line: string): void => {
    lines.push(`${"  ".repeat(scopes.length)}${line}`);
  };
  const known = (s: Scalar): string | undefined => scopes.map(({ names }) => names.get(s)).find((n) => n !== undefined);
  const name = (s: Scalar): string => {
    const fresh = `v${count++}`;
    scopes.at(-1)?.names.set(s, fresh);
    return fresh;
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
      case "random":
        return leaves.random(s);
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
    for (const node of inBoth([s])) value(node);
    const condition =
      s.condition.kind === "inside"
        ? leaves.inside(s.condition.region)
        : leaves.type === "f32"
          ? `${leaves.use("isNotZero")}(${value(s.condition)})`
          : `((${value(s.condition)} & 0x7fffffffu) != 0u)`;
    const now = [s];
    const canJoin = (other: Select): boolean =>
      known(other) === undefined &&
      now.every((one) => areApart(one, other)) &&
      inBoth([...now, other]).every((node) => known(node) !== undefined);
    for (const other of scopes.at(-1)?.selects.get(s.condition) ?? []) if (canJoin(other)) now.push(other);
    const named = now.map(() => `v${count++}`);
    const assign = (branch: (select: Select) => Scalar): void => {
      scopes.push(scopeOf(now.map(branch)));
      for (const [k, select] of now.entries()) put(`${named[k]} = ${value(branch(select))};`);
      scopes.pop();
    };
    for (const each of named) put(`var ${each}: ${leaves.type};`);
    put(`if (${condition}) {`);
    assign(({ then }) => then);
    put("} else {");
    assign(({ otherwise }) => otherwise);
    put("}");
    for (const [k, select] of now.entries()) scopes.at(-1)?.names.set(select, named[k] ?? "");
    return known(s) ?? "";
  };
  for (const line of finish(bodies.map(value))) put(line);
  return lines;
};

/** What is printed within a pair of braces. */
interface Scope {
  readonly names: Map<Scalar, string>;
  /** The selects that are computed whichever way others go, by their conditions. */
  readonly selects: ReadonlyMap<Scalar, readonly Select[]>;
}

const scopeOf = (roots: readonly Scalar[]): Scope => {
  const selects = new Map<Scalar, Select[]>();
  const seen = new Set<Scalar>();
  const visit = (s: Scalar): void => {
    if (seen.has(s)) return;
    seen.add(s);
    if (s.kind === "select") selects.set(s.condition, [...(selects.get(s.condition) ?? []), s]);
    for (const child of s.kind === "select" ? [s.condition] : childrenOf(s)) visit(child);
  };
  roots.forEach(visit);
  return { names: new Map(), selects };
};

/** Whether neither select is a part of the other. */
const areApart = (a: Select, b: Select): boolean => !nodesOf(a).includes(b) && !nodesOf(b).includes(a);

/** The selects that are needed where the condition of all of these holds as well as where it does not. */
const inBoth = (all: readonly Select[]): readonly Select[] => {
  const others = new Set(all.flatMap(({ otherwise }) => nodesOf(otherwise)));
  const thens = new Set(all.flatMap(({ then }) => nodesOf(then)));
  return [...thens].filter((node): node is Select => node.kind === "select" && others.has(node));
};

/** How often each node is asked for, at least. */
const usesInAll = (bodies: readonly Scalar[]): ReadonlyMap<Scalar, number> => {
  const all = new Map<Scalar, number>();
  for (const body of bodies)
    for (const [node, uses] of [[body, 1] as const, ...usesIn(body)]) all.set(node, (all.get(node) ?? 0) + uses);
  return all;
};

/** The taps that decide what a body chooses, and are nothing else to it. */
export const conditionsIn = (body: Scalar): ReadonlySet<number> => {
  const nodes = nodesOf(body);
  const deciding = nodes.flatMap((s) => (s.kind === "select" && s.condition.kind === "tap" ? [s.condition.index] : []));
  const chosen = nodes.flatMap((s) => (s.kind === "select" ? [s.then, s.otherwise] : [body]));
  const used = new Set(chosen.flatMap((s) => (s.kind === "tap" ? [s.index] : [])));
  return new Set(deciding.filter((index) => !used.has(index)));
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
        return (s.condition.kind === "inside" || s.condition.kind === "tap") && known(s.then) && known(s.otherwise);
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
