/**
 * Windows along an axis, as plans: every boundary, dtype and width against the reference, and the same bits for any
 * number of threads and in any pieces.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { reference } from "../../../backends/reference/index.ts";
import { wasmBackend } from "../../../backends/wasm/index.ts";
import { identity, translation } from "../../../compiler/language/affine.ts";
import { binary, constant, type Scalar, tap } from "../../../compiler/language/scalar.ts";
import { type Axis, axes, product, type Vector3, vector } from "../../../compiler/language/vector.ts";
import {
  allocate,
  type DType,
  dtypeNames,
  dtypes,
  storedAs,
  type VoxelArray,
  voxelsOf,
} from "../../../compiler/language/voxels.ts";
import type { Gather, Program, TapBoundary } from "../../../compiler/plan.ts";
import { isDense, windowOf } from "../../../compiler/window.ts";
import { evaluate, imageFromArray, type MedImage, pipe, smooth, wasm } from "../../../src/index.ts";
import { nodeThreads } from "../../../src/platform/node-threads.ts";
import { noiseOf } from "./voxel-noise.ts";

interface Scene {
  readonly size: Vector3;
  readonly axis: Axis;
  /** What counts for the sample itself, and for those beside it. */
  readonly weights: readonly number[];
  readonly boundary: TapBoundary;
  readonly source: DType;
  readonly output: DType;
  readonly channels: number;
  /** What is done to each sample before it is weighed, as with integers that stand for real values. */
  readonly slope: number;
  readonly intercept: number;
}

const plain: Scene = {
  size: [37, 11, 9],
  axis: 0,
  weights: [0.4, 0.2, 0.1],
  boundary: "reflect",
  source: "float32",
  output: "float32",
  channels: 1,
  slope: 1,
  intercept: 0,
};

const sum = (parts: readonly Scalar[]): Scalar => parts.reduce((all, part) => binary("add", all, part));

const gatherOf = ({ axis, weights, boundary, slope, intercept }: Scene): Gather => {
  const reach = weights.length - 1;
  const shifts = Array.from({ length: 2 * reach + 1 }, (_, k) => k - reach);
  const real = (k: number): Scalar => binary("add", binary("mul", tap(k), constant(slope)), constant(intercept));
  return {
    kind: "gather",
    output: 1,
    taps: shifts.map((shift) => ({
      source: 0,
      pull: shift === 0 ? identity() : translation(vector((k) => (k === axis ? shift : 0))),
      by: "nearest",
      boundary,
      class: "copy",
    })),
    regions: [],
    body: sum(shifts.map((shift, k) => binary("mul", real(k), constant(weights[Math.abs(shift)]!)))),
    reason: "test",
  };
};

const programOf = (scene: Scene): Program => {
  const { size, source, output, channels } = scene;
  return {
    plan: {
      buffers: [
        { size, channels, storage: storedAs(source) },
        { size, channels, storage: storedAs(output) },
      ],
      inputs: 1,
      passes: [gatherOf(scene)],
      result: 1,
    },
    inputs: [voxelsOf(noiseOf(source, product(size) * channels, 4321), { channels })],
  };
};

const agrees = async (change: Partial<Scene>): Promise<void> => {
  const scene = { ...plain, ...change };
  const program = programOf(scene);
  const gather = gatherOf(scene);
  const window = windowOf(gather);
  expect(window !== undefined && isDense(window, gather)).toBe(true);
  const [found, wanted] = [await wasm.run(program, { threads: 1 }), await reference.run(program)];
  let largest = 0;
  program.inputs[0]!.data.forEach((v: number | bigint) => {
    largest = Math.max(largest, Math.abs(Number(v)));
  });
  const total = scene.weights.reduce((all, weight, k) => all + Math.abs(weight) * (k === 0 ? 1 : 2), 0);
  // Sums of so few float32 products are right to a few units of what they are sums of; rounding may turn a tie.
  const tolerance = 2e-6 * total * (largest * Math.abs(scene.slope) + Math.abs(scene.intercept));
  const step = dtypes[scene.output].integer ? 1 : 0;
  let off = 0;
  for (let i = 0; i < wanted.data.length; i++) {
    const error = Math.abs(Number(found.data[i]) - Number(wanted.data[i]));
    if (!(error <= tolerance + step)) expect(found.data[i], `voxel ${i}`).toBe(wanted.data[i]);
    if (step === 1 && error > tolerance) off++;
  }
  expect(off / wanted.data.length).toBeLessThan(0.05);
};

const boundaries = ["clamp", "mirror", "reflect", "wrap"] as const;

