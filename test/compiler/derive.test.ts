/** Derivatives of arithmetic, operator by operator, against differences; what happens at kinks; and 0 · ∞. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { derive, plus, times } from "../../compiler/derive.ts";
import {
  type BinaryOperator,
  background,
  binary,
  binaryOperators,
  constant,
  inside,
  nodesOf,
  parameter,
  type Scalar,
  select,
  slope,
  tap,
  type UnaryOperator,
  unary,
  unaryOperators,
} from "../../compiler/language/scalar.ts";
import { valueOfScalar } from "../../compiler/language/scalar-value.ts";
import { scalars } from "../../laws/index.ts";

const [x, y] = [tap(0), tap(1)];
const at = (body: Scalar, ...values: readonly number[]): number => valueOfScalar(body, values);
const differences = (body: Scalar, values: readonly number[], k: number, h = 1e-5): number => {
  const moved = (by: number): readonly number[] => values.map((v, i) => (i === k ? v + by : v));
  return (at(body, ...moved(h)) - at(body, ...moved(-h))) / (2 * h);
};

/** Where each operator is smooth. */
const smooth: Readonly<Record<UnaryOperator, readonly number[]>> = {
  neg: [-2, 0, 3],
  abs: [-2.5, 1.5],
  exp: [-1, 0, 2],
  log: [0.1, 4],
  sqrt: [0.2, 9],
  floor: [-1.5, 0.5],
};
const smoothPairs: Readonly<Record<BinaryOperator, readonly (readonly [number, number])[]>> = {
  add: [[1, 2]],
  sub: [[1, 2]],
  mul: [[3, -2]],
  div: [
    [3, -2],
    [0, 4],
  ],
  min: [
    [1, 2],
    [2, 1],
  ],
  max: [
    [1, 2],
    [2, 1],
  ],
  pow: [
    [2, 1.5],
    [0.3, -2],
  ],
  less: [
    [1, 2],
    [2, 1],
  ],
};

describe("each operator's derivative is its slope", () => {
  it.each(Object.keys(unaryOperators) as UnaryOperator[])("%s", (operator) => {
    const body = unary(operator, x);
    for (const a of smooth[operator]) expect(at(derive(body, x), a)).toBeCloseTo(differences(body, [a], 0), 6);
  });
  it.each(Object.keys(binaryOperators) as BinaryOperator[])("%s, by either operand", (operator) => {
    const body = binary(operator, x, y);
    for (const values of smoothPairs[operator])
      for (const [k, leaf] of [x, y].entries())
        expect(at(derive(body, leaf), ...values), `${values} by ${k}`).toBeCloseTo(differences(body, values, k), 5);
  });
  it("pow of a negative number by a constant", () => {
    const cube = binary("pow", x, constant(3));
    expect(at(derive(cube, x), -2)).toBeCloseTo(12, 9);
  });
  it("select, of what is chosen", () => {
    const body = select(binary("less", x, constant(1)), binary("mul", x, x), unary("neg", x));
    expect([at(derive(body, x), 0.5), at(derive(body, x), 2)]).toEqual([1, -1]);
  });
  // Beside the numbers that bodies are drawn with, at which they may have a value of its own.
  const beside = fc.integer({ min: -4000, max: 4000 }).map((n) => n / 1000 + 0.000377);
  it("any composition of them, wherever two widths of the difference agree", () => {
    fc.assert(
      fc.property(scalars, beside, (body, value) => {
        const [wide, narrow] = [differences(body, [value], 0, 1e-5), differences(body, [value], 0, 5e-6)];
        const scale = 1 + Math.abs(narrow) + Math.abs(at(body, value));
        fc.pre(Math.abs(wide - narrow) < 1e-6 * scale && scale < 1e4);
        expect(Math.abs(at(derive(body, x), value) - narrow) / scale).toBeLessThan(1e-3);
      }),
      { numRuns: 3000, seed: 1 },
    );
  });
});

