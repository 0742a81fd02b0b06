import { describe, expect, test } from "vitest";
import { gridOf } from "../../compiler/language/grid.ts";
import { type VoxelArray, voxelsOf } from "../../compiler/language/voxels.ts";
import { type Channels, imageFromArray, intensityImage } from "../../src/image.ts";
import { statistics } from "../../src/statistics.ts";

const line = (data: VoxelArray) => imageFromArray(data, { size: [data.length, 1, 1] });

describe("statistics", () => {
  test("are of rescaled values", () => {
    const image = imageFromArray(
      Int16Array.of(-2, 0, 5),
      { size: [3, 1, 1] },
      { rescale: { slope: 0.5, intercept: 10 } },
    );
    expect(statistics(image)).toEqual({ min: 9, max: 12.5, mean: 10.5, nonfinite: 0 });
  });
  test("swap ends under a negative slope", () => {
    const image = imageFromArray(Int16Array.of(1, 3), { size: [2, 1, 1] }, { rescale: { slope: -1, intercept: 0 } });
    expect(statistics(image)).toMatchObject({ min: -3, max: -1 });
  });
  test("skip what is not finite, and count it", () => {
    const data = Float32Array.of(1, Number.NaN, Number.POSITIVE_INFINITY, 3, Number.NEGATIVE_INFINITY);
    expect(statistics(line(data))).toEqual({ min: 1, max: 3, mean: 2, nonfinite: 3 });
    expect(statistics(line(Float32Array.of(Number.NaN)))).toEqual({
      min: Number.NaN,
      max: Number.NaN,
      mean: Number.NaN,
      nonfinite: 1,
    });
  });
  test("the mean does not lose small numbers between large ones", () => {
    expect(statistics(line(Float64Array.of(1e16, 1, 1, -1e16))).mean).toBe(0.5);
    const data = new Float32Array(3_000_000).fill(0.1);
    expect(statistics(line(data)).mean).toBe(Math.fround(0.1));
  });
  test("64-bit integers count by their nearest number", () => {
    expect(statistics(line(BigInt64Array.of(-5n, 5n, 2n ** 40n)))).toMatchObject({ min: -5, max: 2 ** 40 });
  });
  test.each<
    readonly [
      Channels["components"],
      readonly number[],
      { readonly min: number; readonly max: number; readonly mean: number },
    ]
  >([
    ["complex", [3, 0, 4, -2, 6, 0, 8, 0], { min: 0, max: 10, mean: (5 + 2 + 10 + 0) / 4 }],
    ["rgba", [1, 2, 3, 4, 5, 6, 7, 8], { min: 1, max: 8, mean: 4.5 }],
  ])("of %s voxels", (components, values, wanted) => {
    // Complex: two volumes of two voxels, the real plane before the imaginary one.
    const channels = components === "complex" ? 4 : 4;
    const image = intensityImage({
      voxels: voxelsOf(Float32Array.from(values), { channels }),
      grid: gridOf([2, 1, 1]),
      channels: { components, shape: components === "complex" ? [2] : [] },
    });
    expect(statistics(image)).toEqual({ ...wanted, nonfinite: 0 });
  });
});
