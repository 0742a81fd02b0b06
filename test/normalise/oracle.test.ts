/** Normalisation and smoothing beside numpy, scipy and scikit-image: see make_normalisation.py in the fixtures. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  type Backend,
  clipPercentiles,
  evaluate,
  histogramMatch,
  imageFromArray,
  type MedImage,
  minMax,
  nyulApply,
  nyulTrain,
  pipe,
  reference,
  referenceHistogram,
  type Source,
  scale,
  smooth,
  statistics,
  type Vector3,
  wasm,
  zScore,
} from "../../src/index.ts";
import { webgpu } from "../../src/webgpu.ts";
import { hasGpu } from "../backends/webgpu/has-gpu.ts";

interface Fixture {
  readonly size: Vector3;
  readonly spacing: Vector3;
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly standard: readonly number[];
  readonly results: Readonly<Record<string, readonly number[]>>;
}
const fixture: Fixture = JSON.parse(readFileSync(new URL("../fixtures/normalisation.json", import.meta.url), "utf8"));

const { size, spacing } = fixture;
const input = (name: string): MedImage<"intensity"> => {
  const numbers = fixture.inputs[name]!;
  return imageFromArray(name.startsWith("counts") ? Int16Array.from(numbers) : Float32Array.from(numbers), {
    size,
    spacing,
  });
};

const image = input("image");
const holes = input("holes");
const mask = input("mask");
const counts = input("counts");
const others = [input("other0"), input("other1"), input("other2")];

const cases: readonly (readonly [name: string, of: () => Promise<Source<"intensity">>])[] = [
  ["zScore", async () => pipe(image, zScore())],
  ["zScore above", async () => pipe(image, zScore({ mask: { above: 1000 } }))],
  ["zScore nonzero", async () => pipe(holes, zScore({ mask: "nonzero" }))],
  ["zScore mask", async () => pipe(image, zScore({ mask }))],
  ["minMax", async () => pipe(image, minMax({ to: [-1, 1] }))],
  ["minMax percentiles", async () => pipe(image, minMax({ percentiles: [2, 97.5] }))],
  ["minMax mask", async () => pipe(image, minMax({ mask }))],
  ["clipPercentiles", async () => pipe(image, clipPercentiles(2, 97.5))],
  ["clipPercentiles mask", async () => pipe(image, clipPercentiles(5, 90, { mask }))],
  ["histogramMatch few", async () => pipe(counts, histogramMatch(await referenceHistogram(input("countsReference"))))],
  [
    "histogramMatch",
    async () => pipe(image, histogramMatch(await referenceHistogram(input("reference")), { knots: 512 })),
  ],
  ["nyul", async () => pipe(image, nyulApply(await nyulTrain(others)))],
  ["smooth", async () => pipe(image, smooth({ sigma: 1.7 }))],
  ["smooth fwhm", async () => pipe(image, smooth({ fwhm: 4 }))],
  [
    "antialias",
    async () => pipe(image, scale([4 / 9, 1 / 2, 3 / 7], { antialias: true, interpolation: "linear", fill: "clamp" })),
  ],
];

const backends: readonly Backend[] = [reference, wasm, ...(hasGpu ? [webgpu()] : [])];

describe.each(backends)("$name beside numpy, scipy and scikit-image", (backend) => {
  test("every result has its case", () => expect(cases.map(([name]) => name)).toEqual(Object.keys(fixture.results)));

  test.each(cases)("%s", async (name, of) => {
    const { voxels } = await evaluate(await of(), { backend });
    const expected = fixture.results[name]!;
    expect(voxels.data.length).toBe(expected.length);
    // Of the result's own range. Windows add up values of 1000 in float32, which differ by 100.
    const range = Math.max(...expected) - Math.min(...expected);
    const error = Math.max(...expected.map((value, k) => Math.abs(Number(voxels.data[k]) - value))) / range;
    expect(error).toBeLessThan(/smooth|antialias/.test(name) && backend !== reference ? 1e-5 : 1e-6);
  });
});

test.each(backends)("$name: windows wider than the image, which is mirrored again and again", async (backend) => {
  const wide = pipe(image, smooth({ sigma: [4.5, 4, 8] }));
  const [found, expected] = [await evaluate(wide, { backend }), await evaluate(wide, { backend: reference })];
  const differences = Array.from(found.voxels.data, Number).map((v, k) =>
    Math.abs(v - Number(expected.voxels.data[k])),
  );
  expect(Math.max(...differences) / 1000).toBeLessThan(2e-6);
  expect(statistics(found).mean).toBeCloseTo(statistics(image).mean, 2);
});

test("landmarks beside scipy's interp1d and numpy's percentile", async () => {
  const { values } = await nyulTrain(others);
  values.forEach((value, k) => {
    expect(value).toBeCloseTo(fixture.standard[k]!, 6);
  });
});
