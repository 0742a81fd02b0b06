/**
 * Samplers: what they draw is a function of the seed alone, parts draw from streams of their own, and distributions
 * are what they say. Distributions are judged at fixed seeds, against bounds that hold but once in a million seeds.
 */
import fc from "fast-check";
import { pipe } from "fp-ts/lib/function.js";
import { describe, expect, test } from "vitest";
import {
  chain,
  chance,
  choice,
  constant,
  draw,
  integer,
  Monad,
  map,
  named,
  normal,
  of,
  oneOf,
  type Sampler,
  streamOf,
  struct,
  tuple,
  uniform,
  weighted,
} from "../../src/augment/index.ts";

const samples = (sampler: Sampler<number>, count: number, seed = 1): readonly number[] =>
  Array.from({ length: count }, (_, k) => draw(sampler)([seed, k]));

/** The largest distance between the distribution of some numbers and a distribution function (Kolmogorov–Smirnov). */
const distance = (numbers: readonly number[], below: (x: number) => number): number => {
  const n = numbers.length;
  return Math.max(
    ...numbers
      .toSorted((a, b) => a - b)
      .map((x, k) => Math.max(Math.abs(below(x) - k / n), Math.abs(below(x) - (k + 1) / n))),
  );
};
/** Distances over this come once in a million: √(ln(2 · 10⁶) / 2n). */
const limit = (n: number): number => Math.sqrt(Math.log(2e6) / (2 * n));

