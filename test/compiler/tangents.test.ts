/** How maps change with parameters: composition, inversion, centres and grids, against central differences. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Affine, about, compose, fixed, invert, translationBy } from "../../compiler/language/affine.ts";
import { centrePoint, gridOf, indexToWorld, worldToIndex } from "../../compiler/language/grid.ts";
import { mapOf, pointOf, rotationBy, scalingBy, shearBy } from "../../compiler/language/real.ts";
import { imageFromArray, param, type Real, translate } from "../../src/index.ts";

type World = Affine<"world", "world">;
/** A map that depends on two numbers. */
type Family = (a: Real, b: Real) => World;

const numbers = ({ linear, offset }: Affine<never, never> | World): readonly number[] => [...linear, ...offset];
const expectTangents = (family: (a: Real, b: Real) => World, a: number, b: number): void => {
  const { tangents } = family(param("a", a), param("b", b));
  const h = 1e-5;
  for (const [name, plus, minus] of [
    ["a", family(a + h, b), family(a - h, b)],
    ["b", family(a, b + h), family(a, b - h)],
  ] as const) {
    const d = tangents?.get(name);
    const found = d === undefined ? new Array<number>(12).fill(0) : numbers(d as World);
    for (const [k, p] of numbers(plus).entries())
      expect(found[k], `${name} ${k}`).toBeCloseTo((p - numbers(minus)[k]!) / (2 * h), 6);
  }
};

const turn: Family = (a, b) => compose(rotationBy([1, 2, -1], a), rotationBy([0, 0, 1], b));
const bend: Family = (a, b) => compose(shearBy([a, 0.2, b]), scalingBy([b, 1.5, a]));
const twelve: Family = (a, b) => mapOf([a, 0.1, 0, 0, 1.1, b, 0.3, 0, a], [b, 1, a]);
const families: readonly (readonly [string, Family, number, number])[] = [
  ["rotations", turn, 20, -70],
  ["a quarter turn, whose entries are exact", turn, 90, 180],
  ["shears and factors", bend, 0.8, 1.3],
  ["twelve numbers, of which some are the same parameter", twelve, 0.9, 0.4],
  ["a composition in which both depend on both", (a, b) => compose(twelve(b, a), bend(a, b)), 0.8, 1.3],
  ["an inverse", (a, b) => invert(twelve(a, b)), 0.9, 0.4],
  ["an inverse of a composition", (a, b) => invert(compose(bend(a, b), translationBy(pointOf([a, 0, b])))), 0.8, 1.3],
  ["a turn about a point that is fixed", (a, b) => about(fixed([10, -4, 7]), turn(a, b)), 20, -70],
  ["a turn about a point that moves", (a, b) => about(pointOf([a, b, 3]), bend(a, b)), 0.8, 1.3],
  ["a turn with a shift", (a, b) => about(pointOf([b, 1, 2]), turn(a, 5), pointOf([0, a, b])), 20, 3],
  [
    "an inverse of a turn about a point",
    (a, b) => invert(about(pointOf([a, b, 3]), bend(a, b), pointOf([b, 0, 0]))),
    0.8,
    1.3,
  ],
];

describe("tangents are central differences", () => {
  it.each(families)("%s", (_, family, a, b) => expectTangents(family, a, b));
  it("wherever the parameters are", () => {
    const real = fc.double({ min: 0.5, max: 2, noNaN: true });
    fc.assert(
      fc.property(real, real, fc.constantFrom(...families), (a, b, [, family]) => expectTangents(family, a, b)),
      { numRuns: 200, seed: 1 },
    );
  });
});

describe("what does not depend on parameters", () => {
  it("has no tangents, and the same numbers as with them", () => {
    for (const [, family, a, b] of families) {
      expect(family(a, b).tangents).toBeUndefined();
      expect(numbers(family(param("a", a), param("b", b)))).toEqual(numbers(family(a, b)));
    }
  });
});

describe("grids", () => {
  const image = imageFromArray(new Float32Array(24), gridOf([4, 3, 2], { spacing: [1, 2, 3], origin: [5, 6, 7] }));
  it("move with a translation, and their centres too", () => {
    const { grid } = translate("y", param("shift", 4))(image);
    expect(grid.tangents?.get("shift")?.offset).toEqual([0, 1, 0]);
    expect(centrePoint(grid).tangents?.get("shift")?.offset).toEqual([0, 1, 0]);
    // One index lies where it lay: world to index and back cancel.
    const back = compose(worldToIndex(grid), indexToWorld(grid)).tangents?.get("shift");
    expect([...(back?.linear ?? []), ...(back?.offset ?? [])].every((d) => Math.abs(d) < 1e-15)).toBe(true);
  });
});
