/**
 * What fuses and what must not. The last group are the mistakes of lazy resampling elsewhere: modes that mix
 * silently, labels that get interpolated, crops that remove nothing, histories out of order.
 */
import { describe, expect, test } from "vitest";
import { classify, snapPull } from "../../compiler/classify.ts";
import { countPasses, explainPlan } from "../../compiler/explain.ts";
import { affineOf } from "../../compiler/language/affine.ts";
import {
  as,
  binary,
  changeOrientation,
  compile,
  crop,
  evaluate,
  explain,
  flip,
  gamma,
  imageFromArray,
  labelImage,
  type MedImage,
  map,
  materialize,
  pad,
  padOrCropTo,
  pipe,
  reference,
  resampleToSpacing,
  rescale,
  rotate,
  type Source,
  smooth,
  toJSON,
  transform,
  translate,
  unary,
  value,
  voxelsOf,
  wasm,
  window,
} from "../../src/index.ts";

const ramp = (size: readonly [number, number, number] = [8, 7, 6], rest: object = {}): MedImage<"intensity"> =>
  imageFromArray(
    Float32Array.from({ length: size[0] * size[1] * size[2] }, (_, i) => Math.sin(i) * 100),
    { size, spacing: [1, 1.5, 2], ...rest },
  );
const passes = (source: Source): number => countPasses(compile(source).plan).resampling;
const voxels = async (source: Source): Promise<readonly number[]> =>
  Array.from((await evaluate(source)).voxels.data, Number);

describe("one pass", () => {
  test("a chain of any length, with maps among the operations", () => {
    const expression = pipe(
      ramp(),
      resampleToSpacing([1, 1, 1]),
      changeOrientation("RAS"),
      crop([1, 1, 1], [6, 8, 9]),
      rotate("z", 5),
      window(40, 400),
      rotate([1, 2, 3], -20),
      pad([1, 1, 1], [1, 1, 1]),
      gamma(1.2),
      translate("x", 3),
    );
    expect(passes(expression)).toBe(1);
  });

  test("nothing to do is no pass, and the voxels are handed on", async () => {
    const image = ramp();
    expect(passes(image)).toBe(0);
    expect((await evaluate(image)).voxels).toBe(image.voxels);
  });

  test("rotations that cancel are a copy, to the last bit", async () => {
    const image = ramp();
    const there = pipe(image, rotate("z", 33, { fill: 0 }), rotate("z", -33));
    expect(compile(there).plan.passes[0]).toMatchObject({ taps: [{ class: "copy" }] });
    expect(await voxels(there)).toEqual(await voxels(image));
  });

  test("an unstated sampling is that of the operation before", () => {
    const expression = pipe(
      ramp(),
      rotate("z", 40, { interpolation: "bspline", fill: -1000 }),
      rotate("x", 5),
      resampleToSpacing([2, 2, 2]),
    );
    expect(passes(expression)).toBe(1);
    expect(explain(expression)).toContain("bspline");
    expect(explain(expression)).toContain("-1000");
  });

  test("what a region cannot change is not computed: pure reorientation has no regions", () => {
    const [pass] = compile(changeOrientation("PIR")(ramp())).plan.passes;
    expect(pass).toMatchObject({ regions: [], taps: [{ class: "copy", by: "nearest" }] });
  });

  test("the region of the source goes where a crop lies inside it", () => {
    const [pass] = compile(pipe(ramp(), crop([2, 2, 2], [4, 3, 2]), rotate("z", 45))).plan.passes;
    expect(pass?.kind === "gather" && pass.regions.length).toBe(1);
  });
});

describe("classes of pulls", () => {
  test.each([
    ["copy", [0, -1, 0, 1, 0, 0, 0, 0, 1], [6, 0, 0]],
    ["copy", [1, 1e-13, 0, 0, 1, 0, 0, 0, 1], [2 + 1e-12, 0, 0]],
    ["axis-aligned", [0.5, 0, 0, 0, 0, 2, 0, 1, 0], [0, 0, 0]],
    ["axis-aligned", [1, 0, 0, 0, 1, 0, 0, 0, 1], [0.25, 0, 0]],
    ["general", [1, 0.01, 0, 0, 1, 0, 0, 0, 1], [0, 0, 0]],
    ["general", [1, 1, 0, 0, 1, 0, 0, 0, 1], [0, 0, 0]],
  ] as const)("%s: %j %j", (kind, linear, offset) => {
    expect(classify(snapPull(affineOf(linear, offset), [10, 10, 10]))).toBe(kind);
  });
});

