/**
 * Sums and gradients over more rows than a strip holds and more planes than a tile: the last of both are short, and
 * threads share what there is. The reference, which knows of none of that, is the judge.
 */
import { expect, test, vi } from "vitest";
import { Pool } from "../../../backends/wasm/pool.ts";
import { strips, tilesFor } from "../../../backends/wasm/row-tiles.ts";
import {
  affine,
  type Backend,
  imageFromArray,
  type Loss,
  type MedImage,
  mse,
  mutualInformation,
  param,
  pipe,
  reference,
  rotate,
  sum,
  sumOfSquares,
  valueAndGradient,
  valueOfLoss,
  wasm,
} from "../../../src/index.ts";

type Size = readonly [number, number, number];

/** Waves with something of their own in each channel, so that nothing is where it is by chance. */
const waves = ([nx, ny, nz]: Size, channels: number, phase: number): MedImage<"intensity"> => {
  const data = Float32Array.from({ length: nx * ny * nz * channels }, (_, k) => {
    const [x, y, z] = [k % nx, Math.floor(k / nx) % ny, Math.floor(k / (nx * ny)) % nz];
    const channel = Math.floor(k / (nx * ny * nz));
    return 500 * Math.sin(0.5 * x + phase) + 300 * Math.cos(0.07 * y - phase) + 200 * Math.sin(0.3 * z) + 90 * channel;
  });
  return imageFromArray(data, { size: [nx, ny, nz], spacing: [1, 1.2, 2] }, { channels });
};
const angle = param("angle", 7);
const shift = param("shift", 1.3);
const moved = (image: MedImage<"intensity">, interpolation: "linear" | "bspline") =>
  pipe(image, rotate([0.2, -0.3, 1], angle, { interpolation, fill: -50 }), affine({ translate: [shift, 0, 0] }));
const voxels = ({ voxels }: MedImage): Float32Array => voxels.data as Float32Array;

const compute = (loss: Loss, moving: MedImage<"intensity">, backend: Backend, threads = 1) =>
  valueAndGradient(loss, { backend, threads, wrt: { angle, shift, moving } });

const sizes: readonly (readonly [Size, channels: number])[] = [
  [[11, 131, 37], 1],
  [[5, 66, 18], 2],
  [[1, 130, 17], 1],
];
const losses = {
  "a sum of squares": () => sumOfSquares,
  "a mean square": (size: Size, channels: number) => mse(waves(size, channels, 2.2)),
  "mutual information": (size: Size) => mutualInformation(waves(size, 1, 2.2), { bins: 16 }),
} as const;

const cases = sizes.flatMap(([size, channels]) =>
  (["linear", "bspline"] as const).flatMap((by) =>
    Object.entries(losses)
      .filter(([name]) => channels === 1 || name !== "mutual information")
      .map(([name, make]) => ({ name, size, channels, by, of: make(size, channels) })),
  ),
);

test.each(cases)("$name of $size voxels, $channels channels, by $by", async ({ size, channels, by, of }) => {
  const moving = waves(size, channels, 1);
  const loss = of(moved(moving, by));
  const expected = await compute(loss, moving, reference);
  const found = await compute(loss, moving, wasm);
  const near = (a: number, b: number, scale: number): void => expect(Math.abs(a - b) / scale).toBeLessThan(1e-4);
  near(found.value, expected.value, Math.abs(expected.value));
  const scale = Math.max(Math.abs(expected.gradient.angle), Math.abs(expected.gradient.shift));
  near(found.gradient.angle, expected.gradient.angle, scale);
  near(found.gradient.shift, expected.gradient.shift, scale);
  const [ours, theirs] = [voxels(found.gradient.moving), voxels(expected.gradient.moving)];
  const largest = theirs.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  expect(largest).toBeGreaterThan(0);
  near(
    theirs.reduce((most, v, k) => Math.max(most, Math.abs(v - (ours[k] ?? Number.NaN))), 0),
    0,
    largest,
  );
  for (const threads of [2, 3]) {
    const other = await compute(loss, moving, wasm, threads);
    expect([other.value, other.gradient.angle, other.gradient.shift]).toEqual([
      found.value,
      found.gradient.angle,
      found.gradient.shift,
    ]);
    expect(voxels(other.gradient.moving)).toEqual(ours);
  }
});

test("these sizes have short strips and short slabs", () => {
  const size: Size = [11, 131, 37];
  const tiles = tilesFor(size, 44);
  const all = strips(size, tiles);
  expect(new Set(all.map(({ rows }) => rows)).size).toBeGreaterThan(1);
  expect(size[2] % tiles.planes).toBeGreaterThan(0);
});

test("a sum is shared by what it looks at, not by the little that it leaves", async () => {
  const run = vi.spyOn(Pool.prototype, "run");
  try {
    await valueOfLoss(sum(waves([64, 64, 64], 1, 0)), { backend: wasm, threads: 2 });
    const [parts, options] = run.mock.lastCall ?? [];
    expect(options?.threads).toBe(2);
    expect(parts?.[0]?.jobs).toBeGreaterThan(7);
  } finally {
    run.mockRestore();
  }
});
