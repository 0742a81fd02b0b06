/** Batches compute what each sample by itself would be, to the bit, wherever they are computed and beside whatever. */
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { wasmBackend } from "../../backends/wasm/index.ts";
import { pipelines } from "../../laws/index.ts";
import { orElse } from "../../src/automatic.ts";
import {
  as,
  asKind,
  type Backend,
  crop,
  displace,
  displaceBySpline,
  type Expression,
  evaluate,
  flip,
  gamma,
  imageFromArray,
  type MedImage,
  MedImagesError,
  materialize,
  pipe,
  reference,
  rescale,
  rotate,
  scale,
  wasm,
  zScore,
} from "../../src/index.ts";
import { applySteps } from "../../src/json.ts";
import { nodeThreads } from "../../src/platform/node-threads.ts";
import { evaluateBatch } from "../../src/train/index.ts";
import { toCpu, toGpu, webgpu } from "../../src/webgpu.ts";
import { noise } from "../backends/noise.ts";
import { openDevice } from "../backends/webgpu/devices.ts";
import { hasGpu } from "../backends/webgpu/has-gpu.ts";

const bytes = ({ voxels: { data } }: MedImage): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
const same = (a: MedImage, b: MedImage): void => {
  expect(a.voxels.dtype).toBe(b.voxels.dtype);
  expect(a.voxels.rescale).toEqual(b.voxels.rescale);
  expect(Buffer.compare(bytes(a), bytes(b))).toBe(0);
  expect({ ...a, voxels: 0 }).toEqual({ ...b, voxels: 0 });
};

const small = noise([17, 13, 11]);
const large = noise([120, 90, 40], 3);
const labels = asKind("label", as("uint8")(rescale(0.1, 100)(noise([30, 20, 10]))).image);

/** Displacements of up to 4 mm on the grid of an image. */
const vectors = ({ grid }: MedImage, seed: number): MedImage<"intensity"> => {
  const [x, y, z] = grid.size;
  const { data } = noise([x, y, 3 * z], seed).voxels;
  return imageFromArray(
    Float32Array.from(data as Float32Array, (v) => v / 250),
    grid,
    { channels: 3 },
  );
};

/** Every kind of pass and volume beside each other: some small and some large, of one source and of several. */
const mixed = (): readonly Expression<"intensity">[] => [
  ...[3, 20, 40].map((angle) => rotate([1, 2, 3], angle, { fill: 0 })(small)),
  ...[3, 20].map((angle) => pipe(small, rotate("z", angle, { interpolation: "bspline", fill: -5 }), rescale(2, angle))),
  rotate("x", 9, { interpolation: "bspline", fill: 0 })(large),
  pipe(large, scale(0.5, { interpolation: "linear", fill: 0 }), gamma(1.2)),
  pipe(large, rotate("z", 5), materialize, rotate("y", 5), as("int16")),
  pipe(small, flip("x"), crop([2, 2, 2], [9, 8, 7]), as("float32")),
  flip("y")(large),
  ...[3, 5].map((seed) => pipe(small, rotate("z", seed), displace(vectors(small, seed), { fill: 0 }), rotate("x", 4))),
  displaceBySpline(vectors(noise([7, 6, 5]), 8), { interpolation: "bspline", fill: "clamp" })(small),
  pipe(small, zScore({ mask: { above: 0 } }), rotate("z", 5)),
  pipe(small, zScore(), flip("x")),
];

const backends: readonly Backend[] = [
  reference,
  wasm,
  wasmBackend(undefined),
  wasmBackend({ ...nodeThreads, processors: 5 }),
  // Kernels that reach less than the large volume have it in parts.
  wasmBackend(nodeThreads, { whole: 2 ** 20, part: 2 ** 22 }),
  ...(hasGpu ? [webgpu(), webgpu({ largestBinding: 2 ** 20 })] : []),
];