describe("what must not fuse, or must not be lost", () => {
  test("another interpolation ends the pass, and explain says why", () => {
    const expression = pipe(
      ramp(),
      rotate("z", 5, { interpolation: "linear" }),
      rotate("z", 5, { interpolation: "bspline" }),
    );
    expect(passes(expression)).toBe(2);
    expect(explain(expression)).toContain("interpolation changes from linear to bspline");
  });

  test("another fill ends the pass, and explain says why", () => {
    const expression = pipe(ramp(), rotate("z", 5, { fill: 0 }), rotate("z", 5, { fill: 7 }));
    expect(passes(expression)).toBe(2);
    expect(explain(expression)).toContain("the fill changes from 0 to 7");
  });

  test("a crop in the middle removes: what it cut off does not come back", async () => {
    const image = ramp();
    const back = pipe(image, crop([2, 2, 2], [3, 3, 3], { fill: 5 }), pad([2, 2, 2], [3, 2, 1], { fill: 9 }));
    const found = await voxels(back);
    const original = await voxels(image);
    found.forEach((v, i) => {
      const [x, y, z] = [i % 8, Math.floor(i / 8) % 7, Math.floor(i / 56)];
      const kept = x >= 2 && x < 5 && y >= 2 && y < 5 && z >= 2 && z < 5;
      expect(v).toBe(kept ? original[i] : 9);
    });
    const turned = await voxels(pipe(image, crop([2, 2, 2], [3, 3, 3], { fill: -7 }), rotate("z", 45, { fill: 0 })));
    expect(turned[0]).toBe(-7);
  });

  test("labels are never interpolated: not in the types, and not from JSON", async () => {
    const label = labelImage({
      voxels: voxelsOf(new Uint8Array([0, 5, 0, 5, 0, 5, 0, 5])),
      grid: ramp([2, 2, 2]).grid,
    });
    // @ts-expect-error a label image admits nearest only
    const wrong = rotate("z", 5, { interpolation: "linear" })(label);
    // @ts-expect-error class numbers are not intensities
    const mapped = rescale(2)(label);
    await expect(evaluate(wrong)).rejects.toThrow("linear interpolation would invent classes");
    await expect(evaluate(mapped)).rejects.toThrow("class numbers are not intensities");
    const right = pipe(label, rotate("z", 30), resampleToSpacing([0.4, 0.4, 0.4]));
    expect(new Set(await voxels(right))).toEqual(new Set([0, 5]));
    expect((await evaluate(right)).voxels.dtype).toBe("uint8");
  });

  test("steps are remembered in the order in which they were made", () => {
    const expression = pipe(ramp(), flip("x"), rotate("z", 5), materialize, crop([0, 0, 0], [2, 2, 2]));
    expect(toJSON(expression).steps.map((s) => Object.values(s)[0])).toEqual(["flip", "rotate", "materialize", "crop"]);
  });

  test("a fill after a map is meant in mapped values", async () => {
    const found = await voxels(pipe(ramp(), rescale(0, 50), rotate("z", 45, { fill: -1 })));
    expect(new Set(found)).toEqual(new Set([50, -1]));
  });
});