/** Φ(x), by the series x φ(x) Σ x²ⁿ / (1 · 3 · 5 …) (Marsaglia 2004). */
const normalBelow = (x: number): number => {
  let [sum, term] = [x, x];
  for (let k = 3; sum !== sum + term; k += 2) {
    term *= (x * x) / k;
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
};

describe("what is drawn", () => {
  test("is written down here: seeds mean the same in every engine and in every version", () => {
    expect(draw(tuple(uniform(0, 1), normal(0, 1), integer(0, 999), choice("a", "b", "c")))(7)).toMatchInlineSnapshot(`
      [
        0.5845440969157287,
        1.1773276311481822,
        530,
        "c",
      ]
    `);
  });

  test("is the same whatever was drawn before", () => {
    const sampler = tuple(uniform(0, 1), normal(10, 2));
    const first = draw(sampler)(3);
    draw(sampler)(4);
    expect(draw(sampler)(3)).toEqual(first);
  });

  test("differs between seeds, be they numbers or several", () => {
    const seeds = [0, 1, -1, 0.5, 2 ** 40, 2 ** 53 - 1, [0, 0], [0, 1], [1, 0], [1, 0, 0]];
    expect(new Set(seeds.map((seed) => draw(uniform(0, 1))(seed))).size).toBe(seeds.length);
    expect(draw(uniform(0, 1))(-0)).toBe(draw(uniform(0, 1))(0));
  });
});

describe("the monad of samplers", () => {
  const anySampler = fc.oneof(
    fc.double({ noNaN: true }).map((x) => constant(x)),
    fc.constant(uniform(-1, 1)),
    fc.constant(
      pipe(
        tuple(normal(0, 1), uniform(0, 1)),
        map(([a, b]) => a + b),
      ),
    ),
  );
  const anyFunction = fc.constantFrom<(x: number) => Sampler<number>>(
    (x) => normal(x, 1),
    (x) => of(x + 1),
    (x) => chain((y: number) => uniform(0, Math.abs(x * y)))(uniform(1, 2)),
  );
  const same = (a: Sampler<number>, b: Sampler<number>, seed: number): void =>
    expect(a(streamOf(seed))).toEqual(b(streamOf(seed)));

  test("left identity, right identity and associativity hold to the bit", () => {
    fc.assert(
      fc.property(
        anySampler,
        anyFunction,
        anyFunction,
        fc.integer(),
        fc.double({ noNaN: true }),
        (m, f, g, seed, x) => {
          same(Monad.chain(Monad.of(x), f), f(x), seed);
          same(Monad.chain(m, Monad.of), m, seed);
          same(
            Monad.chain(Monad.chain(m, f), g),
            Monad.chain(m, (y) => Monad.chain(f(y), g)),
            seed,
          );
          same(
            Monad.ap(
              Monad.map(m, (y) => (z: number) => y - z),
              m,
            ),
            Monad.chain(m, (y) => Monad.map(m, (z) => y - z)),
            seed,
          );
        },
      ),
    );
  });
});

describe("parts", () => {
  test("draw the same whatever is added before them or drawn by others", () => {
    const [a, b, c] = [named("a")(uniform(0, 1)), named("b")(uniform(0, 1)), named("c")(normal(0, 1))];
    const [b1, c1] = draw(tuple(b, c))(5);
    const [, b2, c2] = draw(tuple(a, b, c))(5);
    const longer = named("b")(chain(() => uniform(0, 1))(normal(0, 1)));
    const [b3, c3] = draw(tuple(longer, c))(5);
    expect([b2, c2]).toEqual([b1, c1]);
    expect(c3).toBe(c1);
    expect(b3).not.toBe(b1);
  });

  test("of one name are numbered, and so differ", () => {
    const [first, second] = draw(tuple(uniform(0, 1), uniform(0, 1)))(5);
    expect(first).not.toBe(second);
  });

  test("of a record are found by their keys", () => {
    const { x } = draw(struct({ x: uniform(0, 1) }))(5);
    expect(draw(struct({ y: normal(0, 1), x: uniform(0, 1) }))(5).x).toBe(x);
  });
});

describe("distributions", () => {
  const n = 20000;

  test("uniform numbers lie in their interval, evenly", () => {
    const numbers = samples(uniform(-3, 5), n);
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(-3);
    expect(Math.max(...numbers)).toBeLessThan(5);
    expect(distance(numbers, (x) => (x + 3) / 8)).toBeLessThan(limit(n));
  });

  test("normal numbers are normal", () => {
    expect(
      distance(
        samples(normal(10, 2), n).map((x) => (x - 10) / 2),
        normalBelow,
      ),
    ).toBeLessThan(limit(n));
  });

  test("streams of neighbouring seeds and of parts are not related", () => {
    const related = (a: readonly number[], b: readonly number[]): number =>
      a.reduce((sum, x, k) => sum + (x - 0.5) * (b[k]! - 0.5), 0) / a.length / (1 / 12);
    const first = samples(uniform(0, 1), n);
    const pairs = Array.from({ length: n }, (_, k) => draw(tuple(uniform(0, 1), uniform(0, 1)))([1, k]));
    // The standard deviation of the correlation of what is not related is 1/√n.
    expect(Math.abs(related(first, [...first.slice(1), first[0]!]))).toBeLessThan(5 / Math.sqrt(n));
    expect(
      Math.abs(
        related(
          pairs.map(([a]) => a),
          pairs.map(([, b]) => b),
        ),
      ),
    ).toBeLessThan(5 / Math.sqrt(n));
    expect(
      Math.abs(
        related(
          first,
          pairs.map(([a]) => a),
        ),
      ),
    ).toBeLessThan(5 / Math.sqrt(n));
  });

  test("chances, choices, weights and whole numbers come as often as they should", () => {
    const share = (sampler: Sampler<number>): number => samples(sampler, n).reduce((sum, x) => sum + x, 0) / n;
    const near =
      (p: number): ((found: number) => void) =>
      (found) =>
        expect(Math.abs(found - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / n));
    near(0.3)(share(map(Number)(chance(0.3))));
    near(1 / 3)(share(map((c: string) => Number(c === "b"))(choice("a", "b", "c"))));
    near(0.25)(share(map((k: number) => Number(k === 4))(integer(3, 6))));
    near(0.5)(share(oneOf(constant(0), constant(1))));
    near(0.8)(share(weighted([1, constant(0)], [4, constant(1)])));
  });

  test("weights of nothing are refused", () => {
    expect(() => weighted([0, constant(1)])).toThrow(/weights must be 0 or more, and not all of them 0/);
  });
});
