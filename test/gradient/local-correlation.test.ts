/** Local correlation against its definition, window by window, and its gradients against central differences. */
import { describe, expect, it } from "vitest";
import {
  affine,
  imageFromArray,
  lncc,
  type MedImage,
  param,
  pipe,
  reference,
  rescale,
  rotate,
  translate,
  valueAndGradient,
  valueOfLoss,
  window,
} from "../../src/index.ts";
import { nudged, oblique, slopeOf, waves } from "./images.ts";

const on = { backend: reference } as const;
const moving = waves(0.3);
const fixed = waves(1.1);
const weights = imageFromArray(
  (waves(2).voxels.data as Float64Array).map((w) => w * w),
  oblique,
);
const numbers = ({ voxels }: MedImage): Float64Array => voxels.data as Float64Array;

/** The index of a voxel beyond the ends of an image that is reflected about its faces, step by step. */
const reflected = (i: number, n: number): number => {
  let at = i;
  while (at < 0 || at >= n) at = at < 0 ? -1 - at : 2 * n - 1 - at;
  return at;
};

/** −Σ w cov² / (var var + ε) / Σ w, in two passes over each window. */
const expectedOf = (
  v: Float64Array,
  t: Float64Array,
  radius: number,
  epsilon: number,
  w: Float64Array = new Float64Array(v.length).fill(1),
): number => {
  const [nx, ny, nz] = oblique.size;
  const scaled = (data: Float64Array): Float64Array => {
    const [low, high] = [Math.min(...data), Math.max(...data)];
    return data.map((x) => (x - low) / (high - low));
  };
  const [a, b] = [scaled(v), scaled(t)];
  const offsets = Array.from({ length: 2 * radius + 1 }, (_, k) => k - radius);
  const indices = (i: number, n: number): readonly number[] => offsets.map((d) => reflected(i + d, n));
  const mean = (numbers: readonly number[]): number => numbers.reduce((x, y) => x + y, 0) / numbers.length;
  let sum = 0;
  for (let z = 0; z < nz; z++)
    for (let y = 0; y < ny; y++)
      for (let x = 0; x < nx; x++) {
        const around = indices(z, nz).flatMap((k) =>
          indices(y, ny).flatMap((j) => indices(x, nx).map((i) => (k * ny + j) * nx + i)),
        );
        const [ma, mb] = [mean(around.map((k) => a[k]!)), mean(around.map((k) => b[k]!))];
        const product = (f: (k: number) => number): number => mean(around.map(f));
        const covariance = product((k) => (a[k]! - ma) * (b[k]! - mb));
        const spread = product((k) => (a[k]! - ma) ** 2) * product((k) => (b[k]! - mb) ** 2);
        sum += (w[(z * ny + y) * nx + x]! * covariance ** 2) / (spread + epsilon);
      }
  return -sum / w.reduce((x, y) => x + y, 0);
};

describe("the value", () => {
  // A window of radius 8 is larger than the image, which then is reflected more than once.
  it.each([1, 2, 4, 8])("is the mean of what windows of radius %i say", async (radius) => {
    const found = await valueOfLoss(pipe(moving, lncc(fixed, { radius })), on);
    expect(found).toBeCloseTo(expectedOf(numbers(moving), numbers(fixed), radius, 1e-9), 10);
  });

  it("is weighted by a mask, and less where epsilon is more", async () => {
    const found = await valueOfLoss(pipe(moving, lncc(fixed, { radius: 2, epsilon: 1e-3, mask: weights })), on);
    expect(found).toBeCloseTo(expectedOf(numbers(moving), numbers(fixed), 2, 1e-3, numbers(weights)), 10);
    expect(found).toBeGreaterThan(expectedOf(numbers(moving), numbers(fixed), 2, 1e-9, numbers(weights)));
  });

  it("is near −1 for lines of the image, however the line drifts", async () => {
    expect(await valueOfLoss(pipe(moving, lncc(moving)), on)).toBeCloseTo(-1, 4);
    const falling = imageFromArray(
      numbers(moving).map((v) => 7 - 3 * v),
      oblique,
    );
    expect(await valueOfLoss(pipe(falling, lncc(moving)), on)).toBeCloseTo(-1, 4);
  });

  it("is 0 where an image says nothing", async () => {
    const flat = imageFromArray(new Float64Array(9 * 8 * 7).fill(3), oblique);
    const { value, gradient } = await valueAndGradient(pipe(flat, lncc(fixed)), { ...on, wrt: [flat] });
    expect(value).toBeCloseTo(0, 14);
    expect(numbers(gradient[0]).every(Number.isFinite)).toBe(true);
  });
});