describe.each(axes)("along axis %i", (axis) => {
  test.each(boundaries)("%s", (boundary) => agrees({ axis, boundary }));

  test.each(boundaries)("%s, wider than the volume", async (boundary) => {
    const weights = Array.from({ length: 41 }, (_, d) => 1 / (1 + d));
    for (const size of [plain.size, [3, 2, 4], [1, 5, 5], [5, 1, 5], [5, 5, 1]] as const)
      await agrees({ axis, boundary, size, weights });
  });

  test("rows of any length beside blocks", async () => {
    for (const nx of [1, 31, 32, 33, 64, 95]) await agrees({ axis, size: [nx, 4, 5] });
  });

  test.each(dtypeNames)("%s", async (dtype) => {
    await agrees({ axis, source: dtype });
    await agrees({ axis, source: "int16", output: dtype, weights: [0.5, 0.25] });
    await agrees({ axis, source: "int16", output: dtype, weights: [3, -1] });
  });

  test("channels, and integers that stand for real values", () =>
    agrees({ axis, channels: 3, source: "int16", slope: 0.125, intercept: -1024 }));
});

test("what is no number stays where a window meets it", async () => {
  for (const axis of axes) {
    const program = programOf({ ...plain, axis, weights: [0.5, 0.25] });
    const data = Float32Array.from(program.inputs[0]!.data as Float32Array);
    for (const [k, value] of [Number.NaN, Infinity, -Infinity].entries()) data[1200 + 400 * k] = value;
    const own = { ...program, inputs: [voxelsOf(data)] };
    const [found, wanted] = [await wasm.run(own), await reference.run(own)];
    const kind = (v: number | bigint): number => (Number.isFinite(Number(v)) ? 0 : Number(v));
    expect(Array.from(found.data, kind)).toEqual(Array.from(wanted.data, kind));
  }
});

describe("sums of the largest floats are finite where they are in the reference", () => {
  const no = -3.4028235e38;
  const samples: Readonly<Record<string, (k: number) => number>> = {
    "no data": () => no,
    "no data beside data": (k) => (k % 7 === 0 ? no : 100),
    "neighbours of 3.4e38": (k) => (k % 5 < 3 ? 3.4e38 : -3.4e38),
    "and what is infinite stays so": (k) => (k % 500 === 77 ? Infinity : 3.4e38),
  };
  const gaussian = Array.from({ length: 33 }, (_, d) => Math.exp(-((d / 8) ** 2) / 2));
  const all = gaussian.reduce((sum, w, d) => sum + (d === 0 ? w : 2 * w), 0);
  const windows: Readonly<Record<string, readonly number[]>> = {
    "a mean": [1 / 3, 1 / 3],
    "a Gaussian": gaussian.map((w) => w / all),
    "one with weights of both signs": [3, -1],
    "one that doubles": [1, 0.5],
  };
  const cases = Object.keys(samples).flatMap((of) => Object.keys(windows).map((by) => [of, by] as const));
  test.each(cases)("%s: %s", async (of, by) => {
    for (const axis of axes)
      for (const output of ["float32", "int16"] as const) {
        const program = programOf({ ...plain, axis, output, weights: windows[by]! });
        const data = Float32Array.from({ length: product(plain.size) }, (_, k) => samples[of]!(k));
        const own = { ...program, inputs: [voxelsOf(data)] };
        const [found, wanted] = [await wasm.run(own, { threads: 1 }), await reference.run(own)];
        for (let i = 0; i < data.length; i++) {
          const [value, right] = [Number(found.data[i]), Number(wanted.data[i])];
          // Beside 3.4e38 float32 has no numbers as small as some differences are.
          if (Number.isFinite(right) && output === "float32")
            expect(Math.abs(value - right) <= 2e-6 * 7 * 3.4e38, `voxel ${i}: ${value}, not ${right}`).toBe(true);
          else if (output === "float32") expect(value, `voxel ${i}`).toBe(right);
        }
      }
  });
});

describe("errors are as small as real values are, however large what is stored is", () => {
  const stored: Readonly<Record<string, Partial<Scene>>> = {
    "HU stored as uint16": { source: "uint16", slope: 1, intercept: -30000 },
    "small steps in int16": { source: "int16", slope: 0.013, intercept: -0.013 * 30000 },
    "float32 with an intercept": { source: "float32", slope: 1, intercept: -30000 },
    "float32 with slope and intercept": { source: "float32", slope: 0.37, intercept: -0.37 * 30000.3 },
    "float64 with an intercept": { source: "float64", slope: -2, intercept: 60000 },
  };
  test.each(Object.keys(stored))("%s", async (name) => {
    const weights = Array.from({ length: 9 }, (_, d) => Math.exp(-((d / 2) ** 2) / 2) / 5);
    for (const axis of axes) {
      const scene = { ...plain, axis, weights, ...stored[name] };
      const program = programOf(scene);
      const data = allocate(scene.source, product(scene.size)) as Exclude<VoxelArray, BigInt64Array | BigUint64Array>;
      const step = dtypes[scene.source].integer ? 1 : 1 / 64;
      for (let k = 0; k < data.length; k++) data[k] = 30000 + step * ((k * 7919) % Math.round(100 / step));
      const own = { ...program, inputs: [voxelsOf(data)] };
      const [found, wanted] = [await wasm.run(own, { threads: 1 }), await reference.run(own)];
      const largest = Math.max(...Array.from(data, (v) => Math.abs(scene.slope * v + scene.intercept)));
      for (let i = 0; i < data.length; i++)
        expect(Math.abs(Number(found.data[i]) - Number(wanted.data[i])), `voxel ${i}`).toBeLessThan(1e-6 * largest);
    }
  });

  test("an intercept that no float32 is as far away as stays what it is", async () => {
    const scene = { ...plain, weights: [0.5, 0.25], slope: 1e-3, intercept: 1e36 };
    const program = programOf(scene);
    const [found, wanted] = [await wasm.run(program, { threads: 1 }), await reference.run(program)];
    expect(found.data).toEqual(wanted.data);
  });
});

