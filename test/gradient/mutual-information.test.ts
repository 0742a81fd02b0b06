/**
 * Mutual information against the definition written another way, its gradients against central differences, and
 * what it is for: images of different contrast are told when they lie upon each other.
 */
import { describe, expect, it } from "vitest";
import {
  addLosses,
  affine,
  imageFromArray,
  intensityImage,
  type Loss,
  type MedImage,
  mse,
  mutualInformation,
  param,
  phantom,
  pipe,
  reference,
  resampleToImage,
  rescale,
  rotate,
  scaleLoss,
  valueAndGradient,
  valueOfLoss,
} from "../../src/index.ts";
import { nudged, oblique, slopeOf, waves } from "./images.ts";

/** The cubic B-spline by its closed form. */
const spline = (x: number): number => {
  const d = Math.abs(x);
  if (d < 1) return 2 / 3 - d * d + d ** 3 / 2;
  return d < 2 ? (2 - d) ** 3 / 6 : 0;
};

/** H(t) + H(v) − H(t, v) over every bin there is, voxel by voxel. */
const information = (
  v: ArrayLike<number>,
  t: ArrayLike<number>,
  bins: number,
  [low, high]: readonly [number, number],
  [lowT, highT]: readonly [number, number],
  weights?: ArrayLike<number>,
): number => {
  const joint = Array.from({ length: bins }, () => new Array<number>(bins).fill(0));
  let total = 0;
  for (let i = 0; i < v.length; i++) {
    const weight = weights?.[i] ?? 1;
    const at = ((Math.min(Math.max(v[i]!, low), high) - low) / (high - low)) * (bins - 4) + 2;
    const share = (Math.min(Math.max(t[i]!, lowT), highT) - lowT) / (highT - lowT);
    const row = 2 + Math.min(Math.floor(share * (bins - 4)), bins - 5);
    for (let c = 0; c < bins; c++) joint[row]![c]! += weight * spline(at - c);
    total += weight;
  }
  const entropy = (counts: readonly number[]): number =>
    -counts.reduce((sum, n) => sum + (n > 0 ? (n / total) * Math.log(n / total) : 0), 0);
  const rows = joint.map((row) => row.reduce((a, b) => a + b, 0));
  const columns = joint.map((_, c) => joint.reduce((sum, row) => sum + row[c]!, 0));
  return entropy(rows) + entropy(columns) - entropy(joint.flat());
};

const rangeOf = (data: ArrayLike<number>): readonly [number, number] => {
  const all = Array.from(data);
  return [Math.min(...all), Math.max(...all)];
};
const absolute = ({ voxels }: MedImage): readonly number[] => Array.from(voxels.data as Float64Array, Math.abs);
const numbers = ({ voxels }: MedImage): Float64Array => voxels.data as Float64Array;

const moving = waves(0.3);
const fixed = waves(1.1);
const weights = imageFromArray(
  Float64Array.from(numbers(waves(2)), (w) => w * w),
  oblique,
);
const on = { backend: reference } as const;