describe("by parameters and leaves", () => {
  it("a parameter counts by its name and value, wherever it stands", () => {
    const p = parameter("p", 3);
    expect(at(derive(binary("mul", p, binary("add", p, x)), p), 5)).toBe(11);
    expect(derive(binary("mul", parameter("q", 3), x), p)).toBe(constant(0));
  });
  it("plain constants of the same value are no parameters", () => {
    expect(derive(binary("mul", constant(3), x), parameter("p", 3))).toBe(constant(0));
  });
  it("what the plan knows counts as constant", () => {
    for (const leaf of [inside(0), background(0), slope(0, 1), tap(1)]) expect(derive(leaf, x)).toBe(constant(0));
  });
});

describe("at kinks", () => {
  const clamped = binary("min", binary("max", x, constant(0)), constant(1));
  it.each([
    [-0.1, 0],
    [0, 1],
    [0.5, 1],
    [1, 1],
    [1.1, 0],
  ])("a clamp to [0, 1] lets %d through: %d", (value, due) => expect(at(derive(clamped, x), value)).toBe(due));
  it("|x| has none at 0", () => expect(at(derive(unary("abs", x), x), 0)).toBe(0));
  it("√x is infinitely steep at 0, and √(x²) has no slope there, as in PyTorch; a little more under the root gives it one", () => {
    expect(at(derive(unary("sqrt", x), x), 0)).toBe(Number.POSITIVE_INFINITY);
    const square = binary("mul", x, x);
    expect(at(derive(unary("sqrt", square), x), 0)).toBe(Number.NaN);
    expect(at(derive(unary("sqrt", binary("add", square, constant(1e-9))), x), 0)).toBe(0);
  });
  it("rounding and comparing have none anywhere", () => {
    expect(derive(unary("floor", x), x)).toBe(constant(0));
    expect(derive(binary("less", x, y), x)).toBe(constant(0));
  });
});

describe("0 times infinity", () => {
  it("what is not chosen is 0, however steep", () => {
    const root = select(binary("less", constant(0), x), unary("sqrt", x), constant(0));
    expect(at(derive(root, x), 0)).toBe(0);
    const inner = unary("sqrt", select(binary("less", constant(0), x), x, constant(0)));
    expect(at(derive(inner, x), 0)).toBe(0);
    expect(at(derive(unary("log", select(binary("less", constant(0), x), x, constant(0))), x), -1)).toBe(0);
  });
  it("a choice within a choice guards as well: |x|^½ at 0", () => {
    const gamma = binary("pow", unary("abs", x), constant(0.5));
    expect(at(derive(gamma, x), 0)).toBe(0);
    expect(at(derive(gamma, x), -4)).toBeCloseTo(-0.25, 12);
  });
  it("0 to a power that varies stays 0", () => {
    const p = parameter("p", 0.7);
    expect(at(derive(binary("pow", x, p), p), 0)).toBe(0);
    expect(at(derive(binary("pow", unary("abs", x), p), p), 0)).toBe(0);
  });
  it.each(["times", "plus"] as const)("%s of guarded terms is what it is without guards", (name) => {
    const guarded = (k: number): Scalar => select(inside(0), select(inside(1), tap(k), constant(0)), constant(2));
    const product = name === "times" ? times(guarded(0), guarded(1)) : plus(guarded(0), guarded(1));
    const value = (a: 0 | 1, b: 0 | 1): number => {
      const resolved = (s: Scalar): Scalar => {
        switch (s.kind) {
          case "inside":
            return constant(s.region === 0 ? a : b);
          case "select":
            return select(resolved(s.condition), resolved(s.then), resolved(s.otherwise));
          case "unary":
            return unary(s.operator, resolved(s.a));
          case "binary":
            return binary(s.operator, resolved(s.a), resolved(s.b));
          default:
            return s;
        }
      };
      return at(resolved(product), 3, 5);
    };
    const due = (p: number, q: number): number => (name === "times" ? p * q : p + q);
    expect([value(0, 0), value(0, 1), value(1, 0), value(1, 1)]).toEqual([due(2, 2), due(2, 2), due(0, 0), due(3, 5)]);
  });
  it("derivatives of deep choices stay small", () => {
    const deep = Array.from({ length: 40 }).reduce<Scalar>(
      (body, _, k) => binary("min", binary("max", binary("mul", body, constant(1.01)), constant(-k)), constant(k + 1)),
      x,
    );
    expect(nodesOf(derive(deep, x)).length).toBeLessThan(1000);
  });
});
