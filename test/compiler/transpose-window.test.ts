/** The transposes of windows along an axis, as a matrix says, and what they cost. */
import { expect, it } from "vitest";
import { reference } from "../../backends/reference/index.ts";
import { adjoint } from "../../compiler/adjoint.ts";
import { translation } from "../../compiler/language/affine.ts";
import { input, interpolate, mapFields, sample, warp } from "../../compiler/language/field.ts";
import { gridOf } from "../../compiler/language/grid.ts";
import type { Outside } from "../../compiler/language/interpolator.ts";
import { reduction } from "../../compiler/language/reduction.ts";
import { binary, constant, type Scalar, tap } from "../../compiler/language/scalar.ts";
import { storedAs, voxelsOf } from "../../compiler/language/voxels.ts";
import { lowerReductions } from "../../compiler/lower-reductions.ts";
import type { GradientPlan } from "../../compiler/plan.ts";

const n = 5;
const grid = gridOf([1, n, 2]);
const voxels = voxelsOf(Float64Array.from({ length: 2 * n }, (_, k) => Math.cos(k)));
const given = voxelsOf(Float64Array.from({ length: 2 * n }, (_, k) => Math.sin(3 * k)));

/** Where an index beyond the ends is found. */
const found: Readonly<Record<"clamp" | "reflect" | "wrap", (i: number) => number>> = {
  clamp: (i) => Math.min(Math.max(i, 0), n - 1),
  reflect: (i) => (i < 0 ? -1 - i : i >= n ? 2 * n - 1 - i : i),
  wrap: (i) => (i + n) % n,
};

/** Σ given · Σ_d weights(d) · source(y + d), differentiated by the source. */
const gradientOf = async (outside: keyof typeof found, weights: ReadonlyMap<number, number>) => {
  const source = interpolate(input(voxels, grid), { by: "nearest", outside: { kind: outside } satisfies Outside });
  const shifted = [...weights.keys()].map((d) => warp(source, translation([0, d, 0])));
  const body = [...weights.values()].reduce<Scalar>(
    (sum, weight, k) => binary("add", sum, binary("mul", tap(k), constant(weight))),
    constant(0.25),
  );
  const made = sample(mapFields(body, shifted), grid, "working", "a window");
  const looked = [made, input(given, grid)].map((volume) => interpolate(volume, null));
  const { plan, inputs, places } = lowerReductions([reduction(binary("mul", tap(0), tap(1)), looked, grid)]);
  const seeds = new Map([[places[0]!.buffer, [1]]]);
  const wanted = { inputs: [inputs.indexOf(voxels)], parameters: [], storage: storedAs("float64"), values: false };
  const back = adjoint(plan, seeds, wanted);
  const [gradient] = await reference.runGradient({ plan: back.plan, inputs });
  return { gradient: Array.from(gradient!.data, Number), plan: back.plan };
};

const expectedOf = (outside: keyof typeof found, weights: ReadonlyMap<number, number>): readonly number[] => {
  const gradient = new Array<number>(2 * n).fill(0);
  for (let z = 0; z < 2; z++)
    for (let y = 0; y < n; y++)
      for (const [d, weight] of weights)
        gradient[z * n + found[outside](y + d)]! += weight * Number(given.data[z * n + y]);
  return gradient;
};

const scatters = ({ passes }: GradientPlan): number => passes.filter(({ kind }) => kind === "scatter").length;
const symmetric = new Map([
  [-3, 0.5],
  [-1, -2],
  [0, 1],
  [1, -2],
  [3, 0.5],
]);
const slanted = new Map([
  [-1, 1],
  [0, 3],
  [1, 2],
]);

it.each([
  ["reflect", symmetric, 0],
  ["wrap", symmetric, 0],
  ["clamp", symmetric, 4],
  ["reflect", slanted, 2],
  ["wrap", slanted, 2],
] as const)("a window under %s with weights %o is transposed with %i scatters", async (outside, weights, count) => {
  const { gradient, plan } = await gradientOf(outside, weights);
  const expected = expectedOf(outside, weights);
  gradient.forEach((found, k) => {
    expect(found).toBeCloseTo(expected[k]!, 12);
  });
  expect(scatters(plan)).toBe(count);
});
