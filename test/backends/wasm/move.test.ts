/**
 * Passes that only move voxels, bit for bit as the reference does them: every dtype, every way that a row
 * can lie in its source, every boundary, sizes that fit no vector, and any cut of the work into jobs.
 */
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { reference } from "../../../backends/reference/index.ts";
import { ensureLength } from "../../../backends/wasm/memory.ts";
import { moveWork } from "../../../backends/wasm/move-work.ts";
import { bufferOf, Places } from "../../../backends/wasm/places.ts";
import type { RunKernel } from "../../../backends/wasm/task.ts";
import { classify } from "../../../compiler/classify.ts";
import { type Affine, affineOf } from "../../../compiler/language/affine.ts";
import { gridOf } from "../../../compiler/language/grid.ts";
import { background, constant, inside, select, tap } from "../../../compiler/language/scalar.ts";
import type { Matrix3, Vector3 } from "../../../compiler/language/vector.ts";
import {
  type DType,
  dtypeNames,
  dtypes,
  noRescale,
  type Rescale,
  storedAs,
  type Voxels,
  voxelsOf,
} from "../../../compiler/language/voxels.ts";
import type { Gather, Program, TapBoundary } from "../../../compiler/plan.ts";
import { agreeingSteps, exactSteps, images, sequences } from "../../../laws/index.ts";
import { compile, evaluate, intensityImage, type MedImage, MedImagesError, wasm } from "../../../src/index.ts";
import { applySteps } from "../../../src/json.ts";
import { orientationCodes } from "../../../src/orientation.ts";
import type { SamplingFill, Step } from "../../../src/step.ts";

const bytesOf = (voxels: Pick<Voxels, "data">): Uint8Array =>
  new Uint8Array(voxels.data.buffer, voxels.data.byteOffset, voxels.data.byteLength);

interface Content {
  readonly channels?: number;
  readonly rescale?: Rescale;
  /** Any bits at all, signalling NaNs included; else numbers that the reference can hold. */
  readonly anyBits?: boolean;
}