describe("storage", () => {
  test("exact operations keep dtype and rescale; interpolation gives float32 of real values", async () => {
    const ct = imageFromArray(
      Int16Array.from({ length: 64 }, (_, i) => i),
      { size: [4, 4, 4] },
      { rescale: { slope: 2, intercept: -1024 } },
    );
    const cropped = await evaluate(crop([1, 1, 1], [2, 2, 2])(ct));
    expect(cropped.voxels).toMatchObject({ dtype: "int16", rescale: { slope: 2, intercept: -1024 } });
    expect(Array.from(cropped.voxels.data, Number)).toEqual([21, 22, 25, 26, 37, 38, 41, 42]);
    const padded = await evaluate(pad([1, 0, 0], [0, 0, 0], { fill: -1000 })(ct));
    expect(padded.voxels.data[0]).toBe(12);
    const half = await evaluate(pipe(ct, resampleToSpacing([2, 2, 2], { align: "extent" })));
    expect(half.voxels).toMatchObject({ dtype: "float32", rescale: { slope: 1, intercept: 0 } });
    expect(half.voxels.data[0]).toBe(2 * 10.5 - 1024);
  });

  test("as(dtype) rounds half up and saturates, also in the middle of a chain", async () => {
    const image = imageFromArray(Float32Array.from([-3.5, -0.5, 0.49, 0.5, 254.5, 300, Number.NaN, 7]), {
      size: [8, 1, 1],
    });
    expect(await voxels(as("uint8")(image))).toEqual([0, 0, 0, 1, 255, 255, 0, 7]);
    expect(await voxels(pipe(image, as("int8"), rescale(0.5)))).toEqual([-1.5, 0, 0, 0.5, 63.5, 63.5, Number.NaN, 3.5]);
  });

  test("64-bit integers beyond float64 are moved exactly and never computed with silently", async () => {
    const big = 2n ** 60n + 1n;
    const image = imageFromArray(BigInt64Array.from([big, 2n, 3n, 4n]), { size: [4, 1, 1] });
    const moved = await evaluate(pipe(image, flip("x"), pad([1, 0, 0], [0, 0, 0], { fill: 9 }), as("int64")));
    expect(moved.voxels.data).toEqual(BigInt64Array.from([9n, 4n, 3n, 2n, big]));
    await expect(evaluate(rescale(2)(image))).rejects.toThrow("beyond 2^53");
  });

  test("channels go through the same geometry, each on its own", async () => {
    const data = Float32Array.from({ length: 27 * 3 }, (_, i) => (i % 27) * (1 + Math.floor(i / 27)));
    const image = imageFromArray(data, { size: [3, 3, 3] }, { channels: 3 });
    const found = await voxels(rotate("z", 30, { fill: "background" })(image));
    const one = await voxels(
      rotate("z", 30, { fill: "background" })(imageFromArray(data.slice(0, 27), { size: [3, 3, 3] })),
    );
    one.forEach((v, i) => {
      expect(found[27 + i]).toBeCloseTo(2 * v, 4);
      expect(found[54 + i]).toBeCloseTo(3 * v, 4);
    });
  });

  test("an image of one slice is an image", async () => {
    const slice = ramp([8, 7, 1]);
    const turned = await evaluate(
      pipe(slice, rotate("z", 90), resampleToSpacing([1, 1, 1], { interpolation: "bspline" })),
    );
    expect(turned.grid.size).toEqual([8, 11, 2]);
    expect(passes(pipe(slice, rotate("z", 10)))).toBe(1);
  });
});

describe("errors and edges", () => {
  test("every step that cannot be is reported, with its position, at once", async () => {
    const expression = pipe(
      ramp(),
      crop([5, 0, 0], [10, 1, 1]),
      rotate("z", Number.NaN),
      resampleToSpacing([0, 1, 1]),
      changeOrientation("RAF"),
      flip("x"),
    );
    await expect(evaluate(expression)).rejects.toMatchObject({
      error: {
        kind: "InvalidPipeline",
        problems: [{ step: 0, operation: "crop" }, { step: 1, operation: "rotate" }, { step: 2 }, { step: 3 }],
      },
    });
    expect(expression.problems.length).toBe(4);
  });

  test("padOrCropTo keeps the middle, as MONAI does", async () => {
    const line = imageFromArray(Float32Array.from([1, 2, 3, 4, 5]), { size: [5, 1, 1] });
    expect(await voxels(padOrCropTo([2, 1, 1])(line))).toEqual([2, 3]);
    expect(await voxels(padOrCropTo([8, 1, 1], { fill: 0 })(line))).toEqual([0, 1, 2, 3, 4, 5, 0, 0]);
  });

  test("a budget that does not suffice is refused before anything is allocated", async () => {
    await expect(evaluate(resampleToSpacing([0.001, 0.001, 0.001])(ramp()), { memory: 2 ** 20 })).rejects.toMatchObject(
      { error: { kind: "BudgetExceeded" } },
    );
  });

  test("an abort stops the run", async () => {
    const controller = new AbortController();
    const work = evaluate(resampleToSpacing([0.05, 0.05, 0.1], { interpolation: "bspline" })(ramp()), {
      signal: controller.signal,
      onProgress: () => controller.abort(),
      backend: reference,
    });
    await expect(work).rejects.toMatchObject({ error: { kind: "Aborted" } });
  });

  test("a map of one's own", async () => {
    const image = imageFromArray(Float32Array.from([1, 4, 9]), { size: [3, 1, 1] });
    expect(await voxels(map(unary("sqrt", value))(image))).toEqual([1, 2, 3]);
  });

  test("a filter as text: a line for each row of voxels that it looks at", () => {
    const text = explainPlan(compile(smooth({ sigma: [0.3, 0, 0] })(ramp())).plan);
    expect(text.split("\n").slice(-1)).toEqual([
      "    tap0 … tap2: buffer0, copy, at output index + (-1, 0, 0) … (1, 0, 0)",
    ]);
  });

  test("small numbers of a matrix as text", () => {
    const shear = transform({ matrix: [1, 3.5e-10, 0, 0, 1, 0, 0, 0, 1], offset: [0, 0, 0] }, { fill: 0 });
    expect(explainPlan(compile(shear(ramp([900, 900, 1]))).plan)).toContain(" -5.25e-10 ");
  });

  test("a plan as text", () => {
    const text = explainPlan(compile(pipe(ramp(), rotate("z", 5, { interpolation: "bspline", fill: 0 }))).plan);
    expect(text).toMatchInlineSnapshot(`
      "1 pass, after 3 B-spline prefilters along one axis each
        input: buffer0: 8×7×6 float32
        prefilter along x (mirror): buffer0 → buffer1: 8×7×6 working precision
        prefilter along y (mirror): buffer1 → buffer2: 8×7×6 working precision
        prefilter along z (mirror): buffer2 → buffer3: 8×7×6 working precision
        pass 1: buffer4: 8×7×6 float32
          because: the result
          voxel = tap0
          tap0: buffer3, general, bspline, at source index = M · output index
            [  0.9961947   0.1307336           0  -0.3788823 ]
            [-0.05810383   0.9961947           0   0.2147793 ]
            [          0           0           1           0 ]"
    `);
  });
});