describe("the value", () => {
  it.each([6, 8, 32, 40])("is −(H(t) + H(v) − H(t, v)) with %i bins", async (bins) => {
    const expected = -information(
      numbers(moving),
      numbers(fixed),
      bins,
      rangeOf(numbers(moving)),
      rangeOf(numbers(fixed)),
    );
    expect(await valueOfLoss(pipe(moving, mutualInformation(fixed, { bins })), on)).toBeCloseTo(expected, 12);
  });

  it("counts voxels by a mask, and what is beyond a range as its end", async () => {
    const [range, targetRange] = [
      [-0.5, 1],
      [-1, 0.7],
    ] as const;
    const loss = pipe(moving, mutualInformation(fixed, { bins: 16, mask: weights, range, targetRange }));
    const expected = -information(numbers(moving), numbers(fixed), 16, range, targetRange, numbers(weights));
    expect(await valueOfLoss(loss, on)).toBeCloseTo(expected, 12);
  });

  it("is of real values, as they are rescaled", async () => {
    const stored = Int16Array.from(numbers(moving), (v) => Math.round(1000 * v));
    const scaled = imageFromArray(stored, oblique, { rescale: { slope: -0.25, intercept: 7 } });
    const plain = imageFromArray(
      Float64Array.from(stored, (s) => 7 - 0.25 * s),
      oblique,
    );
    const of = (image: MedImage<"intensity">, options = {}) =>
      valueOfLoss(pipe(image, mutualInformation(fixed, options)), on);
    expect(await of(scaled)).toBeCloseTo(await of(plain), 12);
    const range = [-100, 200] as const;
    expect(await of(scaled, { range })).toBeCloseTo(await of(plain, { range }), 12);
  });

  it("leaves out voxels that are NaN in either image", async () => {
    const [v, t] = [Float64Array.from(numbers(moving)), Float64Array.from(numbers(fixed))];
    [v[3], t[50]] = [Number.NaN, Number.NaN];
    const isNumber = Float64Array.from(v, (_, k) => (k === 3 || k === 50 ? 0 : 1));
    const { value, gradient } = await valueAndGradient(
      pipe(imageFromArray(v, oblique), mutualInformation(imageFromArray(t, oblique))),
      { ...on, wrt: [] },
    );
    const finite = (data: Float64Array) => rangeOf(data.filter(Number.isFinite));
    const [whole, wholeT] = [Float64Array.from(v), Float64Array.from(t)];
    [whole[3], wholeT[50]] = [0, 0];
    expect(value).toBeCloseTo(-information(whole, wholeT, 32, finite(v), finite(t), isNumber), 12);
    expect(gradient).toEqual([]);
  });

  it("is 0 where an image says nothing", async () => {
    const flat = imageFromArray(new Float64Array(9 * 8 * 7).fill(3), oblique);
    const { value, gradient } = await valueAndGradient(pipe(flat, mutualInformation(fixed)), { ...on, wrt: [flat] });
    expect(value).toBeCloseTo(0, 14);
    expect(Math.max(...absolute(gradient[0]))).toBeLessThan(1e-15);
  });
});

describe("the gradient", () => {
  const angle = param("angle", 4);
  const shift = param("shift", 0.6);
  const ranges = { range: [-1.9, 1.9], targetRange: [-1.9, 1.9], bins: 12 } as const;

  const moved = (degrees = angle.value, mm = shift.value, image = moving) =>
    pipe(
      image,
      rotate("z", param("angle", degrees), { interpolation: "bspline", fill: "reflect" }),
      affine({ translate: [param("shift", mm), 0, 0] }),
    );

  it("by parameters and voxels is that of central differences", async () => {
    const loss = mutualInformation(fixed, { ...ranges, mask: weights });
    const { gradient } = await valueAndGradient(loss(moved()), {
      ...on,
      wrt: { angle, shift, moving, fixed },
      dtype: "float64",
    });
    const value = (...args: Parameters<typeof moved>) => valueOfLoss(loss(moved(...args)), on);
    const byAngle = await slopeOf((d) => value(4 + d), 1e-4);
    const byShift = await slopeOf((d) => value(4, 0.6 + d), 1e-4);
    expect(Math.abs(byAngle)).toBeGreaterThan(1e-3);
    expect(gradient.angle).toBeCloseTo(byAngle, 7);
    expect(gradient.shift).toBeCloseTo(byShift, 7);
    for (const voxel of [0, 77, 250, 333]) {
      const expected = await slopeOf((d) => value(4, 0.6, nudged(moving, voxel, d)), 1e-5);
      expect(Number(gradient.moving.voxels.data[voxel])).toBeCloseTo(expected, 8);
    }
    expect(Math.max(...absolute(gradient.fixed))).toBe(0);
  });

  it("by a mask that moves is that of central differences", async () => {
    const loss = (mm: number) =>
      pipe(
        moving,
        mutualInformation(fixed, {
          ...ranges,
          mask: pipe(weights, affine({ translate: [param("mask", mm), 0, 0] }, { fill: "reflect" })),
        }),
      );
    const { gradient } = await valueAndGradient(loss(0.3), { ...on, wrt: [param("mask", 0.3)] });
    const expected = await slopeOf((d) => valueOfLoss(loss(0.3 + d), on), 1e-4);
    expect(Math.abs(expected)).toBeGreaterThan(1e-4);
    expect(gradient[0]).toBeCloseTo(expected, 8);
  });

  it("of sums and multiples of losses is their sum and multiple", async () => {
    const [source, squares] = [moved(), mse(fixed)];
    const information = mutualInformation(fixed, ranges);
    const all = addLosses(scaleLoss(3)(information(source)), squares(source), scaleLoss(-0.5)(information(source)));
    const of = (loss: Loss) => valueAndGradient(loss, { ...on, wrt: { shift } });
    const [whole, mi, mean] = [await of(all), await of(information(source)), await of(squares(source))];
    expect(whole.value).toBeCloseTo(2.5 * mi.value + mean.value, 12);
    expect(whole.gradient.shift).toBeCloseTo(2.5 * mi.gradient.shift + mean.gradient.shift, 12);
  });
});

