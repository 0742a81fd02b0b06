/** Slopes of stencils are the derivatives of their weights, sample by sample, for every interpolator and boundary. */
import { describe, expect, it } from "vitest";
import { type Interpolator, interpolators, support } from "../../compiler/language/interpolator.ts";
import type { TapBoundary } from "../../compiler/plan.ts";
import { fillStencil, makeStencil } from "../../compiler/stencil.ts";
import { fillSlopes } from "../../compiler/stencil-slopes.ts";

const boundaries: readonly TapBoundary[] = ["clamp", "reflect", "wrap", "mirror"];
const cases = interpolators.flatMap((by) => boundaries.map((boundary) => [by, boundary] as const));

/** What each of n samples counts for at x. */
const weights = (fill: typeof fillStencil, by: Interpolator, boundary: TapBoundary, x: number, n: number) => {
  const stencil = makeStencil(by);
  fill(stencil, by, boundary, x, n);
  const sum = new Float64Array(n);
  stencil.index.forEach((i, k) => {
    sum[i]! += stencil.weight[k]!;
  });
  return sum;
};

describe.each(cases)("%s, %s", (by, boundary) => {
  it.each([1, 2, 3, 5])("on %d samples", (n) => {
    const h = 1e-6;
    // Beside whole and half indices, inside and well beyond both ends.
    for (let x = -4.37; x < n + 4; x += 0.3137) {
      const slopes = weights(fillSlopes, by, boundary, x, n);
      const [left, right] = [x - h, x + h].map((at) => weights(fillStencil, by, boundary, at, n));
      for (const [i, slope] of slopes.entries())
        expect(slope, `${x} ${i}`).toBeCloseTo((right![i]! - left![i]!) / (2 * h), 6);
    }
  });
  it("adds up to no slope at all, for a constant has none", () => {
    for (let x = -4.37; x < 9; x += 0.29)
      expect(weights(fillSlopes, by, boundary, x, 4).reduce((sum, w) => sum + w, 0)).toBeCloseTo(0, 12);
  });
  it("reads the samples that the stencil reads", () => {
    for (const x of [-1.3, 0, 0.4, 2, 3.9]) {
      const [a, b] = [makeStencil(by), makeStencil(by)];
      fillStencil(a, by, boundary, x, 4);
      fillSlopes(b, by, boundary, x, 4);
      expect(b.index).toEqual(a.index);
      expect(b.weight).toHaveLength(support[by]);
    }
  });
});

it("at a kink it is the slope to the right", () => {
  expect([...weights(fillSlopes, "linear", "clamp", 2, 5)]).toEqual([0, 0, -1, 1, 0]);
  expect([...weights(fillSlopes, "linear", "clamp", 4, 5)]).toEqual([0, 0, 0, 0, 0]);
});