describe("what a stranger found", () => {
  test("a map that changes nothing changes nothing, whatever the interpolation and the fill", async () => {
    for (const interpolation of ["nearest", "linear", "bspline"] as const)
      for (const fill of [0, "background", "clamp", "reflect", "wrap"] as const) {
        const turned = (source: Source<"intensity">) =>
          rotate("z", 10, { interpolation, fill })(source as MedImage<"intensity">);
        const found = await voxels(turned(rescale(1, 0)(ramp())));
        const wanted = await voxels(turned(as("float32")(ramp())));
        expect(found, `${interpolation}, ${fill}`).toEqual(wanted);
      }
  });

  test("maps that use their value twice cost as much as they are long", async () => {
    let chain: Source<"intensity"> = rescale(1 / 100)(ramp([4, 4, 4]));
    for (let i = 0; i < 24; i++) chain = gamma(1.01)(chain);
    let squares = value;
    for (let i = 0; i < 26; i++) squares = binary("mul", squares, squares);
    expect(explain(chain).length).toBeLessThan(20_000);
    const unit = imageFromArray(new Float32Array(8).fill(1), { size: [2, 2, 2] });
    for (const backend of [reference, wasm]) {
      expect((await evaluate(chain, { backend })).voxels.data.length).toBe(64);
      expect(await voxels(map(squares)(unit))).toEqual(Array(8).fill(1));
    }
  });

  test("what the types forbid is refused, not computed", async () => {
    // @ts-expect-error no such interpolation
    const interpolation = rotate("z", 5, { interpolation: "cubic" })(ramp());
    // @ts-expect-error no such axis
    const axis = flip("w")(ramp());
    // @ts-expect-error no start
    const start = crop(null, [1, 1, 1])(ramp());
    // @ts-expect-error no such dtype
    const dtype = as("int12")(ramp());
    for (const e of [interpolation, axis, start, dtype])
      await expect(evaluate(e)).rejects.toMatchObject({ error: { kind: "InvalidPipeline" } });
  });

  test("an interpolation that is chosen at run time is taken for intensities", () => {
    const by = (interpolation: "nearest" | "linear" | "bspline"): number =>
      passes(rotate("z", 5, { interpolation })(ramp()));
    expect([by("nearest"), by("linear"), by("bspline")]).toEqual([1, 1, 1]);
  });

  test("a display window ends with the values it was meant for", async () => {
    const image = { ...ramp(), display: { window: { center: 40, width: 400 } } };
    expect((await evaluate(flip("x")(image))).display).toEqual(image.display);
    expect((await evaluate(window(40, 400)(image))).display).toEqual({});
  });

  test("a background of integers beyond float64 is an error, not a rounding", async () => {
    const image = imageFromArray(BigInt64Array.from([2n ** 60n + 1n]), { size: [1, 1, 1] });
    for (const backend of [reference, wasm])
      await expect(evaluate(pad([1, 0, 0], [0, 0, 0])(image), { backend })).rejects.toThrow("beyond 2^53");
  });

  test("arrays of other kinds are refused", () => {
    // @ts-expect-error no voxel array
    expect(() => voxelsOf(new Uint8ClampedArray(8))).toThrow("Uint8ClampedArray");
  });
});