describe("between a CT and an MR", () => {
  const size = [40, 40, 32] as const;
  const ct = phantom({ kind: "ct", size });
  // Tilted, and of another contrast: bone is dark and fat is bright.
  const mr = phantom({ kind: "mr", size });
  const at = async (mm: number) => {
    const x = param("x", mm);
    const loss = pipe(mr, affine({ translate: [x, 0, 0] }), resampleToImage(ct), mutualInformation(ct));
    const { value, gradient } = await valueAndGradient(loss, { ...on, wrt: { x } });
    return { mm, value, slope: gradient.x };
  };

  it("is least where they lie upon each other, and its gradient leads there", async () => {
    const found = await Promise.all([-12, -8, -3, 0, 3, 8, 12].map(at));
    const least = found.reduce((best, one) => (one.value < best.value ? one : best));
    expect(least.mm).toBe(0);
    for (const { mm, slope } of found) if (mm !== 0) expect(Math.sign(slope), `at ${mm} mm`).toBe(Math.sign(mm));
  });
});

describe("what cannot be", () => {
  const reasonsOf = async (loss: ReturnType<ReturnType<typeof mutualInformation>>) => {
    const error = await valueOfLoss(loss, on).catch((thrown: Error) => thrown);
    return error instanceof Error ? error.message : "";
  };

  it("is reported with what to do about it", async () => {
    const changed = pipe(moving, rescale(2, 1));
    expect(await reasonsOf(pipe(changed, mutualInformation(fixed, { bins: 3 })))).toBe(
      [
        "step 2 (mutualInformation): 3 is no number of bins; give a whole number from 6 to 1024",
        'step 2 (mutualInformation): the range of values after "rescale" is not known; give range: [lowest, highest] in real values',
      ].join("\n"),
    );
    expect(await reasonsOf(pipe(fixed, mutualInformation(changed, { range: [1, 1] })))).toMatch(
      /range \[1, 1\] is no range.*\n.*give targetRange/,
    );
    const nothing = intensityImage({
      ...moving,
      voxels: { ...moving.voxels, data: numbers(moving).map(() => Number.NaN) },
    });
    expect(await reasonsOf(pipe(nothing, mutualInformation(fixed)))).toMatch(/no finite voxel/);
  });

  it("is not refused where the range is given", async () => {
    const changed = pipe(moving, rescale(2, 1));
    const [low, high] = rangeOf(numbers(moving));
    const loss = pipe(changed, mutualInformation(fixed, { range: [2 * low + 1, 2 * high + 1] }));
    expect(await valueOfLoss(loss, on)).toBeCloseTo(await valueOfLoss(pipe(moving, mutualInformation(fixed)), on), 10);
  });
});
