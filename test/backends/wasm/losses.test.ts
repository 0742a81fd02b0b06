/** Losses that are no plain sums in WebAssembly: as the reference has them, and the same bits over any number of threads. */
import { describe, expect, it } from "vitest";
import {
  affine,
  as,
  type Backend,
  type GradientsOf,
  imageFromArray,
  type Loss,
  lncc,
  type MedImage,
  mutualInformation,
  param,
  pipe,
  reference,
  resampleToImage,
  rotate,
  valueAndGradient,
  wasm,
} from "../../../src/index.ts";
import { noise } from "../noise.ts";

/** Neighbours resemble each other, so that there is something to share. */
const smooth = ([nx, ny, nz]: readonly [number, number, number], phase: number): MedImage<"intensity"> => {
  const data = Float32Array.from({ length: nx * ny * nz }, (_, k) => {
    const [x, y, z] = [k % nx, Math.floor(k / nx) % ny, Math.floor(k / (nx * ny))];
    return 500 * Math.sin(0.5 * x + phase) + 300 * Math.cos(0.4 * y - phase) + 200 * Math.sin(0.3 * z * phase);
  });
  return imageFromArray(data, { size: [nx, ny, nz], spacing: [1, 1.2, 2] });
};
const size = [23, 17, 11] as const;
const [moving, fixed] = [smooth(size, 1), smooth(size, 2.2)];
const angle = param("angle", 7);
const shift = param("shift", 1.3);
const voxels = ({ voxels }: MedImage): Float32Array => voxels.data as Float32Array;

const compute = (loss: Loss, backend: Backend, threads?: number) =>
  valueAndGradient(loss, {
    backend,
    wrt: { angle, shift, moving },
    ...(threads === undefined ? {} : { threads }),
  });
const moved = (interpolation: "linear" | "bspline", fill: number | "reflect" | "background") =>
  pipe(moving, rotate([0.2, -0.3, 1], angle, { interpolation, fill }), affine({ translate: [shift, 0, 0] }));

const worst = (found: Float32Array, expected: Float32Array): number => {
  const scale = expected.reduce((most, e) => Math.max(most, Math.abs(e)), 0);
  return expected.reduce((most, e, k) => Math.max(most, Math.abs(e - (found[k] ?? Number.NaN))), 0) / scale;
};
type Found = GradientsOf<{ angle: typeof angle; shift: typeof shift; moving: typeof moving }>;
const expectSame = (found: Found, expected: Found, tolerance: number): void => {
  const scale = Math.max(Math.abs(expected.angle), Math.abs(expected.shift));
  expect(Math.abs(found.angle - expected.angle) / scale).toBeLessThan(tolerance);
  expect(Math.abs(found.shift - expected.shift) / scale).toBeLessThan(tolerance);
  expect(worst(voxels(found.moving), voxels(expected.moving))).toBeLessThan(tolerance);
};

describe("mutual information is as the reference has it", () => {
  it.each([
    ["linear", -900, 32],
    ["linear", "background", 6],
    ["linear", "reflect", 200],
    ["bspline", "reflect", 32],
    ["bspline", 0, 17],
  ] as const)("%s, %s outside, %i bins", async (interpolation, fill, bins) => {
    const mask = pipe(noise(size, 3), as("uint8"));
    for (const options of [{ bins }, { bins, mask }, { bins, range: [-300, 400], targetRange: [-500, 100] }] as const) {
      const loss = pipe(moved(interpolation, fill), mutualInformation(fixed, options));
      const [found, expected] = [await compute(loss, wasm), await compute(loss, reference)];
      expect(found.value).toBeCloseTo(expected.value, 5);
      expectSame(found.gradient, expected.gradient, 1e-3);
    }
  });

  it("of voxels that are not moved, of an image with itself, and where some are NaN", async () => {
    const holes = imageFromArray(
      voxels(moving).map((v, k) => (k % 7 === 0 ? Number.NaN : v)),
      moving.grid,
    );
    for (const [source, target] of [
      [moving, fixed],
      [moving, moving],
      [holes, fixed],
      [fixed, holes],
    ] as const) {
      const loss = pipe(source, mutualInformation(target));
      const [found, expected] = await Promise.all(
        [wasm, reference].map((backend) => valueAndGradient(loss, { backend, wrt: { source } })),
      );
      expect(found!.value).toBeCloseTo(expected!.value, 5);
      expect(worst(voxels(found!.gradient.source), voxels(expected!.gradient.source))).toBeLessThan(1e-3);
    }
  });

  it("of several channels, and of a target on another grid", async () => {
    const channels = imageFromArray(
      Float32Array.from({ length: 4 * 3 * 2 * 2 }, (_, k) => Math.sin(k)),
      { size: [4, 3, 2] },
      { channels: 2 },
    );
    const other = pipe(smooth([9, 9, 9], 1.7), resampleToImage(channels));
    const loss = pipe(channels, mutualInformation(other, { bins: 8 }));
    const [found, expected] = await Promise.all(
      [wasm, reference].map((backend) => valueAndGradient(loss, { backend, wrt: { channels } })),
    );
    expect(found!.value).toBeCloseTo(expected!.value, 5);
    expect(worst(voxels(found!.gradient.channels), voxels(expected!.gradient.channels))).toBeLessThan(1e-3);
  });
});

describe("local correlation is as the reference has it", () => {
  it.each([
    ["linear", -900, 4],
    ["linear", "reflect", 1],
    ["bspline", "reflect", 2],
    // Windows larger than the image.
    ["linear", "background", 12],
  ] as const)("%s, %s outside, radius %i", async (interpolation, fill, radius) => {
    const mask = pipe(noise(size, 3), as("uint8"));
    for (const options of [{ radius }, { radius, mask, epsilon: 1e-4, range: [-300, 400] }] as const) {
      const loss = pipe(moved(interpolation, fill), lncc(fixed, options));
      const [found, expected] = [await compute(loss, wasm), await compute(loss, reference)];
      expect(found.value).toBeCloseTo(expected.value, 4);
      expectSame(found.gradient, expected.gradient, 1e-3);
    }
  });

  it("where contrast is a few hundredths of the range", async () => {
    const [faint, other] = [moving, fixed].map((image) =>
      imageFromArray(
        voxels(image).map((v, k) => (k < 4 ? 3000 : 40 + v / 20)),
        image.grid,
      ),
    );
    const loss = pipe(faint!, lncc(other!));
    const [found, expected] = await Promise.all(
      [wasm, reference].map((backend) => valueAndGradient(loss, { backend, wrt: { faint: faint! } })),
    );
    expect(found!.value).toBeCloseTo(expected!.value, 3);
    expect(worst(voxels(found!.gradient.faint), voxels(expected!.gradient.faint))).toBeLessThan(1e-2);
  });
});

it.each([
  ["mutual information", mutualInformation(fixed)],
  ["local correlation", lncc(fixed)],
])("the number of threads changes no bit of %s", async (_, of) => {
  const loss = of(moved("linear", -900));
  const [one, two, five] = [await compute(loss, wasm, 1), await compute(loss, wasm, 2), await compute(loss, wasm, 5)];
  for (const other of [two, five]) {
    expect(other.value).toBe(one.value);
    expect([other.gradient.angle, other.gradient.shift]).toEqual([one.gradient.angle, one.gradient.shift]);
    expect(voxels(other.gradient.moving)).toEqual(voxels(one.gradient.moving));
  }
});
