/** The CPU backend computes what the reference defines, with any number of threads, to the same bits. */
import { describe, expect, test } from "vitest";
import { wasmBackend } from "../../../backends/wasm/index.ts";
import { checkLaw, gradientLawNames, type LawName, laws, medimagesOn } from "../../../laws/index.ts";
import { sayingOnce } from "../../../src/backends.ts";
import {
  as,
  crop,
  type Expression,
  evaluate,
  gamma,
  imageFromArray,
  type MedImage,
  map,
  pad,
  pipe,
  reference,
  resampleToSpacing,
  rescale,
  rotate,
  scale,
  unary,
  value,
  wasm,
  window,
} from "../../../src/index.ts";
import { anyPipelines } from "../conformance.ts";
import { noise } from "../noise.ts";

const short = imageFromArray(
  Int16Array.from({ length: 33 * 27 * 20 }, (_, i) => ((i * 7919) % 2000) - 1000),
  { size: [33, 27, 20], spacing: [1, 1.2, 2] },
);
const channels = imageFromArray(
  Uint8Array.from({ length: 24 * 20 * 9 * 2 }, (_, i) => (i * 7919) % 251),
  { size: [24, 20, 9], spacing: [1, 1, 1.5] },
  { channels: 2 },
);

/** Share of voxels that differ by more than 1e-5 of the source's range. */
const compare = async (expression: Expression, range: number): Promise<number> => {
  const [found, wanted] = [
    await evaluate(expression, { backend: wasm }),
    await evaluate(expression, { backend: reference }),
  ];
  expect(found.voxels.dtype).toBe(wanted.voxels.dtype);
  expect(found.voxels.data.length).toBe(wanted.voxels.data.length);
  let beyond = 0;
  for (let i = 0; i < wanted.voxels.data.length; i++) {
    const [a, b] = [Number(found.voxels.data[i]), Number(wanted.voxels.data[i])];
    if (!(Math.abs(a - b) <= 1e-5 * range || Object.is(a, b))) beyond++;
  }
  return beyond / wanted.voxels.data.length;
};

describe("agreement with the reference", () => {
  const fills = [0, "background", "clamp", "reflect", "wrap"] as const;
  const samplings = (["linear", "bspline", "nearest"] as const).flatMap((interpolation) =>
    fills.map((fill) => ({ interpolation, fill })),
  );
  test.each(samplings)("rotation, $interpolation, $fill outside", async (sampling) => {
    const image = noise([37, 29, 23]);
    const turned = (e: MedImage<"intensity"> | Expression<"intensity">): Expression<"intensity"> =>
      sampling.interpolation === "nearest"
        ? rotate([0.3, -0.5, 0.8], 33, { interpolation: "nearest", fill: sampling.fill })(e)
        : rotate([0.3, -0.5, 0.8], 33, { interpolation: sampling.interpolation, fill: sampling.fill })(e);
    expect(await compare(turned(image), 2000)).toBe(0);
    const single = noise([21, 17, 1]);
    expect(await compare(turned(single), 2000)).toBe(0);
  });

  const axial = samplings.filter(({ interpolation }) => interpolation !== "nearest");
  test.each(axial)("within planes, which are blended first, $interpolation, $fill outside", async (sampling) => {
    for (const image of [noise([37, 29, 23]), short, channels, noise([21, 17, 1])]) {
      const turned = rotate("z", 33, sampling)(image);
      expect(await compare(turned, 2000)).toBe(0);
      expect(await compare(pipe(turned, resampleToSpacing([0.8, 1.1, 1.4])), 2000)).toBe(0);
      expect(await compare(pipe(turned, crop([4, 3, 0], [12, 10, turned.grid.size[2]])), 2000)).toBe(0);
    }
  });

  test("halves round up, and what is just under a half does not", async () => {
    const values = [0.49999997, 0.5, -0.5, -0.49999997, -0.50000006, 1.4999999, 2.5, 8388607.5, 16777216, -3.5];
    const image = imageFromArray(Float32Array.from(values), { size: [values.length, 1, 1] });
    for (const dtype of ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"] as const) {
      const rounded = as(dtype)(image);
      expect((await evaluate(rounded, { backend: wasm })).voxels.data).toEqual(
        (await evaluate(rounded, { backend: reference })).voxels.data,
      );
    }
  });

  test("steep pulls, which outrun fixed point", async () => {
    for (const factor of [0.3, 0.11, 0.021])
      expect(await compare(pipe(noise([150, 40, 40]), rotate("z", 20, { fill: 0 }), scale(factor)), 2000)).toBe(0);
  });

  test("long rows: coordinates hold at index 2048", async () => {
    const ramp = imageFromArray(
      Float32Array.from({ length: 2100 * 8 * 8 }, (_, i) => i % 2100),
      { size: [2100, 8, 8] },
    );
    const turned = rotate("z", 0.05, { fill: "clamp" })(ramp);
    const [found, wanted] = [await evaluate(turned, { backend: wasm }), await evaluate(turned, { backend: reference })];
    let worst = 0;
    for (let i = 0; i < wanted.voxels.data.length; i++)
      worst = Math.max(worst, Math.abs(Number(found.voxels.data[i]) - Number(wanted.voxels.data[i])));
    // One voxel along x is one unit; float32 itself holds 2048 to 1.2e-4.
    expect(worst).toBeLessThan(2.5e-4);
  });

  test("maps: exponentials, logarithms and powers in lanes", async () => {
    const positive = pipe(noise([32, 16, 16]), window(0, 2000, [1e-3, 4]));
    for (const body of [unary("exp", value), unary("log", value), unary("sqrt", value)])
      expect(await compare(pipe(positive, map(body)), 50)).toBe(0);
    for (const exponent of [0.4, 1.7, 3])
      expect(await compare(pipe(noise([32, 16, 16]), rescale(1 / 1000), gamma(exponent)), 1)).toBe(0);
  });

  test("random pipelines of every step, dtype and grid", () => anyPipelines(400).run(wasm));
});

