/**
 * Windows among gathers: Σ w(d) · source(i + d) along one axis with w(−d) = w(d), such as a Gaussian or a mean over
 * neighbours. As a plan that is one tap for each sample; whoever knows it for what it is can do better.
 */
import type { Scalar } from "./language/scalar.ts";
import * as scalar from "./language/scalar.ts";
import { type Axis, axes } from "./language/vector.ts";
import { type Gather, isShift, type TapBoundary } from "./plan.ts";

/** A gather that is such a window over samples less `zero`, and adds `offset`. */
export interface Window {
  readonly source: number;
  readonly axis: Axis;
  readonly boundary: TapBoundary;
  /** What counts for the sample itself, and for those 1, 2, … to either side; 0 where no tap looks. */
  readonly weights: readonly number[];
  /** The sample that stands for 0: what is stored may be far from it, and real values near. */
  readonly zero: number;
  readonly offset: number;
}

/** The window that a gather is; undefined for any other gather. */
export const windowOf = ({ taps, regions, body }: Gather): Window | undefined => {
  const [first] = taps;
  if (first === undefined || regions.length > 0) return undefined;
  const { source, boundary } = first;
  if (!taps.every((tap) => tap.source === source && tap.boundary === boundary && isShift(tap))) return undefined;
  const [axis = 0, ...others] = axes.filter((k) => taps.some(({ pull }) => pull.offset[k] !== 0));
  const linear = others.length === 0 ? linearForm(body) : undefined;
  if (linear === undefined) return undefined;
  const counts = new Map(taps.map(({ pull }, k) => [pull.offset[axis], linear.weights.get(k) ?? 0]));
  if (counts.size < taps.length || [...counts].some(([shift, weight]) => counts.get(0 - shift) !== weight))
    return undefined;
  const reach = [...counts.keys()].reduce((most, shift) => Math.max(most, shift), 0);
  const weights = Array.from({ length: reach + 1 }, (_, shift) => counts.get(shift) ?? 0);
  return { source, axis, boundary, weights, zero: linear.zero, offset: linear.offset };
};

/** Whether there is something beside the sample itself, and a tap for all of it. */
export const isDense = ({ weights }: Window, { taps }: Gather): boolean =>
  weights.length > 1 && taps.length === 2 * weights.length - 1;

/** slope · (tap − zero) */
interface Line {
  readonly index: number;
  readonly slope: number;
  readonly zero: number;
}

/** What is made of one tap alone, as a stored number is brought to a real one. */
const lineOf = (node: Scalar): Line | undefined => {
  if (node.kind === "tap") return { index: node.index, slope: 1, zero: 0 };
  if (node.kind !== "binary") return undefined;
  const { operator, a, b } = node;
  const [of, by] = a.kind === "const" && operator !== "sub" ? [b, a] : [a, b];
  const line = by.kind === "const" ? lineOf(of) : undefined;
  if (line === undefined || by.kind !== "const") return undefined;
  const { slope, zero } = line;
  if (operator === "add") return { ...line, zero: zero - by.value / slope };
  if (operator === "sub") return { ...line, zero: zero + by.value / slope };
  return operator === "mul" && slope * by.value !== 0 ? { ...line, slope: slope * by.value } : undefined;
};

/** A sum of taps less `zero`, each with its weight, and an offset. */
interface LinearForm {
  readonly weights: ReadonlyMap<number, number>;
  readonly zero: number;
  readonly offset: number;
}

/** The body as such a sum, where that is what it is; what is a parameter is no number. */
const linearForm = (body: Scalar): LinearForm | undefined => {
  const lines: Line[] = [];
  let offset = 0;
  // What each node counts for, known once all that it is a part of have been seen.
  const factors = new Map<Scalar, number>([[body, 1]]);
  const add = (node: Scalar, factor: number): void => {
    factors.set(node, (factors.get(node) ?? 0) + factor);
  };
  for (const node of scalar.nodesOf(body).toReversed()) {
    const factor = factors.get(node);
    if (node.kind === "const" && node.parameter !== undefined) return undefined;
    if (factor === undefined) continue;
    const line = lineOf(node);
    if (line !== undefined) lines.push({ ...line, slope: factor * line.slope });
    else if (node.kind === "const") offset += factor * node.value;
    else if (node.kind !== "binary") return undefined;
    else if (node.operator === "add" || node.operator === "sub") {
      add(node.a, factor);
      add(node.b, node.operator === "add" ? factor : -factor);
    } else if (node.operator === "mul" && node.b.kind === "const") add(node.a, factor * node.b.value);
    else if (node.operator === "mul" && node.a.kind === "const") add(node.b, factor * node.a.value);
    else return undefined;
  }
  const [zero = 0, ...others] = new Set(lines.map((line) => line.zero));
  const common = others.length === 0 ? zero : 0;
  const weights = new Map<number, number>();
  for (const { index, slope, zero: own } of lines) {
    weights.set(index, (weights.get(index) ?? 0) + slope);
    offset += slope * (common - own);
  }
  return { weights, zero: common, offset };
};
