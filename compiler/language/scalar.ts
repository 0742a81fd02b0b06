/**
 * Arithmetic on one voxel: the only code that runs per voxel, and so the one language that each backend
 * has to print. Users build intensity maps from it; the compiler adds what geometry needs.
 */
import { intern, type Node, spell } from "./intern.ts";
import type { Axis } from "./vector.ts";

/** −x, |x|, eˣ, ln x, √x, and ⌊x⌋. */
export type UnaryOperator = "neg" | "abs" | "exp" | "log" | "sqrt" | "floor";
/** Arithmetic; `less` is 1 where a < b and 0 elsewhere. */
export type BinaryOperator = "add" | "sub" | "mul" | "div" | "min" | "max" | "pow" | "less";

export interface Const extends Node {
  readonly kind: "const";
  readonly value: number;
  /** The name of the parameter that it is, if it is one: it can be differentiated by, and is never folded away. */
  readonly parameter?: string;
}
/** A number with a name, to differentiate by. */
export interface Parameter extends Const {
  readonly parameter: string;
}
/** The value of field `index` of the map; in a plan, the interpolated *stored* value of tap `index`. */
export interface TapValue extends Node {
  readonly kind: "tap";
  readonly index: number;
}
/** The number of the channel that is being computed, from 0. */
export interface ChannelNumber extends Node {
  readonly kind: "channel";
}
/** In plans only: 1 where the voxel lies inside region `region`, else 0. */
export interface Inside extends Node {
  readonly kind: "inside";
  readonly region: number;
}
/** In plans only: how fast the interpolated stored value of tap `index` rises along source axis `axis`, per voxel. */
export interface Slope extends Node {
  readonly kind: "slope";
  readonly index: number;
  readonly axis: Axis;
}
/** In plans only: the corner median of buffer `buffer`, in stored numbers. */
export interface BackgroundValue extends Node {
  readonly kind: "background";
  readonly buffer: number;
}
/**
 * In plans only: Σ_c T[round(row), c] · β³(column − c) with T the table in buffer `buffer`, or with the derivative of
 * β³; 0 where row or column are NaN. It is linear in T, and the transpose of counting into a histogram.
 */
export interface Lookup extends Node {
  readonly kind: "lookup";
  readonly buffer: number;
  readonly row: Scalar;
  readonly column: Scalar;
  readonly weights: "spline" | "slope";
}
/**
 * A number of (0, 1) that the voxel draws by itself, uniform and independent of those of other voxels, seeds and
 * streams: see {@link uniformAt}. It depends on the voxel's place in the grid that a pass runs over and on nothing else.
 */
export interface Random extends Node {
  readonly kind: "random";
  readonly seed: number;
  readonly stream: number;
}
export interface Unary extends Node {
  readonly kind: "unary";
  readonly operator: UnaryOperator;
  readonly a: Scalar;
}
export interface Binary extends Node {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly a: Scalar;
  readonly b: Scalar;
}
/** `then` where the condition is not 0, else `otherwise`; the one not chosen is not looked at. */
export interface Select extends Node {
  readonly kind: "select";
  readonly condition: Scalar;
  readonly then: Scalar;
  readonly otherwise: Scalar;
}

export type Scalar = Leaf | Lookup | Unary | Binary | Select;
export type Leaf = Const | TapValue | ChannelNumber | Slope | Inside | BackgroundValue | Random;

/** A number, the same for every voxel. */
export const constant = (value: number): Const => intern(`const ${spell([value])}`, () => ({ kind: "const", value }));
/** The parameter `name` with the value that it has now. */
export const parameter = (name: string, value: number): Parameter =>
  intern(`parameter ${JSON.stringify(name)} ${spell([value])}`, () => ({ kind: "const", value, parameter: name }));
export const tap = (index: number): TapValue => intern(`tap ${index}`, () => ({ kind: "tap", index }));
/** The number of the channel that is being computed, from 0. */
export const channel: ChannelNumber = intern("channel", () => ({ kind: "channel" }));
export const slope = (index: number, axis: Axis): Slope =>
  intern(`slope ${index} ${axis}`, () => ({ kind: "slope", index, axis }));
export const inside = (region: number): Inside => intern(`inside ${region}`, () => ({ kind: "inside", region }));
export const background = (buffer: number): BackgroundValue =>
  intern(`background ${buffer}`, () => ({ kind: "background", buffer }));
/** A number that each voxel draws, the same for the same seed and stream; any finite number is a good one. */
export const random = (seed: number, stream = 0): Random =>
  intern(`random ${spell([seed, stream])}`, () => ({ kind: "random", seed, stream }));
export const lookup = (buffer: number, row: Scalar, column: Scalar, weights: Lookup["weights"]): Lookup =>
  intern(`lookup ${buffer} ${row.id} ${column.id} ${weights}`, () => ({
    kind: "lookup",
    buffer,
    row,
    column,
    weights,
  }));
/** One of −a, |a|, eᵃ, ln a, √a and ⌊a⌋. Where there is none, as for √−1, it is not-a-number. */
export const unary = (operator: UnaryOperator, a: Scalar): Unary =>
  intern(`${operator} ${a.id}`, () => ({ kind: "unary", operator, a }));