describe.each(backends)("$name", (backend) => {
  test("a batch of all kinds is what each by itself is", async () => {
    const alone = await Promise.all(mixed().map((expression) => evaluate(expression, { backend })));
    const batch = await evaluateBatch(mixed(), { backend });
    for (const [k, image] of alone.entries()) same(batch[k]!, image);
  });

  test("random pipelines beside each other", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(pipelines(), { minLength: 1, maxLength: 6 }), async (cases) => {
        const sources = cases.map(({ image, steps }) => applySteps(steps, image));
        const alone = await Promise.all(sources.map((source) => evaluate(source, { backend })));
        const batch = await evaluateBatch(sources, { backend });
        for (const [k, image] of alone.entries()) same(batch[k]!, image);
      }),
      { numRuns: backend.name === "webgpu" ? 6 : 30 },
    );
  });

  test("those that fail are named, with the reason of each", async () => {
    const odd = imageFromArray(
      BigInt64Array.from({ length: 8 }, () => 2n ** 60n),
      { size: [2, 2, 2] },
    );
    const failure = evaluateBatch([rotate("z", 4)(small), rotate("z", 5)(odd), rotate("z", 6)(small)], {
      backend,
      names: ["anna", "bert", "carl"],
    });
    await expect(failure).rejects.toMatchObject({
      error: { kind: "FailedSamples", samples: [{ name: "bert", error: { kind: "UnsupportedVoxels" } }] },
    });
    await expect(failure).rejects.toThrow(/^sample bert: .*2\^53/);
  });

  test("an abort stops all of it", async () => {
    const signal = AbortSignal.abort();
    await expect(evaluateBatch(mixed(), { backend, signal })).rejects.toMatchObject({ error: { kind: "Aborted" } });
  });

  test("progress goes from start to end and never back", async () => {
    const told: number[] = [];
    await evaluateBatch(mixed(), { backend, onProgress: (fraction) => told.push(fraction) });
    expect(told.at(-1)).toBeCloseTo(1, 9);
    expect(told.every((share, k) => share >= (told[k - 1] ?? 0) - 1e-12 && share <= 1 + 1e-12)).toBe(true);
  });

  test("the memory of a batch is bounded as a whole", async () => {
    const four = [1, 2, 3, 4].map((angle) => rotate("z", angle, { interpolation: "bspline", fill: 0 })(small));
    const volume = 17 * 13 * 11 * 4;
    // Four results; of the coefficients, those of two at a time with their sources, or more where they are wider.
    const batch = await evaluateBatch(four, { backend, memory: 4 * volume + 4 * volume });
    expect(batch).toHaveLength(4);
    await expect(evaluateBatch(four, { backend, memory: 3 * volume })).rejects.toMatchObject({
      error: { kind: "FailedSamples", samples: { length: 4 } },
    });
  });
});

describe("batches", () => {
  test("steps that cannot be are told before anything is computed, all of them", async () => {
    let runs = 0;
    const counting: Backend = {
      ...reference,
      run: (program, options) => {
        runs++;
        return reference.run(program, options);
      },
    };
    const wrong = crop([0, 0, 0], [99, 99, 99])(small);
    await expect(evaluateBatch([wrong, small, wrong], { backend: counting })).rejects.toMatchObject({
      error: { samples: [{ name: "0", error: { kind: "InvalidPipeline" } }, { name: "2" }] },
    });
    expect(runs).toBe(0);
  });

  test("kinds are kept, in values and in types", async () => {
    const [ct, seg] = await evaluateBatch([rotate("z", 5)(small), rotate("z", 5)(labels)]);
    const typed: readonly [MedImage<"intensity">, MedImage<"label">] = [ct, seg];
    expect(typed.map(({ kind }) => kind)).toEqual(["intensity", "label"]);
  });

  test("an empty batch is empty, and images by themselves are handed on", async () => {
    expect(await evaluateBatch([])).toEqual([]);
    const [image] = await evaluateBatch([small]);
    expect(image.voxels).toBe(small.voxels);
  });

  test("what fails on a device that was lost is computed by what stands in for it, with a warning", async () => {
    const lost: Backend = {
      ...reference,
      name: "lost",
      run: async () => {
        throw new MedImagesError({ kind: "BackendUnavailable", backend: "lost", reason: "gone", remedy: "none" });
      },
      runBatch: async (programs) =>
        Promise.allSettled(programs.map((program, k) => (k === 1 ? lost.run(program) : reference.run(program)))),
    };
    const expressions = [1, 2, 3].map((angle) => rotate("z", angle)(small));
    const images = await evaluateBatch(expressions, { backend: orElse(lost, reference) });
    expect(images.map(({ warnings }) => warnings.map(({ kind }) => kind))).toEqual([[], ["BackendFailed"], []]);
  });
});

