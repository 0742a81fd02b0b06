/**
 * Derivatives of per-voxel arithmetic, as arithmetic of the same language. Where a function has a kink the
 * derivative is the one that lets a value through that lies on the limit of a clamp; rounding has none.
 */
import type { BinaryOperator, Scalar, UnaryOperator } from "./language/scalar.ts";
import { binary, constant, lookup, select, unary } from "./language/scalar.ts";

const zero = constant(0);
const one = constant(1);

/** ∂body/∂leaf, for a leaf that is a tap or a parameter. */
export const derive = (body: Scalar, leaf: Scalar): Scalar => {
  const known = new Map<Scalar, Scalar>();
  const of = (s: Scalar): Scalar => {
    const result = known.get(s) ?? step(s);
    known.set(s, result);
    return result;
  };
  const step = (s: Scalar): Scalar => {
    if (s === leaf) return one;
    switch (s.kind) {
      case "unary": {
        const inner = of(s.a);
        return inner === zero ? zero : unaryRules[s.operator](s.a, inner, s);
      }
      case "binary": {
        const [a, b] = [of(s.a), of(s.b)];
        return a === zero && b === zero ? zero : binaryRules[s.operator](s.a, s.b, a, b, s);
      }
      case "select":
        return choose(s.condition, of(s.then), of(s.otherwise));
      case "lookup": {
        // Rows are rounded, and so have no derivative.
        const inner = of(s.column);
        if (inner === zero) return zero;
        if (s.weights === "slope") throw new RangeError("gradients of gradients are not made");
        return times(lookup(s.buffer, s.row, s.column, "slope"), inner);
      }
      case "const":
      case "tap":
      case "channel":
      case "slope":
      case "inside":
      case "background":
        return zero;
    }
  };
  return of(body);
};

/** The derivative of f(a), given da and f(a) itself. */
const unaryRules: Readonly<Record<UnaryOperator, (a: Scalar, da: Scalar, f: Scalar) => Scalar>> = {
  neg: (_, da) => negative(da),
  abs: (a, da) => choose(binary("less", zero, a), da, choose(binary("less", a, zero), negative(da), zero)),
  exp: (_, da, f) => times(f, da),
  log: (a, da) => over(da, a),
  sqrt: (_, da, f) => over(da, times(constant(2), f)),
  floor: () => zero,
};

/** The derivative of f(a, b), given da, db and f(a, b) itself. */
const binaryRules: Readonly<
  Record<BinaryOperator, (a: Scalar, b: Scalar, da: Scalar, db: Scalar, f: Scalar) => Scalar>
> = {
  add: (_a, _b, da, db) => plus(da, db),
  sub: (_a, _b, da, db) => plus(da, negative(db)),
  mul: (a, b, da, db) => plus(times(b, da), times(a, db)),
  div: (_, b, da, db, f) => plus(over(da, b), negative(over(times(f, db), b))),
  min: (a, b, da, db) => choose(binary("less", b, a), db, da),
  max: (a, b, da, db) => choose(binary("less", a, b), db, da),
  pow: (a, b, da, db, f) => {
    const byBase = times(times(b, binary("pow", a, plus(b, constant(-1)))), da);
    // 0 to a varying power stays 0, though its logarithm is infinite.
    const byExponent = db === zero ? zero : choose(binary("less", zero, a), times(times(f, unary("log", a)), db), zero);
    return plus(byBase, byExponent);
  },
  less: () => zero,
};

// Arithmetic that does not write what has no effect: most derivatives are 0 or 1.

/** Whether a scalar is this very number, and no parameter that happens to have its value. */
export const isNumber = (s: Scalar, value: number): boolean =>
  s.kind === "const" && s.parameter === undefined && s.value === value;

export const plus = (a: Scalar, b: Scalar): Scalar => {
  if (isNumber(a, 0)) return b;
  if (isNumber(b, 0)) return a;
  // What is 0 outside of one region stays so: whole stretches of rows need not be looked at.
  if (isGuard(a) && isGuard(b) && a.condition === b.condition)
    return choose(a.condition, plus(a.then, b.then), plus(a.otherwise, b.otherwise));
  return binary("add", a, b);
};

/** The product; what a select has set to 0 stays 0, even times infinity. */
export const times = (a: Scalar, b: Scalar): Scalar => {
  if (isNumber(a, 0) || isNumber(b, 0)) return zero;
  if (isNumber(a, 1)) return b;
  if (isNumber(b, 1)) return a;
  if (isNumber(b, -1)) return negative(a);
  if (isGuard(b)) return choose(b.condition, times(a, b.then), times(a, b.otherwise));
  if (isGuard(a)) return choose(a.condition, times(a.then, b), times(a.otherwise, b));
  return binary("mul", a, b);
};
/** Whether a scalar is a choice of which some outcome is 0. */
const isGuard = (s: Scalar): s is Extract<Scalar, { readonly kind: "select" }> =>
  s.kind === "select" && [s.then, s.otherwise].some((outcome) => isNumber(outcome, 0) || isGuard(outcome));

const over = (a: Scalar, b: Scalar): Scalar => {
  if (isNumber(a, 0)) return zero;
  return isGuard(a) ? choose(a.condition, over(a.then, b), over(a.otherwise, b)) : binary("div", a, b);
};

const negative = (a: Scalar): Scalar => {
  if (a.kind === "const" && a.parameter === undefined) return constant(0 - a.value);
  return isGuard(a) ? choose(a.condition, negative(a.then), negative(a.otherwise)) : unary("neg", a);
};

const choose = (condition: Scalar, then: Scalar, otherwise: Scalar): Scalar =>
  then === otherwise ? then : select(condition, then, otherwise);