describe("the same bits", () => {
  test.each(["linear", "bspline"] as const)("for 1, 2 and 7 threads, %s", async (interpolation) => {
    const expression = pipe(
      noise([96, 80, 64]),
      rotate([1, 2, 3], 25, { interpolation, fill: -1000 }),
      resampleToSpacing([0.9, 0.9, 1.1]),
    );
    const [one, two, seven] = await Promise.all(
      [1, 2, 7].map(async (threads) => (await evaluate(expression, { backend: wasm, threads })).voxels.data),
    );
    expect(Buffer.compare(bytes(one!), bytes(two!))).toBe(0);
    expect(Buffer.compare(bytes(one!), bytes(seven!))).toBe(0);
  });
});
const bytes = (data: ArrayBufferView): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

describe("laws, judged on this backend", () => {
  const subject = medimagesOn(wasm);
  // These demand, bit for bit, what float64 arithmetic makes of a rescale slope or intercept.
  const beyondFloat32: readonly LawName[] = ["asRoundsAndSaturates", "resamplingOntoItselfIsNothing", "inverseUndoes"];
  // Those of gradients have a file of their own, with more cases.
  const elsewhere: readonly LawName[] = [...beyondFloat32, ...gradientLawNames];
  const names = (Object.keys(laws) as LawName[]).filter((name) => !elsewhere.includes(name));
  test.each(names)("%s", async (name) => {
    await checkLaw(name, { numRuns: 150, seed: 11 }, subject);
  });
});

describe("life cycle", () => {
  test("an abort stops the run", async () => {
    const controller = new AbortController();
    const work = evaluate(scale(6, { interpolation: "bspline" })(noise([64, 64, 64])), {
      backend: wasm,
      signal: controller.signal,
    });
    setTimeout(() => controller.abort(), 30);
    await expect(work).rejects.toMatchObject({ error: { kind: "Aborted" } });
    expect((await evaluate(rotate("z", 5)(noise([16, 16, 16])), { backend: wasm })).grid.size).toEqual([16, 16, 16]);
  });

  test("runs at the same time do not get in each other's way", async () => {
    const image = noise([64, 48, 40]);
    const runs = [3, 14, 25, 36].map((degrees) => rotate("z", degrees, { fill: 0 })(image));
    const together = await Promise.all(runs.map((e) => evaluate(e, { backend: wasm })));
    for (const [k, e] of runs.entries()) {
      const alone = await evaluate(e, { backend: wasm });
      expect(Buffer.compare(bytes(together[k]!.voxels.data), bytes(alone.voxels.data))).toBe(0);
    }
  });

  test("an optimisation loop compiles nothing after its first step", async () => {
    const { Module } = WebAssembly;
    let compiled = 0;
    WebAssembly.Module = new Proxy(Module, {
      construct: (target, words) => {
        compiled++;
        return Reflect.construct(target, words) as WebAssembly.Module;
      },
    });
    try {
      const image = noise([33, 31, 29], 77);
      const step = (degrees: number, fill: number): Expression<"intensity"> =>
        pipe(image, rotate([0.1, degrees, 1], degrees, { interpolation: "linear", fill }), rescale(degrees, fill));
      await evaluate(step(3, 4), { backend: wasm });
      const first = compiled;
      for (let k = 0; k < 20; k++) await evaluate(step(5 + 1.7 * k, 4 + k), { backend: wasm });
      expect(compiled).toBe(first);
      await evaluate(pipe(step(3, 4), gamma(1.3)), { backend: wasm });
      expect(compiled).toBe(first + 1);
    } finally {
      WebAssembly.Module = Module;
    }
  });

  test("without threads it says so once, and runs", async () => {
    const alone = sayingOnce(wasmBackend(undefined), { kind: "NoThreads", message: "one thread" });
    const turned = rotate("z", 20, { fill: 0 })(noise([40, 40, 40]));
    const [first, second] = [await evaluate(turned, { backend: alone }), await evaluate(turned, { backend: alone })];
    expect(first.warnings).toEqual([{ kind: "NoThreads", message: "one thread" }]);
    expect(second.warnings).toEqual([]);
    const many = await evaluate(turned, { backend: wasm });
    expect(Buffer.compare(bytes(first.voxels.data), bytes(many.voxels.data))).toBe(0);
  });

  test("what this backend cannot run, the automatic choice leaves to the reference", async () => {
    let clipped: MedImage<"intensity"> | Expression<"intensity"> = noise([12, 12, 12]);
    for (let k = 0; k < 12; k++)
      clipped = pipe(clipped, pad([1, 0, 0], [0, 1, 0], { fill: -k }), rotate([1, k, 2], 25, { fill: 0 }));
    await expect(evaluate(clipped, { backend: wasm })).rejects.toMatchObject({ error: { kind: "BackendUnavailable" } });
    expect((await evaluate(clipped)).voxels.data).toEqual(
      (await evaluate(clipped, { backend: reference })).voxels.data,
    );
  });
});
