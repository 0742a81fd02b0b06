/** What the passes of a gradient are: as few as the forward ones, gathers where nothing is interpolated, and honest at roundings. */
import { describe, expect, it } from "vitest";
import type { Backend } from "../../backends/backend.ts";
import type { GradientPass, GradientPlan } from "../../compiler/plan.ts";
import {
  addLosses,
  affine,
  as,
  changeOrientation,
  crop,
  type Differentiable,
  flip,
  imageFromArray,
  type Loss,
  type MedImage,
  materialize,
  mse,
  pad,
  param,
  pipe,
  reference,
  rescale,
  rotate,
  sum,
  sumOfSquares,
  translate,
  valueAndGradient,
  vjp,
  wasm,
  weightedSum,
} from "../../src/index.ts";

const size = [6, 5, 4] as const;
const ramp = (seed = 1): MedImage<"intensity"> =>
  imageFromArray(
    Float64Array.from({ length: 120 }, (_, i) => Math.sin(i * seed) * 100),
    { size, spacing: [1, 1.5, 2] },
  );
const linear = { interpolation: "linear", fill: 0 } as const;

/** The plans that a loss and its gradients are computed by. */
const plansOf = async (loss: Loss, wrt: readonly Differentiable[]): Promise<readonly GradientPlan[]> => {
  const plans: GradientPlan[] = [];
  const spy: Backend = {
    ...reference,
    runGradient: (program, options) => {
      plans.push(program.plan);
      return reference.runGradient(program, options);
    },
  };
  await valueAndGradient(loss, { wrt, backend: spy });
  return plans;
};
const kinds = (plan: GradientPlan | undefined): readonly GradientPass["kind"][] =>
  (plan?.passes ?? []).map(({ kind }) => kind).sort();
const gradientsOf = async (loss: Loss, image: MedImage): Promise<readonly number[]> => {
  const { gradient } = await valueAndGradient(loss, { wrt: [image], backend: reference, dtype: "float64" });
  return Array.from(gradient[0].voxels.data, Number);
};

describe("passes", () => {
  it("a chain of fused operations is one scatter to the voxels and one reduce for all parameters", async () => {
    const image = ramp();
    const [a, b, c, d] = [param("a", 10), param("b", 1.1), param("c", 3), param("d", 0.5)];
    const loss = pipe(
      image,
      rotate("z", a, linear),
      affine({ scale: [b, 1, 1], translate: [0, c, 0] }, linear),
      flip("x"),
      rotate("x", 5, linear),
      rescale(d, 1),
      crop([1, 1, 1], [3, 3, 2], { fill: 0 }),
      weightedSum(imageFromArray(new Float64Array(18).fill(1), { size: [3, 3, 2] })),
    );
    const plans = await plansOf(loss, [image, a, b, c, d]);
    expect(plans.map(kinds)).toEqual([["reduce", "scatter"]]);
  });
  it("a loss that is no sum of its sums runs them first, and once more with the gradient", async () => {
    const image = ramp();
    const a = param("a", 10);
    const mean = (weights: MedImage) => addLosses(mse(weights)(rotate("z", a, linear)(image)));
    expect((await plansOf(mean(ramp(2)), [image, a])).map(kinds)).toEqual([["reduce", "scatter"]]);
  });
  it("exact operations give gathers and no scatter", async () => {
    const image = ramp();
    const loss = pipe(
      image,
      flip("y"),
      crop([1, 0, 0], [4, 5, 4], { fill: 0 }),
      pad([1, 1, 0], [0, 2, 1], { fill: 3 }),
      changeOrientation("PIR"),
      translate("x", 4),
      sumOfSquares,
    );
    const [plan] = await plansOf(loss, [image]);
    expect(kinds(plan)).toEqual(["gather", "reduce"]);
  });
  it("where nothing is asked of the voxels there is no pass to them", async () => {
    const a = param("a", 10);
    const [plan] = await plansOf(sum(rotate("z", a, linear)(ramp())), [a]);
    expect(kinds(plan)).toEqual(["reduce"]);
  });
  it("each materialize adds one gather forward and one transpose back", async () => {
    const image = ramp();
    const loss = pipe(
      image,
      rotate("z", 10, linear),
      as("float64"),
      materialize,
      rotate("x", 10, linear),
      sumOfSquares,
    );
    const [plan] = await plansOf(loss, [image]);
    expect(kinds(plan)).toEqual(["gather", "reduce", "scatter", "scatter"]);
  });
});

