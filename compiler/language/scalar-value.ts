/** Scalars as numbers, on the host: what losses make of their sums. */
import { binaryOperators, nodesOf, type Scalar, unaryOperators } from "./scalar.ts";

/** The value of a scalar whose only leaves are constants and taps, given the values of these. */
export const valueOfScalar = (body: Scalar, taps: readonly number[]): number => {
  const known = new Map<Scalar, number>();
  for (const s of nodesOf(body)) {
    const of = (child: Scalar): number => known.get(child) ?? Number.NaN;
    known.set(s, step(s, of, taps));
  }
  return known.get(body) ?? Number.NaN;
};
const step = (s: Scalar, of: (child: Scalar) => number, taps: readonly number[]): number => {
  switch (s.kind) {
    case "const":
      return s.value;
    case "tap":
      return taps[s.index] ?? Number.NaN;
    case "unary":
      return unaryOperators[s.operator](of(s.a));
    case "binary":
      return binaryOperators[s.operator](of(s.a), of(s.b));
    case "select":
      return of(s.condition) !== 0 ? of(s.then) : of(s.otherwise);
    case "channel":
    case "slope":
    case "inside":
    case "background":
    case "lookup":
      return Number.NaN;
  }
};
