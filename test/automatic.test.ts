/** Which backend computes when nobody says, and what happens when it fails. */
import { describe, expect, test } from "vitest";
import { automatic, automaticBackend, orElse, workOf, worthAGpu } from "../src/automatic.ts";
import { compile, evaluate, imageFromArray, pipe, reference, rotate, scale, smooth, wasm } from "../src/index.ts";
import { toGpu, webgpu } from "../src/webgpu.ts";
import { noise } from "./backends/noise.ts";
import { openDevice, openGpu } from "./backends/webgpu/devices.ts";
import { hasGpu } from "./backends/webgpu/has-gpu.ts";

describe("the rule", () => {
  test("work counts samples of all passes", () => {
    const image = noise([10, 10, 10]);
    expect(workOf(compile(rotate("z", 5)(image)).plan)).toBe(8000);
    expect(workOf(compile(rotate("z", 5, { interpolation: "nearest" })(image)).plan)).toBe(1000);
    expect(workOf(compile(rotate("z", 5, { interpolation: "bspline" })(image)).plan)).toBe(64_000 + 3 * 4000);
    // Nine neighbours along x, which are added eight at a time.
    expect(image.grid.spacing[0]).toBe(1);
    expect(workOf(compile(smooth({ sigma: [1, 0, 0] })(image)).plan)).toBe(9000 / 8);
  });

  test("small work stays in ordinary memory", async () => {
    expect((await automaticBackend(compile(rotate("z", 5)(noise([10, 10, 10]))))).name).toBe("wasm");
  });

  test.skipIf(process.env.MEDIMAGES_GPU === "1")("large work, too, where the only GPU is a software one", async () => {
    const large = compile(scale(60)(imageFromArray(new Float32Array(1000), { size: [10, 10, 10] })));
    expect(workOf(large.plan)).toBeGreaterThan(worthAGpu);
    expect((await automaticBackend(large)).name).toBe("wasm");
  });

  test.skipIf(!hasGpu)("large work goes to a GPU that fits it", async () => {
    const named = async (): Promise<GPUAdapter> => {
      const adapter = await openGpu().requestAdapter();
      if (adapter === null) throw new Error("there is no adapter");
      Object.defineProperty(adapter, "info", {
        value: { vendor: "a", architecture: "card", isFallbackAdapter: false },
      });
      return adapter;
    };
    const gpu = { requestAdapter: named } as Pick<GPU, "requestAdapter"> as GPU;
    const backendFor = automatic({ open: async () => gpu, isLikely: () => true, remedy: "" });
    const image = imageFromArray(new Float32Array(1000), { size: [10, 10, 10] });
    expect((await backendFor(compile(scale(60)(image)))).name).toBe("webgpu");
    expect((await backendFor(compile(scale(6)(image)))).name).toBe("wasm");
    expect((await backendFor(compile(scale(90)(image)))).name).toBe("wasm");
    const unlikely = automatic({ open: async () => gpu, isLikely: () => false, remedy: "" });
    expect((await unlikely(compile(scale(60)(image)))).name).toBe("wasm");
  });

  test("a GPU that cannot be looked for is none", async () => {
    const broken = automatic({
      open: async () => undefined,
      isLikely: () => {
        throw new Error("the page forbids it");
      },
      remedy: "",
    });
    const large = compile(scale(60)(imageFromArray(new Float32Array(1000), { size: [10, 10, 10] })));
    expect((await broken(large)).name).toBe("wasm");
  });

  test.skipIf(!hasGpu)("a software adapter is known as one", async () => {
    expect(await webgpu().isHardware()).toBe(process.env.MEDIMAGES_GPU === "1");
  });
});

describe.skipIf(!hasGpu)("a device that fails in mid-run", () => {
  const large = pipe(noise([48, 48, 48]), scale(5, { interpolation: "bspline", fill: 0 }));

  test("it is lost: the processor's result arrives, with a warning", async () => {
    const gpu = webgpu();
    let disposed = false;
    const warnings: string[] = [];
    const result = await evaluate(large, {
      backend: orElse(gpu, wasm),
      onProgress: (fraction) => {
        if (fraction < 0.2 || disposed) return;
        disposed = true;
        void gpu.dispose();
      },
      onWarning: ({ kind }) => warnings.push(kind),
    });
    expect(warnings).toEqual(["BackendFailed"]);
    expect(result.warnings).toMatchObject([
      { kind: "BackendFailed", message: expect.stringContaining("computed on the wasm backend") },
    ]);
    const wanted = (await evaluate(large, { backend: wasm })).voxels.data;
    expect(Buffer.compare(new Uint8Array(result.voxels.data.buffer), new Uint8Array(wanted.buffer))).toBe(0);
  });

  test("voxels that lie on a GPU whose memory runs out are computed with by the processor", async () => {
    const device = await openDevice();
    using there = await toGpu(noise([20, 20, 20]), webgpu(device));
    const filters: GPUErrorFilter[] = [];
    const [push, pop] = [device.pushErrorScope.bind(device), device.popErrorScope.bind(device)];
    const createBuffer = device.createBuffer.bind(device);
    let asked = false;
    device.createBuffer = (descriptor) => {
      asked ||= descriptor.label === "medimages volume" && descriptor.size >= 32_000;
      return createBuffer(descriptor);
    };
    device.pushErrorScope = (filter) => {
      filters.push(filter);
      push(filter);
    };
    device.popErrorScope = async () => {
      const filter = filters.pop();
      const isFull = asked && filter === "out-of-memory";
      const found = await pop();
      if (!isFull) return found;
      asked = false;
      return { message: "full" } as GPUError;
    };
    const warnings: string[] = [];
    const turned = rotate("z", 5)(there);
    const result = await evaluate(turned, { onWarning: ({ message }) => warnings.push(message) });
    expect(warnings).toEqual([expect.stringContaining("out of memory (full)")]);
    const wanted = await evaluate(rotate("z", 5)(noise([20, 20, 20])), { backend: wasm });
    expect(result.voxels.data).toEqual(wanted.voxels.data);
    device.destroy();
  });

  test("other errors are not hidden", async () => {
    await expect(evaluate(large, { backend: orElse(webgpu(), reference), memory: 1000 })).rejects.toMatchObject({
      error: { kind: "BudgetExceeded" },
    });
  });
});
