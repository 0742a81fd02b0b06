import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { reference } from "../../backends/reference/index.ts";
import { prefilterLine } from "../../backends/reference/prefilter.ts";
import { compileVolume } from "../../compiler/compile.ts";
import { affineOf } from "../../compiler/language/affine.ts";
import { input, interpolate, sample, warp } from "../../compiler/language/field.ts";
import { gridOf } from "../../compiler/language/grid.ts";
import type { Interpolator, Outside } from "../../compiler/language/interpolator.ts";
import { identity3, type Vector3 } from "../../compiler/language/vector.ts";
import { storedAs, voxelsOf } from "../../compiler/language/voxels.ts";
import { bringBack } from "../../compiler/stencil.ts";

interface Case {
  readonly name: string;
  readonly by: Interpolator;
  readonly outside: "constant" | "clamp" | "reflect" | "wrap";
  readonly size: Vector3;
  readonly image: readonly number[];
  readonly points: readonly Vector3[];
  readonly values: readonly number[];
}
const fixture: { readonly by: string; readonly cases: readonly Case[] } = JSON.parse(
  readFileSync(new URL("../fixtures/interpolation.json", import.meta.url), "utf8"),
);

/** One point of a field: a grid of one voxel that a warp brings there. */
const valueAt = async (c: Case, point: Vector3): Promise<number> => {
  const outside: Outside = c.outside === "constant" ? { kind: "constant", value: -12345 } : { kind: c.outside };
  const field = interpolate(input(voxelsOf(Float64Array.from(c.image)), gridOf(c.size)), { by: c.by, outside });
  const there = warp(field, affineOf(identity3, point));
  const result = await reference.run(compileVolume(sample(there, gridOf([1, 1, 1]), storedAs("float64"), "a point")));
  return Number(result.data[0]);
};

/**
 * scipy starts the recursion for `reflect` with an error of z²ⁿ, which shows on short axes; the test of the
 * prefilter below shows that ours is the exact one.
 */
const toleranceOf = (c: Case): number => {
  const shortest = Math.min(...c.size.filter((n) => n > 1));
  return c.by === "bspline" && c.outside === "reflect" ? 200 * (2 - Math.sqrt(3)) ** (2 * shortest) : 1e-9;
};

describe(`the reference backend against ${fixture.by}`, () => {
  test.each(fixture.cases)("$name", async (c) => {
    for (const [k, point] of c.points.entries()) {
      const found = await valueAt(c, point);
      expect(Math.abs(found - c.values[k]!), `at ${point}: ${found}, scipy has ${c.values[k]}`).toBeLessThan(
        toleranceOf(c),
      );
    }
  });
});

describe("B-spline coefficients give the samples back", () => {
  const boundaries = ["mirror", "reflect", "wrap"] as const;
  test.each(boundaries.flatMap((boundary) => [1, 2, 3, 9, 64].map((n) => ({ boundary, n }))))(
    "$boundary, $n samples",
    ({ boundary, n }) => {
      const samples = Float64Array.from({ length: n }, (_, i) => 100 * Math.sin(i * i + 1));
      const c = samples.slice();
      prefilterLine(c, n, boundary);
      const at = (i: number): number => c[bringBack[boundary](i, n)]!;
      for (let i = 0; i < n; i++) expect((at(i - 1) + 4 * at(i) + at(i + 1)) / 6).toBeCloseTo(samples[i]!, 10);
    },
  );
});