test("what is infinite changes no bit out of its reach", async () => {
  for (const axis of axes) {
    const program = programOf({ ...plain, axis });
    const data = Float32Array.from(program.inputs[0]!.data as Float32Array, (v, k) => (k % 3 === 0 ? v * 1e-41 : v));
    const changed = data.map((v, k) => (k % 1001 === 400 ? Infinity : v));
    const [whole, beside] = [
      await wasm.run({ ...program, inputs: [voxelsOf(data)] }),
      await wasm.run({ ...program, inputs: [voxelsOf(changed)] }),
    ];
    const near = Array.from(beside.data, Number);
    expect(near.filter((v) => v === Infinity).length).toBeGreaterThan(4);
    expect(near.map((v) => (v === Infinity ? 0 : v))).toEqual(
      Array.from(whole.data, (v: number | bigint, k: number) => (near[k] === Infinity ? 0 : Number(v))),
    );
  }
});

test("windows that search", async () => {
  const scenes = fc.record({
    size: fc.tuple(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 })),
    axis: fc.constantFrom(...axes),
    weights: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 15 }),
    boundary: fc.constantFrom(...boundaries),
    source: fc.constantFrom(...dtypeNames),
    channels: fc.integer({ min: 1, max: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(scenes, (scene) => agrees(scene)),
    { numRuns: 100, seed: 5 },
  );
});

const bytes = (image: MedImage): Buffer => {
  const { buffer, byteOffset, byteLength } = image.voxels.data;
  return Buffer.from(buffer, byteOffset, byteLength);
};

describe("a Gaussian", () => {
  const size: Vector3 = [70, 60, 50];
  const image = imageFromArray(noiseOf("float32", 70 * 60 * 50, 4321) as Float32Array, { size });
  const channels = imageFromArray(
    noiseOf("int16", 20 * 30 * 40 * 2, 4321) as Int16Array,
    { size: [20, 30, 40] },
    { channels: 2 },
  );

  test("is the same on any number of threads", async () => {
    for (const of of [image, channels]) {
      const wanted = bytes(await evaluate(smooth({ sigma: 2 })(of), { backend: wasm, threads: 1 }));
      for (const threads of [2, 3])
        expect(
          Buffer.compare(bytes(await evaluate(smooth({ sigma: 2 })(of), { backend: wasm, threads })), wanted),
        ).toBe(0);
    }
  });

  test("is the same in slabs", async () => {
    const twice = pipe(image, smooth({ sigma: [1, 2, 1.5] }), smooth({ sigma: [0, 0.7, 0.5] }));
    const wanted = bytes(await evaluate(twice, { backend: wasm }));
    // A plane of the result needs 17 planes of 17 kB of what is in between.
    const near = wasmBackend(nodeThreads, { whole: 60_000, part: 400_000 });
    for (const threads of [1, 2])
      expect(Buffer.compare(bytes(await evaluate(twice, { backend: near, threads })), wanted)).toBe(0);
  });

  test("is the same in parts of planes", async () => {
    // A plane of the result needs 9 planes of the image, of 17 and of 2 kB.
    for (const [of, part] of [
      [image, 100_000],
      [channels, 15_000],
    ] as const) {
      const along = smooth({ sigma: [0, 0, 1] })(of);
      const wanted = bytes(await evaluate(along, { backend: wasm }));
      const near = wasmBackend(nodeThreads, { whole: part, part });
      expect(Buffer.compare(bytes(await evaluate(along, { backend: near })), wanted)).toBe(0);
    }
  });

  test("after Gaussians takes no longer to plan for each of them", async () => {
    const [wide, narrow] = [smooth({ sigma: 4 }), smooth({ sigma: 1 })];
    const once = imageFromArray(noiseOf("float32", 125, 4321) as Float32Array, { size: [5, 5, 5] });
    const result = await evaluate(pipe(once, wide, narrow, wide, narrow), { backend: wasm });
    const wanted = await evaluate(pipe(once, wide, narrow, wide, narrow), { backend: reference });
    result.voxels.data.forEach((v: number | bigint, k: number) => {
      expect(Number(v)).toBeCloseTo(Number(wanted.voxels.data[k]), 2);
    });
  });
});