describe.skipIf(!hasGpu)("batches on a GPU", () => {
  test("results stay on the device", async () => {
    const backend = webgpu();
    using there = await toGpu(small, backend);
    const expressions = [5, 6].flatMap((angle) => [rotate("z", angle)(there), rotate("z", angle)(small)]);
    const kept = await evaluateBatch(expressions, { keep: "gpu", backend });
    for (const [k, image] of kept.entries()) {
      expect(image.device).toBe("gpu");
      same({ ...(await toCpu(image)), device: "cpu" }, await evaluate(expressions[k]!, { backend }));
      image[Symbol.dispose]();
    }
  });

  test("what several samples look at is uploaded once", async () => {
    const device = await openDevice();
    let written = 0;
    const write = device.queue.writeBuffer.bind(device.queue);
    device.queue.writeBuffer = (...parameters: Parameters<GPUQueue["writeBuffer"]>) => {
      written += parameters[4] ?? (parameters[2] as ArrayBufferView).byteLength;
      return write(...parameters);
    };
    const backend = webgpu(device);
    const volume = small.voxels.data.byteLength;
    await evaluateBatch(
      [1, 2, 3, 4, 5, 6].map((angle) => rotate("z", angle, { fill: 0 })(small)),
      { backend },
    );
    expect(written).toBeGreaterThan(volume);
    const once = written;
    await evaluate(rotate("z", 1, { fill: 0 })(small), { backend });
    // Six samples, of which each by itself would have written the volume again.
    expect(once).toBeLessThan(volume + 6 * (written - once - volume) + volume);
  });
});

describe("memory that is not shared, as in pages that are not isolated", () => {
  const alone = async (): Promise<{
    readonly medimages: typeof import("../../src/index.ts");
    readonly train: typeof import("../../src/train/index.ts");
    readonly backend: Backend;
  }> => {
    vi.stubGlobal("crossOriginIsolated", false);
    vi.resetModules();
    const medimages = await import("../../src/index.ts");
    const train = await import("../../src/train/index.ts");
    const backend = (await import("../../backends/wasm/index.ts")).wasmBackend(undefined);
    vi.unstubAllGlobals();
    return { medimages, train, backend };
  };

  test("small volumes with intermediates, alone and in a batch", async () => {
    const { medimages, train, backend } = await alone();
    const turned = [5, 6, 7].map((angle) => medimages.rotate("z", angle, { interpolation: "bspline", fill: 0 })(small));
    const batch = await train.evaluateBatch(turned, { backend });
    for (const [k, expression] of turned.entries()) {
      const wanted = await evaluate(rotate("z", 5 + k, { interpolation: "bspline", fill: 0 })(small));
      expect(Buffer.compare(bytes(await medimages.evaluate(expression, { backend })), bytes(wanted))).toBe(0);
      expect(Buffer.compare(bytes(batch[k]!), bytes(wanted))).toBe(0);
    }
  });

  test("a result keeps its voxels when it is looked at", async () => {
    const { medimages, backend } = await alone();
    const first = await medimages.evaluate(medimages.rotate("z", 5)(large), { backend });
    await medimages.evaluate(medimages.rotate("z", -5)(first), { backend });
    expect(first.voxels.data).toHaveLength(120 * 90 * 40);
  });
});
