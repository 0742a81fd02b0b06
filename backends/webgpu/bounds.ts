/**
 * How large what a pass computes can become, given how large what it reads is. It decides what float16 can keep
 * before anything is computed; what is not finite to begin with does not count.
 */
import { type BinaryOperator, nodesOf, type Scalar, type UnaryOperator } from "../../compiler/language/scalar.ts";

const unaryBound: Readonly<Record<UnaryOperator, (a: number) => number>> = {
  neg: (a) => a,
  abs: (a) => a,
  exp: Math.exp,
  // That of the smallest number above 0 is -744.4, in float64.
  log: (a) => Math.max(745, Math.log(a)),
  sqrt: Math.sqrt,
  floor: (a) => a + 1,
};

const binaryBound: Readonly<Record<BinaryOperator, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a + b,
  mul: (a, b) => a * b,
  // By something small; by a constant, see below.
  div: () => Number.POSITIVE_INFINITY,
  min: Math.max,
  max: Math.max,
  pow: () => Number.POSITIVE_INFINITY,
  less: () => 1,
};

/** The largest magnitudes of what bodies look at. */
export interface LeafBounds {
  readonly tap: (index: number) => number;
  /** Of the buffer behind a background. */
  readonly background: (buffer: number) => number;
  readonly channels: number;
}

/** The largest magnitude of a body; not finite where there is none. */
export const boundOf = (body: Scalar, { tap, background, channels }: LeafBounds): number => {
  const bounds = new Map<Scalar, number>();
  const known = (s: Scalar): number => bounds.get(s) ?? Number.POSITIVE_INFINITY;
  const bound = (s: Scalar): number => {
    switch (s.kind) {
      case "const":
        return Math.abs(s.value);
      case "tap":
        return tap(s.index);
      case "background":
        return background(s.buffer);
      case "inside":
        return 1;
      case "channel":
        return channels;
      // The difference of two samples, and what is in a table, for all that is known.
      case "slope":
      case "lookup":
        return Number.POSITIVE_INFINITY;
      case "unary":
        return unaryBound[s.operator](known(s.a));
      case "binary":
        return s.operator === "div" && s.b.kind === "const"
          ? known(s.a) / Math.abs(s.b.value)
          : binaryBound[s.operator](known(s.a), known(s.b));
      case "select":
        return Math.max(known(s.then), known(s.otherwise));
    }
  };
  // Children come first.
  for (const node of nodesOf(body)) bounds.set(node, bound(node));
  return known(body);
};