/** Arithmetic on two numbers; `less` is 1 where a < b and else 0, also where one is not-a-number. */
export const binary = (operator: BinaryOperator, a: Scalar, b: Scalar): Binary =>
  intern(`${operator} ${a.id} ${b.id}`, () => ({ kind: "binary", operator, a, b }));
/** `then` where the condition is not 0, else `otherwise`. */
export const select = (condition: Scalar, then: Scalar, otherwise: Scalar): Select =>
  intern(`select ${condition.id} ${then.id} ${otherwise.id}`, () => ({ kind: "select", condition, then, otherwise }));

/** What each operator computes, in float64; backends agree with this table. */
export const unaryOperators: Readonly<Record<UnaryOperator, (a: number) => number>> = {
  neg: (a) => -a,
  abs: Math.abs,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  floor: Math.floor,
};
export const binaryOperators: Readonly<Record<BinaryOperator, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  min: Math.min,
  max: Math.max,
  pow: Math.pow,
  less: (a, b) => (a < b ? 1 : 0),
};

/** The scalar with `leaf` in place of every leaf that it answers for; `undefined` keeps a leaf. Shared parts are visited once. */
export const replaceLeaves = (body: Scalar, leaf: (leaf: Leaf) => Scalar | undefined): Scalar => {
  const done = new Map<Scalar, Scalar>();
  const go = (s: Scalar): Scalar => {
    const known = done.get(s);
    if (known !== undefined) return known;
    const result = rebuild(s);
    done.set(s, result);
    return result;
  };
  const rebuild = (s: Scalar): Scalar => {
    switch (s.kind) {
      case "unary":
        return unary(s.operator, go(s.a));
      case "binary":
        return binary(s.operator, go(s.a), go(s.b));
      case "select":
        return select(go(s.condition), go(s.then), go(s.otherwise));
      case "lookup":
        return lookup(s.buffer, go(s.row), go(s.column), s.weights);
      default:
        return leaf(s) ?? s;
    }
  };
  return go(body);
};

/** All nodes under a scalar, itself included, each once, children first. */
export const nodesOf = (body: Scalar): readonly Scalar[] => {
  const seen = new Set<Scalar>();
  const go = (s: Scalar): void => {
    if (seen.has(s)) return;
    for (const child of childrenOf(s)) go(child);
    seen.add(s);
  };
  go(body);
  return [...seen];
};

/** Whether a body draws random numbers: it then means something only on the grid of the pass that it belongs to. */
export const draws = (body: Scalar): boolean => nodesOf(body).some((s) => s.kind === "random");

/** How many parents each node under a scalar has. */
export const usesIn = (body: Scalar): ReadonlyMap<Scalar, number> => {
  const uses = new Map<Scalar, number>();
  for (const node of nodesOf(body)) for (const child of childrenOf(node)) uses.set(child, (uses.get(child) ?? 0) + 1);
  return uses;
};

/** The nodes that a node is made of. */
export const childrenOf = (s: Scalar): readonly Scalar[] => {
  switch (s.kind) {
    case "unary":
      return [s.a];
    case "binary":
      return [s.a, s.b];
    case "select":
      return [s.condition, s.then, s.otherwise];
    case "lookup":
      return [s.row, s.column];
    default:
      return [];
  }
};

const signs: Partial<Record<BinaryOperator, string>> = { add: "+", sub: "-", mul: "*", div: "/", less: "<" };

/**
 * The scalar as text, for people: `select(inside0, tap0 * 2 + 1, -1000)`. Parts that are used more than once
 * are named: `t0 = exp(tap0); (t0 * t0)`.
 */
export const showScalar = (body: Scalar): string => {
  const nodes = nodesOf(body);
  const uses = usesIn(body);
  const names = new Map<Scalar, string>();
  const named: string[] = [];
  const show = (s: Scalar): string => names.get(s) ?? showNode(s, show);
  for (const node of nodes) {
    if ((uses.get(node) ?? 0) < 2 || childrenOf(node).length === 0) continue;
    const text = showNode(node, show);
    const name = `t${names.size}`;
    names.set(node, name);
    named.push(`${name} = ${text}`);
  }
  return [...named, show(body)].join("; ");
};

const showNode = (s: Scalar, show: (s: Scalar) => string): string => {
  switch (s.kind) {
    case "const":
      return s.parameter === undefined ? String(s.value) : `${s.parameter}=${s.value}`;
    case "tap":
      return `tap${s.index}`;
    case "channel":
      return "channel";
    case "slope":
      return `slope${s.index}.${"xyz"[s.axis]}`;
    case "inside":
      return `inside${s.region}`;
    case "background":
      return `background(buffer${s.buffer})`;
    case "random":
      return `random(${s.seed}, ${s.stream})`;
    case "lookup":
      return `${s.weights}(buffer${s.buffer}[${show(s.row)}, ${show(s.column)}])`;
    case "unary":
      return `${s.operator}(${show(s.a)})`;
    case "binary": {
      const sign = signs[s.operator];
      return sign === undefined ? `${s.operator}(${show(s.a)}, ${show(s.b)})` : `(${show(s.a)} ${sign} ${show(s.b)})`;
    }
    case "select":
      return `select(${show(s.condition)}, ${show(s.then)}, ${show(s.otherwise)})`;
  }
};
