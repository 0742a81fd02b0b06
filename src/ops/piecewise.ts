/** Lines through knots, as arithmetic: the knot to go from is found by halving, which backends choose side by side. */
import { binary, type Scalar, select } from "../../compiler/language/scalar.ts";

/** Where a line bends, and how steep it is from there on. */
export interface Knot {
  readonly at: Scalar;
  readonly value: Scalar;
  readonly slope: Scalar;
}

/** The line through knots that rise from left to right; before the first and after the last but one it goes on as there. */
export const lineThrough = (x: Scalar, knots: readonly Knot[]): Scalar => {
  const go = (some: readonly Knot[]): Scalar => {
    const middle = some[some.length >> 1];
    const [first] = some;
    if (first === undefined || middle === undefined) return x;
    if (some.length === 1) return binary("add", first.value, binary("mul", binary("sub", x, first.at), first.slope));
    const [left, right] = [some.slice(0, some.length >> 1), some.slice(some.length >> 1)];
    return select(binary("less", x, middle.at), go(left), go(right));
  };
  return go(knots.length > 1 ? knots.slice(0, -1) : knots);
};
