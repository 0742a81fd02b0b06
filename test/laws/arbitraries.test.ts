/** Laws are worth what they are tried on: the arbitraries are shown to draw what they promise. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gridProblem } from "../../compiler/language/grid.ts";
import { column, determinant3, dot } from "../../compiler/language/vector.ts";
import { dtypeNames } from "../../compiler/language/voxels.ts";
import {
  grids,
  images,
  labelImages,
  laws,
  medimages,
  medimagesOn,
  movingSequences,
  pipelines,
  rampImage,
  whereFrom,
} from "../../laws/index.ts";
import { reference } from "../../src/index.ts";
import { operations } from "../../src/ops/table.ts";

const sampled = <T>(arbitrary: fc.Arbitrary<T>, numRuns = 1000): readonly T[] =>
  fc.sample(arbitrary, { numRuns, seed: 1 });
const share = <T>(all: readonly T[], of: (t: T) => boolean): number => all.filter(of).length / all.length;

describe("grids", () => {
  const all = sampled(grids());
  const along = (k: 0 | 1 | 2, g: (typeof all)[number]) => column(g.direction, k);
  it("can all hold an image", () => expect(all.map(gridProblem).filter(Boolean)).toEqual([]));
  it("are of both handedness", () => {
    const left = share(all, (g) => determinant3(g.direction) < 0);
    expect(left).toBeGreaterThan(0.3);
    expect(left).toBeLessThan(0.7);
  });
  it.each([
    ["oblique", (g: (typeof all)[number]) => g.direction.some((e) => Math.abs(e) > 0.05 && Math.abs(e) < 0.95)],
    ["along the axes", (g: (typeof all)[number]) => g.direction.every((e) => e === 0 || Math.abs(e) === 1)],
    ["sheared", (g: (typeof all)[number]) => Math.abs(dot(along(0, g), along(1, g))) > 0.05],
    ["anisotropic", (g: (typeof all)[number]) => Math.max(...g.spacing) > 2 * Math.min(...g.spacing)],
    ["one voxel thin", (g: (typeof all)[number]) => g.size.includes(1)],
  ])("are %s often enough", (_, is) => expect(share(all, is)).toBeGreaterThan(0.15));
  it("have columns of length 1", () => {
    for (const g of all) for (const k of [0, 1, 2] as const) expect(dot(along(k, g), along(k, g))).toBeCloseTo(1, 12);
  });
});

describe("images", () => {
  const all = sampled(images());
  it.each(dtypeNames)("come as %s", (dtype) =>
    expect(share(all, (i) => i.voxels.dtype === dtype)).toBeGreaterThan(0.04),
  );
  it("come with a rescale and with several channels", () => {
    expect(share(all, (i) => i.voxels.rescale.slope !== 1)).toBeGreaterThan(0.2);
    expect(share(all, (i) => i.voxels.channels > 1)).toBeGreaterThan(0.4);
  });
  it("reach beyond 2^53 and hold NaN when extreme", () => {
    const extreme = sampled(images({ content: "extreme" }));
    const elements = extreme.flatMap((i) => Array.from<number | bigint>(i.voxels.data as Int8Array));
    expect(elements.some((v) => typeof v === "bigint" && v > 2n ** 53n)).toBe(true);
    expect(elements.some((v) => typeof v === "bigint" && v < -(2n ** 53n))).toBe(true);
    expect(elements.some((v) => Object.is(v, -0)) && elements.some(Number.isNaN)).toBe(true);
  });
  it("have several classes as labels", () => {
    const classes = sampled(labelImages()).map(
      (i) => new Set(Array.from<number | bigint>(i.voxels.data as Int8Array)).size,
    );
    expect(classes.filter((n) => n > 2).length).toBeGreaterThan(500);
  });
});

describe("pipelines", () => {
  const all = sampled(pipelines());
  it("are of several steps, all of which can be", () => {
    expect(share(all, ({ steps }) => steps.length >= 2)).toBeGreaterThan(0.4);
  });
  /** What looks at more than a voxel or its channel: what becomes of it is asked in the tests of normalisation. */
  const apart = ["zScore", "minMax", "clipPercentiles", "histogramMatch", "nyulApply", "smooth", "oneHot", "argMax"];
  it.each(Object.keys(operations).filter((op) => !apart.includes(op)))("contain %s", (op) => {
    expect(share(all, ({ steps }) => steps.some((step) => step.op === op))).toBeGreaterThan(0.02);
  });
});

describe("ramps after movements", () => {
  it("still lie in the grid for a good part, so that the law of ramps has something to judge", () => {
    const inside = sampled(
      grids(7).chain((g) =>
        movingSequences(rampImage(g, { slope: [1, 0, 0], intercept: 0 })).map((steps) => ({ g, steps })),
      ),
    );
    expect(share(inside, ({ steps }) => steps.length > 0)).toBeGreaterThan(0.95);
    for (const { g, steps } of inside.slice(0, 50))
      for (const step of steps) expect(whereFrom(step, g, g.origin).every(Number.isFinite)).toBe(true);
  });
});

describe("losses to differentiate", () => {
  // A gradient that is off by a hundredth is noticed wherever a case is judged and has one.
  const { valueAndGradient } = medimagesOn({
    ...reference,
    runGradient: async (program, options) =>
      (await reference.runGradient(program, options)).map((voxels) => ({
        ...voxels,
        data: Float64Array.from({ length: voxels.data.length }, (_, i) => Number(voxels.data[i]) * 1.01),
      })),
  });
  it.each([
    ["voxelGradientsAreSlopes", 0.6],
    ["parameterGradientsAreSlopes", 0.4],
  ] as const)("are judged by %s for a good part, not taken for kinks", async (name, least) => {
    let noticed = 0;
    for (let seed = 0; seed < 100; seed++) {
      const subject = { ...medimages, valueAndGradient };
      if ((await fc.check(laws[name].property(subject), { seed, numRuns: 1, endOnFailure: true })).failed) noticed++;
    }
    expect(noticed / 100).toBeGreaterThan(least);
  });
});
