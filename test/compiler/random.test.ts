/**
 * Random numbers that voxels draw: the hash against an implementation in another language, the distribution of what
 * comes of it, at fixed seeds, and that other seeds compile nothing.
 */
import { describe, expect, test } from "vitest";
import { affineOf } from "../../compiler/language/affine.ts";
import { pcg4d, uniformAt, type Words, wordsOf } from "../../compiler/language/random.ts";
import { constant, nodesOf, random, type Scalar } from "../../compiler/language/scalar.ts";
import { valueOfScalar } from "../../compiler/language/scalar-value.ts";
import type { Scatter } from "../../compiler/plan.ts";
import { transposeCopy } from "../../compiler/transpose-copy.ts";
import { normalQuantile } from "../../src/ops/noise.ts";

describe("pcg4d", () => {
  // By numpy, in uint32, from the listing in the paper.
  test.each<[Words, Words]>([
    [
      [1, 2, 3, 4],
      [908250390, 4044648920, 3775961919, 45698095],
    ],
    [
      [0, 0, 0, 0],
      [251852841, 760645481, 850445371, 3542436074],
    ],
    [
      [0xffffffff, 0x80000000, 0xdeadbeef, 12345],
      [2617235421, 3516097209, 3179560032, 4064608832],
    ],
  ])("of %j is %j", (words, hash) => {
    expect(pcg4d(words)).toEqual(hash);
  });
});

const [nx, ny, nz] = [64, 32, 32];
/** The numbers of a volume, x fastest. */
const volume = (seed: number, stream = 0): Float64Array => {
  const key = wordsOf({ seed, stream });
  return Float64Array.from({ length: nx * ny * nz }, (_, i) =>
    uniformAt(key, i % (nx * ny), Math.floor(i / (nx * ny))),
  );
};
const n = nx * ny * nz;
const mean = (of: (i: number) => number): number => {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += of(i);
  return sum / n;
};

describe.each([0, 1, 12345, -7.5, 2 ** 52 + 1])("the numbers of seed %d", (seed) => {
  const u = volume(seed);

  test("lie in (0, 1) and are float32", () => {
    expect(u.every((x) => x > 0 && x < 1 && Math.fround(x) === x)).toBe(true);
  });

  test("are uniform, by the test of Kolmogorov and Smirnov", () => {
    const sorted = u.toSorted();
    let distance = 0;
    sorted.forEach((x, k) => {
      distance = Math.max(distance, Math.abs(x - k / n), Math.abs(x - (k + 1) / n));
    });
    // Distances over this come once in a million.
    expect(distance).toBeLessThan(Math.sqrt(Math.log(2e6) / (2 * n)));
  });

  test("have the mean, the variance and the skewness of uniform ones", () => {
    expect(Math.abs(mean((i) => u[i]! - 0.5)) / Math.sqrt(1 / 12 / n)).toBeLessThan(5);
    expect(Math.abs(mean((i) => (u[i]! - 0.5) ** 2) - 1 / 12) / Math.sqrt(1 / 180 / n)).toBeLessThan(5);
    expect(Math.abs(mean((i) => (u[i]! - 0.5) ** 3)) / Math.sqrt(1 / 448 / n)).toBeLessThan(5);
  });

  test("do not depend on their neighbours', on those of another seed or on those of another stream", () => {
    const related = (other: Float64Array, lag: number): number =>
      Math.abs(mean((i) => (u[i]! - 0.5) * (other[(i + lag) % n]! - 0.5)) * 12 * Math.sqrt(n));
    for (const lag of [1, 2, 3, 4, nx - 1, nx, nx + 1, nx * ny, nx * ny + nx + 1])
      expect(related(u, lag)).toBeLessThan(5);
    for (const other of [volume(seed + 1), volume(seed, 1), volume(seed, 2)]) expect(related(other, 0)).toBeLessThan(5);
  });

  test("fill squares and cubes of neighbours evenly", () => {
    // χ² over 16² and 8³ cells of what neighbours along x draw: its mean is the number of cells, but for one.
    for (const [cells, dimension] of [
      [16, 2],
      [8, 3],
    ] as const) {
      const counts = new Float64Array(cells ** dimension);
      for (let i = 0; i < n - 2; i += dimension) {
        let at = 0;
        for (let k = 0; k < dimension; k++) at = at * cells + Math.floor(u[i + k]! * cells);
        counts[at]!++;
      }
      const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
      const chi = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
      expect(Math.abs(chi - (counts.length - 1)) / Math.sqrt(2 * counts.length)).toBeLessThan(5);
    }
  });
});

describe("normal numbers", () => {
  /** The quantile at u, computed on the host. */
  const quantile = (u: number): number => valueOfScalar(normalQuantile(constant(u)), []);

  // By scipy.special.ndtri.
  test.each([
    [2 ** -24, -5.294704084854597],
    [1e-4, -3.7190164854556804],
    [0.01, -2.3263478740408408],
    [0.074, -1.4466320671589785],
    [0.076, -1.4325027208258116],
    [0.3, -0.5244005127080409],
    [0.5, 0],
    [0.7, 0.5244005127080407],
    [0.99, 2.3263478740408408],
    [1 - 2 ** -24, 5.294704084854597],
  ])("at %d is %d", (u, z) => {
    expect(Math.abs(quantile(u) - z)).toBeLessThanOrEqual(2e-7 * Math.max(1, Math.abs(z)));
  });

  test("come symmetrically, with the moments of normal ones", () => {
    const z = volume(3).map(quantile);
    expect(quantile(0.125) + quantile(0.875)).toBe(0);
    const limit = (variance: number): number => 5 * Math.sqrt(variance / n);
    expect(Math.abs(mean((i) => z[i]!))).toBeLessThan(limit(1));
    expect(Math.abs(mean((i) => z[i]! ** 2) - 1)).toBeLessThan(limit(2));
    expect(Math.abs(mean((i) => z[i]! ** 3))).toBeLessThan(limit(15));
    expect(Math.abs(mean((i) => z[i]! ** 4) - 3)).toBeLessThan(limit(96));
  });
});

test("a seed and a stream are one leaf, which other seeds are not", () => {
  expect(random(1, 2)).toBe(random(1, 2));
  expect(random(1, 2)).not.toBe(random(2, 1));
  expect(nodesOf(random(1))).toEqual([random(1, 0)]);
});

test("what a body draws is not looked at from another grid: only copies without it are transposed as copies", () => {
  const through: Scatter["through"] = {
    pull: affineOf([-1, 0, 0, 0, 1, 0, 0, 0, 1], [3, 0, 0]),
    by: "nearest",
    boundary: "clamp",
    class: "copy",
  };
  const giving = (body: Scalar): Scatter => ({
    kind: "scatter",
    output: 1,
    size: [4, 3, 2],
    channels: 1,
    taps: [],
    regions: [],
    body,
    through,
    reason: "a test",
  });
  const output = { size: [4, 3, 2], channels: 1, storage: "working" } as const;
  expect(transposeCopy(giving(constant(2)), output).kind).toBe("gather");
  const drawing = giving(random(1));
  expect(transposeCopy(drawing, output)).toBe(drawing);
});