describe("an image that is looked at twice", () => {
  const image = ramp();
  it("in one place is looked at once", async () => {
    const turned = rotate("z", 10, linear)(image);
    const [plan] = await plansOf(addLosses(sum(turned), sumOfSquares(turned)), [image]);
    expect(kinds(plan)).toEqual(["reduce", "scatter"]);
    expect(plan?.passes.find(({ kind }) => kind === "reduce")).toMatchObject({ taps: [{ source: 0 }] });
  });
  it("is given both gradients: of Σ v · v it is 2 v", async () => {
    const found = await gradientsOf(weightedSum(image)(image), image);
    for (const [i, g] of found.entries()) expect(g).toBeCloseTo(2 * Number(image.voxels.data[i]), 9);
  });
  it("of two movements of it, too", async () => {
    const weights = ramp(3);
    const [plus, minus] = [rotate("z", 10, linear)(image), rotate("z", -10, linear)(image)];
    const both = await gradientsOf(addLosses(weightedSum(weights)(plus), weightedSum(weights)(minus)), image);
    const apart = [
      await gradientsOf(weightedSum(weights)(plus), image),
      await gradientsOf(weightedSum(weights)(minus), image),
    ];
    for (const [i, g] of both.entries()) expect(g).toBeCloseTo(apart[0]![i]! + apart[1]![i]!, 9);
  });
});

describe("integers", () => {
  const whole = imageFromArray(
    Int16Array.from({ length: 120 }, (_, i) => (i * 37) % 100),
    { size },
  );
  it("rounding lets nothing through", async () => {
    const rounded = pipe(whole, rotate("z", 10, linear), as("int16"), materialize, sum);
    expect(new Set(await gradientsOf(rounded, whole))).toEqual(new Set([0]));
  });
  it("voxels that are only moved are not rounded", async () => {
    const moved = pipe(whole, flip("x"), crop([1, 0, 0], [4, 5, 4], { fill: 0 }), materialize, flip("y"), sum);
    expect(new Set(await gradientsOf(moved, whole))).toEqual(new Set([0, 1]));
    const nearest = pipe(whole, rotate("z", 10, { interpolation: "nearest", fill: 0 }), materialize, sum);
    const found = await gradientsOf(nearest, whole);
    expect(found.every(Number.isInteger) && found.some((g) => g > 0)).toBe(true);
  });
});

describe("parameters", () => {
  const image = ramp();
  const options = { backend: reference, dtype: "float64" } as const;
  it("of one name with different values are refused, wherever they stand", async () => {
    const two = pipe(image, rotate("z", param("a", 1), linear), rescale(param("a", 2)), sum);
    await expect(valueAndGradient(two, { ...options, wrt: [] })).rejects.toThrow(/"a" has more than one value/);
    const one = pipe(image, rotate("z", param("a", 1), linear), sum);
    await expect(valueAndGradient(one, { ...options, wrt: [param("a", 3)] })).rejects.toThrow(/"a"/);
  });
  it("of one name in several places have the sum of their gradients", async () => {
    const at = async (first: string, second: string) => {
      const [a, b] = [param(first, 4), param(second, 4)];
      const loss = pipe(image, rotate("z", a, linear), rotate("x", b, linear), weightedSum(ramp(2)));
      return (await valueAndGradient(loss, { ...options, wrt: [a, b] })).gradient;
    };
    const [shared] = await at("a", "a");
    const [first, second] = await at("a", "b");
    expect(shared).toBeCloseTo(first + second, 9);
  });
  it("that are not used have the gradient 0", async () => {
    const unused = param("unused", 1);
    expect((await valueAndGradient(sum(image), { ...options, wrt: { unused } })).gradient.unused).toBe(0);
    expect((await vjp(image, ramp(2), { ...options, wrt: { unused } })).unused).toBe(0);
  });
  it("compile nothing on WebAssembly when they change, as long as the same clips matter", async () => {
    const target = ramp(2);
    const step = (degrees: number, slope: number): Promise<unknown> => {
      const [a, b] = [param("a", degrees), param("b", slope)];
      const loss = pipe(image, rotate("z", a, linear), rescale(b, 1), mse(target));
      return valueAndGradient(loss, { wrt: [a, b, image], backend: wasm });
    };
    await step(5, 1.1);
    const compile = WebAssembly.Module;
    let compiled = 0;
    WebAssembly.Module = new Proxy(compile, {
      construct: (target, args) => {
        compiled++;
        return Reflect.construct(target, args) as object;
      },
    });
    try {
      await step(7.5, 0.9);
      await step(6, -2);
      expect(compiled).toBe(0);
      await valueAndGradient(pipe(image, rotate("z", 5, { interpolation: "bspline", fill: "wrap" }), sum), {
        wrt: [image],
        backend: wasm,
      });
      expect(compiled).toBeGreaterThan(0);
    } finally {
      WebAssembly.Module = compile;
    }
  });
});