/** Pseudo-random voxels, the same each time. Corners of 64 bits are small: float64 has to hold their median. */
const voxels = (dtype: DType, size: Vector3, { channels = 1, rescale = noRescale, anyBits }: Content = {}): Voxels => {
  const [nx, ny, nz] = size;
  const count = nx * ny * nz;
  const data = new dtypes[dtype].array(count * channels);
  let state = 99;
  const bytes = bytesOf({ data });
  for (let i = 0; i < bytes.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  if (data instanceof Float32Array || data instanceof Float64Array)
    for (let i = 0; anyBits !== true && i < data.length; i++) {
      const odd = [Number.NaN, Number.NEGATIVE_INFINITY, -0][i % 31];
      data[i] = odd ?? ((i * 7919) % 1009) / 8 - 60;
    }
  if ((data instanceof BigInt64Array || data instanceof BigUint64Array) && anyBits !== true)
    for (let corner = 0; corner < 8 * channels; corner++) {
      const [x, y, z] = [corner & 1, (corner >> 1) & 1, (corner >> 2) & 1].map((k, a) => k * (size[a]! - 1));
      data[(corner >> 3) * count + (z! * ny + y!) * nx + x!] = BigInt(corner * 1000 + 7);
    }
  return voxelsOf(data, { channels, rescale });
};

const imageOf = (dtype: DType, size: Vector3, content: Content = {}): MedImage<"intensity"> =>
  intensityImage({
    voxels: voxels(dtype, size, content),
    grid: gridOf(size, { spacing: [1, 1.5, 2], origin: [3, -4, 5] }),
  });

/** 0, or where the first difference is. */
const firstDifference = (a: Uint8Array, b: Uint8Array): string | 0 => {
  if (a.length !== b.length) return `lengths ${a.length} and ${b.length}`;
  const at = a.findIndex((byte, i) => byte !== b[i]);
  return at < 0 ? 0 : `byte ${at}`;
};

const sameAsReference = async (image: MedImage, steps: readonly Step[], threads = 1): Promise<void> => {
  const expression = applySteps(steps, image);
  let wanted: MedImage;
  try {
    wanted = await evaluate(expression, { backend: reference });
  } catch (error) {
    // Corner voxels beyond float64 have no median.
    if (!(error instanceof MedImagesError) || error.error.kind !== "UnsupportedVoxels") throw error;
    await expect(evaluate(expression, { backend: wasm, threads })).rejects.toThrow(error.message);
    return;
  }
  const found = await evaluate(expression, { backend: wasm, threads });
  expect(found.voxels.dtype).toBe(wanted.voxels.dtype);
  expect(found.voxels.rescale).toEqual(wanted.voxels.rescale);
  expect(found.voxels.channels).toBe(wanted.voxels.channels);
  const difference = firstDifference(bytesOf(found.voxels), bytesOf(wanted.voxels));
  expect(difference, JSON.stringify(steps)).toBe(0);
};

/** A program as this kernel runs it, in jobs of so many units; undefined where the kernel does not apply. */
const inJobs = ({ plan, inputs }: Program, unitsPerJob: number): Uint8Array | undefined => {
  const pass = plan.passes[0] as Gather;
  const room = new Places();
  const places = inputs.map((input, k) => room.input(input, bufferOf(plan, k)));
  const work = moveWork(pass, bufferOf(plan, pass.output), (buffer) => places[buffer]!, true);
  if (work === undefined) return undefined;
  const memory = room.workspace();
  const unit = work.bytesPerUnit!;
  const uniforms = room.end(memory);
  const tables = uniforms + Math.ceil(work.kernel.layout.bytes / 64) * 64;
  const scratch = tables + Math.ceil(work.tableBytes / 64) * 64;
  ensureLength(memory, scratch + unitsPerJob * unit + 64);
  work.writeTables(memory.buffer, tables);
  work.kernel.layout.write(memory.buffer, uniforms, (name) => work.valueOf(name, tables));
  const run = new WebAssembly.Instance(work.kernel.module, { env: { memory } }).exports.run as RunKernel;
  const output = new Uint8Array(work.units * unit);
  for (let from = 0; from < work.units; from += unitsPerJob) {
    const to = Math.min(from + unitsPerJob, work.units);
    const end = scratch + (to - from) * unit;
    new Uint8Array(memory.buffer, end, 64).fill(0xa5);
    run(uniforms, scratch, from, to);
    output.set(new Uint8Array(memory.buffer, scratch, end - scratch), from * unit);
    expect(new Uint8Array(memory.buffer, end, 64).every((byte) => byte === 0xa5)).toBe(true);
  }
  return output;
};

const odd: Vector3 = [19, 13, 11];
const sizes: readonly Vector3[] = [odd, [1, 7, 18], [33, 1, 5], [17, 21, 1], [3, 2, 5], [1, 1, 1], [40, 36, 34]];
const fills: readonly SamplingFill[] = [-7, "background", "clamp", "reflect", "wrap"];

/** Exact steps of every kind, and chains of them. */
const exact: readonly (readonly Step[])[] = [
  [{ op: "crop", start: [2, 3, 1], size: [11, 7, 8] }],
  [{ op: "pad", begin: [3, 2, 1], end: [1, 20, 4], fill: 9.5 }],
  [{ op: "pad", begin: [17, 1, 1], end: [0, 0, 3], fill: "background" }],
  [{ op: "flip", axis: "x" }],
  [
    { op: "flip", axis: "y" },
    { op: "flip", axis: "z" },
  ],
  [
    { op: "translate", axis: "z", mm: 12 },
    { op: "changeOrientation", to: "PIL" },
    { op: "pad", begin: [3, 3, 3], end: [2, 2, 2], fill: -3 },
  ],
  [
    { op: "crop", start: [2, 3, 1], size: [9, 7, 8], fill: 4 },
    { op: "changeOrientation", to: "ASR" },
    { op: "padOrCropTo", size: [20, 5, 18], fill: "background" },
    { op: "flip", axis: "x" },
  ],
];

const sampled = (fill: SamplingFill): readonly (readonly Step[])[] => [
  [{ op: "rotate", axis: [1, -2, 3], degrees: 37, interpolation: "nearest", fill }],
  [{ op: "rotate", axis: "y", degrees: 90, interpolation: "nearest", fill }],
  [{ op: "rotate", axis: "y", degrees: 80, interpolation: "nearest", fill }],
  [{ op: "resampleToSpacing", spacing: [0.6, 1, 1.3], interpolation: "nearest", fill }],
  [{ op: "resampleToSpacing", spacing: [2.2, 0.4, 3], interpolation: "nearest", fill }],
  [{ op: "affine", translate: [8, -6.5, 9], interpolation: "nearest", fill }],
  [{ op: "affine", translate: [8, -6, 10], interpolation: "nearest", fill }],
  [
    { op: "changeOrientation", to: "SLA" },
    { op: "scale", factor: [1.4, 0.7, 1.1], interpolation: "nearest", fill },
  ],
];

describe.each(dtypeNames)("%s", (dtype) => {
  test("in all 48 orientations", async () => {
    const image = imageOf(dtype, odd);
    for (const to of orientationCodes) await sameAsReference(image, [{ op: "changeOrientation", to }]);
  });

  test("cropped, padded, flipped, translated, and all of it", async () => {
    for (const content of [{}, { channels: 3 }, { rescale: { slope: 0.1, intercept: -1024 } }])
      for (const steps of exact) await sameAsReference(imageOf(dtype, odd, content), steps);
  });

  test.each(fills)("picked by nearest, %s outside", async (fill) => {
    for (const steps of sampled(fill)) await sameAsReference(imageOf(dtype, [21, 14, 17], { channels: 2 }), steps);
  });
});

test("sizes that fit no vector", async () => {
  for (const size of sizes)
    for (const dtype of ["uint8", "int16", "float32", "int64"] as const) {
      const image = imageOf(dtype, size);
      for (const to of ["PIL", "SLA", "LSA", "PLS", "RAI", "IPR"])
        await sameAsReference(image, [{ op: "changeOrientation", to }]);
      for (const steps of [...sampled("wrap"), ...sampled(3)]) await sameAsReference(image, steps);
    }
});

test.each([
  ["float32", "uint32"],
  ["float64", "uint64"],
] as const)("%s of any bits, as %s of the same bits", async (dtype, whole) => {
  const image = imageOf(dtype, odd, { anyBits: true });
  const { data } = image.voxels;
  const bits = intensityImage({ grid: image.grid, voxels: voxelsOf(new dtypes[whole].array(data.buffer)) });
  const turned = orientationCodes.map((to): readonly Step[] => [{ op: "changeOrientation", to }]);
  const chosen = (["clamp", "reflect", "wrap"] as const).flatMap(sampled);
  for (const steps of [...turned, ...chosen, [{ op: "crop", start: [1, 2, 3], size: [16, 9, 7] } as const]]) {
    const found = await evaluate(applySteps(steps, image), { backend: wasm, threads: 1 });
    const wanted = await evaluate(applySteps(steps, bits), { backend: reference });
    expect(firstDifference(bytesOf(found.voxels), bytesOf(wanted.voxels)), JSON.stringify(steps)).toBe(0);
  }
});

describe("cut into jobs", () => {
  test.each(["int8", "int16", "float32", "int64"] as const)("of any size, and never beyond them: %s", async (dtype) => {
    const image = imageOf(dtype, odd, { channels: 2 });
    for (const steps of [...exact, ...sampled(5), ...sampled("reflect"), ...sampled("background")]) {
      const expression = applySteps(steps, image);
      const wanted = bytesOf((await evaluate(expression, { backend: reference })).voxels);
      for (const unitsPerJob of [1, 2, 3, 5, 23, 10000]) {
        const found = inJobs(compile(expression), unitsPerJob);
        expect(found, `${JSON.stringify(steps)} is moved`).toBeDefined();
        expect(firstDifference(found!, wanted), JSON.stringify(steps)).toBe(0);
      }
    }
  });
});

describe("on threads", () => {
  const image = imageOf("float64", [70, 66, 68]);
  const pipelines: readonly (readonly Step[])[] = [
    [{ op: "changeOrientation", to: "PIL" }],
    [{ op: "changeOrientation", to: "ARS" }],
    ...exact,
    ...sampled("wrap").slice(0, 5),
  ];
  const wanted: Uint8Array[] = [];
  beforeAll(async () => {
    for (const steps of pipelines)
      wanted.push(bytesOf((await evaluate(applySteps(steps, image), { backend: reference })).voxels));
  });
  test.each([1, 2, 7])("%i", async (threads) => {
    for (const [k, steps] of pipelines.entries()) {
      const found = await evaluate(applySteps(steps, image), { backend: wasm, threads });
      expect(firstDifference(bytesOf(found.voxels), wanted[k]!), JSON.stringify(steps)).toBe(0);
    }
  });
});

describe("several taps", () => {
  const turn: Matrix3 = [0.9, 0.1, 0, -0.1, 0.9, 0.05, 0, 0, 1];
  const ways: readonly (readonly [string, Matrix3, Vector3])[] = [
    ["straight on", [1, 0, 0, 0, 1, 0, 0, 0, 1], [2, 0, -1]],
    ["mirrored", [-1, 0, 0, 0, 1, 0, 0, 0, 1], [12, 0, 0]],
    ["across y", [0, 1, 0, 1, 0, 0, 0, 0, 1], [0, -2, 0]],
    ["across z, backwards", [0, 0, -1, 0, 1, 0, 1, 0, 0], [9, 0, 1]],
    ["enlarged", [0.7, 0, 0, 0, 0.6, 0, 0, 0, 0.5], [0.5, 0, 0]],
    ["slanted", turn, [1, 2, -1]],
  ];
  const boundaries: readonly TapBoundary[] = ["clamp", "reflect", "wrap", "mirror"];
  const program = (dtype: DType, first: number, second: number, boundary: TapBoundary): Program => {
    const [small, large, to]: readonly Vector3[] = [
      [11, 9, 10],
      [14, 12, 8],
      [18, 17, 20],
    ] as const;
    const pull = (k: number): Affine<"index", "index"> => affineOf(ways[k]![1], ways[k]![2]);
    const reads = (source: number, k: number) =>
      ({ source, pull: pull(k), by: "nearest", boundary, class: classify(pull(k)) }) as const;
    const pass: Gather = {
      kind: "gather",
      output: 2,
      taps: [reads(0, first), reads(1, second)],
      regions: [
        { pull: pull(first), size: small! },
        { pull: pull(second), size: large! },
        { pull: affineOf(turn, [-4, -3, -2]), size: [9, 9, 9] },
      ],
      body: select(
        inside(2),
        select(inside(0), tap(0), constant(250.5)),
        select(inside(1), tap(1), select(inside(0), tap(0), background(1))),
      ),
      reason: "a test",
    };
    return {
      plan: {
        buffers: [
          { size: small!, channels: 1, storage: storedAs(dtype) },
          { size: large!, channels: 3, storage: storedAs(dtype) },
          { size: to!, channels: 3, storage: storedAs(dtype) },
        ],
        inputs: 2,
        passes: [pass],
        result: 2,
      },
      inputs: [voxels(dtype, small!), voxels(dtype, large!, { channels: 3 })],
    };
  };
  const pairs = ways.flatMap((_, a) => ways.map((_, b) => [a, b] as const));
  test.each(pairs.map(([a, b]) => [ways[a]![0], ways[b]![0], a, b] as const))("%s and %s", async (_a, _b, a, b) => {
    for (const [k, dtype] of (["uint8", "int16", "float32", "int64"] as const).entries()) {
      const made = program(dtype, a, b, boundaries[(a + b + k) % 4]!);
      const wanted = await reference.run(made);
      const found = await wasm.run(made, { threads: 1 });
      expect(firstDifference(bytesOf(found), bytesOf(wanted))).toBe(0);
      expect(firstDifference(inJobs(made, 7)!, bytesOf(wanted))).toBe(0);
    }
  });
});

describe("random pipelines", () => {
  const settings = { seed: 20, numRuns: 300 };
  test("of exact steps", async () => {
    const cases = images({ content: "extreme" }).chain((image) =>
      sequences(image, (grid) => exactSteps(grid)).map((steps) => ({ image, steps })),
    );
    await fc.assert(
      fc.asyncProperty(cases, ({ image, steps }) => sameAsReference(image, steps)),
      settings,
    );
  });

  test("of steps that pick the nearest voxel", async () => {
    const cases = images({ content: "extreme" }).chain((image) =>
      fc
        .constantFrom<SamplingFill>(5, "background", "clamp", "reflect", "wrap")
        .chain((fill) => sequences(image, agreeingSteps({ interpolation: "nearest", fill }, {})))
        .map((steps) => ({ image, steps })),
    );
    await fc.assert(
      fc.asyncProperty(cases, ({ image, steps }) => sameAsReference(image, steps)),
      settings,
    );
  });
});