describe("the gradient", () => {
  const angle = param("angle", 4);
  const shift = param("shift", 0.6);
  const options = { radius: 2, range: [-2, 2], targetRange: [-2, 2], epsilon: 1e-4, mask: weights } as const;
  const moved = (degrees = angle.value, mm = shift.value, image = moving) =>
    pipe(
      image,
      rotate("z", param("angle", degrees), { interpolation: "bspline", fill: "reflect" }),
      affine({ translate: [param("shift", mm), 0, 0] }),
    );

  it("by parameters and the voxels of both images is that of central differences", async () => {
    const { gradient } = await valueAndGradient(pipe(moved(), lncc(fixed, options)), {
      ...on,
      wrt: { angle, shift, moving, fixed },
      dtype: "float64",
    });
    const value = (degrees: number, mm: number, image = moving, target = fixed) =>
      valueOfLoss(pipe(moved(degrees, mm, image), lncc(target, options)), on);
    const byAngle = await slopeOf((d) => value(4 + d, 0.6), 1e-4);
    const byShift = await slopeOf((d) => value(4, 0.6 + d), 1e-4);
    expect(Math.abs(byAngle)).toBeGreaterThan(1e-3);
    expect(gradient.angle).toBeCloseTo(byAngle, 7);
    expect(gradient.shift).toBeCloseTo(byShift, 7);
    for (const voxel of [0, 77, 250, 503]) {
      const byMoving = await slopeOf((d) => value(4, 0.6, nudged(moving, voxel, d)), 1e-4);
      const byFixed = await slopeOf((d) => value(4, 0.6, moving, nudged(fixed, voxel, d)), 1e-4);
      expect(Number(gradient.moving.voxels.data[voxel])).toBeCloseTo(byMoving, 8);
      expect(Number(gradient.fixed.voxels.data[voxel])).toBeCloseTo(byFixed, 8);
    }
  });

  it("by what moves the grid that the loss is taken on is that of central differences", async () => {
    const loss = (mm: number) => pipe(moving, translate("y", param("y", mm)), lncc(fixed, options));
    const { gradient } = await valueAndGradient(loss(0.4), { ...on, wrt: { y: param("y", 0.4) } });
    const expected = await slopeOf((d) => valueOfLoss(loss(0.4 + d), on), 1e-4);
    expect(Math.abs(expected)).toBeGreaterThan(1e-4);
    expect(gradient.y).toBeCloseTo(expected, 7);
  });
});

describe("ranges", () => {
  it("are known after a window, and else have to be given where steps change values", async () => {
    const windowed = pipe(moving, window(0, 8));
    const scaled = imageFromArray(
      numbers(moving).map((v) => v / 8 + 0.5),
      oblique,
    );
    const [low, high] = [0, 1];
    expect(await valueOfLoss(pipe(windowed, lncc(fixed)), on)).toBeCloseTo(
      await valueOfLoss(pipe(scaled, lncc(fixed, { range: [low, high] })), on),
      10,
    );
    await expect(valueOfLoss(pipe(moving, rescale(2), lncc(fixed, { radius: 0.5, epsilon: 0 })), on)).rejects.toThrow(
      [
        "step 2 (lncc): the radius 0.5 is no whole number from 1; give a whole number of voxels",
        "step 2 (lncc): epsilon 0 is not positive; give a small number over 0",
        'step 2 (lncc): the range of values after "rescale" is not known; give range: [lowest, highest] in real values',
      ].join("\n"),
    );
  });
});
