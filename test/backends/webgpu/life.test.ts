/** What a device may do to a run, and a run to its device. */
import { describe, expect, test } from "vitest";
import { type Expression, evaluate, reference, rotate, scale } from "../../../src/index.ts";
import { toGpu, webgpu } from "../../../src/webgpu.ts";
import { noise } from "../noise.ts";
import { openDevice, openGpu } from "./devices.ts";
import { hasGpu } from "./has-gpu.ts";

const bytes = (data: ArrayBufferView): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** Takes long enough for something to happen in the middle. */
const long = (): Expression => scale(5, { interpolation: "bspline", fill: 0 })(noise([48, 48, 48]));

describe("without a device", () => {
  test("no WebGPU, or no adapter: BackendUnavailable says how to get one", async () => {
    const image = rotate("z", 5)(noise([4, 4, 4]));
    const none = webgpu({ gpu: { requestAdapter: async () => null } as Pick<GPU, "requestAdapter"> as GPU });
    await expect(evaluate(image, { backend: none })).rejects.toMatchObject({
      error: { kind: "BackendUnavailable", backend: "webgpu", reason: "WebGPU found no adapter" },
    });
    await expect(evaluate(image, { backend: none })).rejects.toThrow("install npm webgpu and a driver");
    await none.dispose();
    const refuses = { requestAdapter: () => Promise.reject(new Error("not today")) };
    const refused = webgpu({ gpu: refuses as Pick<GPU, "requestAdapter"> as GPU });
    await expect(evaluate(image, { backend: refused })).rejects.toMatchObject({
      error: { kind: "BackendUnavailable", backend: "webgpu", reason: "WebGPU gave no adapter (not today)" },
    });
  });
});

describe.skipIf(!hasGpu)("life cycle", () => {
  test("a device that is lost in mid-run: one clear error, and the next run takes a fresh one", async () => {
    const gpu = openGpu();
    const devices: GPUDevice[] = [];
    const adapterOf = async (): Promise<GPUAdapter> => {
      const adapter = await gpu.requestAdapter();
      if (adapter === null) throw new Error("there is no adapter");
      const requestDevice = adapter.requestDevice.bind(adapter);
      adapter.requestDevice = async (descriptor) => {
        const device = await requestDevice(descriptor);
        devices.push(device);
        return device;
      };
      return adapter;
    };
    const backend = webgpu({ gpu: { requestAdapter: adapterOf } as Pick<GPU, "requestAdapter"> as GPU });
    const seen: number[] = [];
    const onProgress = (fraction: number): void => {
      seen.push(fraction);
      if (fraction >= 0.2) devices.at(-1)!.destroy();
    };
    await expect(evaluate(long(), { backend, onProgress })).rejects.toMatchObject({
      error: { kind: "BackendUnavailable", backend: "webgpu", reason: expect.stringContaining("lost") },
    });
    expect(Math.max(...seen)).toBeLessThan(0.9);
    const turned = rotate("z", 5)(noise([16, 16, 16]));
    expect((await evaluate(turned, { backend })).grid.size).toEqual([16, 16, 16]);
    expect(devices).toHaveLength(2);
  });

  test("a device of the caller's is not replaced", async () => {
    const device = await openDevice();
    const backend = webgpu(device);
    const turned = rotate("z", 5)(noise([16, 16, 16]));
    await evaluate(turned, { backend });
    device.destroy();
    for (let k = 0; k < 2; k++)
      await expect(evaluate(turned, { backend })).rejects.toMatchObject({ error: { kind: "BackendUnavailable" } });
  });

  test("an abort stops the run, and the device goes on", async () => {
    const controller = new AbortController();
    const backend = webgpu();
    const seen: number[] = [];
    const onProgress = (fraction: number): void => {
      seen.push(fraction);
      if (fraction >= 0.2) controller.abort();
    };
    const work = evaluate(long(), { backend, signal: controller.signal, onProgress });
    await expect(work).rejects.toMatchObject({ error: { kind: "Aborted" } });
    expect(Math.max(...seen)).toBeLessThan(0.9);
    expect((await evaluate(rotate("z", 5)(noise([16, 16, 16])), { backend })).grid.size).toEqual([16, 16, 16]);
    const before = AbortSignal.abort();
    await expect(evaluate(long(), { backend, signal: before })).rejects.toMatchObject({ error: { kind: "Aborted" } });
  });

  test("progress grows to 1", async () => {
    const seen: number[] = [];
    await evaluate(long(), { backend: webgpu(), onProgress: (fraction) => seen.push(fraction) });
    expect(seen.length).toBeGreaterThanOrEqual(4);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(1);
  });

  test("runs at the same time do not get in each other's way", async () => {
    const backend = webgpu();
    const image = noise([64, 48, 40]);
    const runs = [3, 14, 25, 36].map((degrees) => rotate("z", degrees, { fill: 0 })(image));
    const together = await Promise.all(runs.map((e) => evaluate(e, { backend })));
    for (const [k, e] of runs.entries()) {
      const alone = await evaluate(e, { backend });
      expect(Buffer.compare(bytes(together[k]!.voxels.data), bytes(alone.voxels.data))).toBe(0);
    }
  });

  test("a budget is kept", async () => {
    await expect(evaluate(long(), { backend: webgpu(), memory: 2 ** 20 })).rejects.toMatchObject({
      error: { kind: "BudgetExceeded" },
    });
  });

  test("a device without memory for it: an error that says so", async () => {
    const device = await openDevice();
    const filters: GPUErrorFilter[] = [];
    const [push, pop] = [device.pushErrorScope.bind(device), device.popErrorScope.bind(device)];
    device.pushErrorScope = (filter) => {
      filters.push(filter);
      push(filter);
    };
    device.popErrorScope = async () => {
      const filter = filters.pop();
      const found = await pop();
      return filter === "out-of-memory" ? ({ message: "no room for 1 GiB" } as GPUError) : found;
    };
    const failure = evaluate(rotate("z", 5)(noise([16, 16, 16])), { backend: webgpu(device) });
    await expect(failure).rejects.toMatchObject({
      error: { kind: "BackendUnavailable", reason: "the GPU is out of memory (no room for 1 GiB)" },
    });
  });

  test("memory that runs out when a background is looked at, too", async () => {
    const device = await openDevice();
    const backend = webgpu(device);
    using there = await toGpu(noise([16, 16, 16]), backend);
    const create = device.createBuffer.bind(device);
    device.createBuffer = (descriptor) => {
      const buffer = create(descriptor);
      if (descriptor.label === "medimages landing") buffer.mapAsync = () => Promise.reject(new Error("not valid"));
      return buffer;
    };
    const pop = device.popErrorScope.bind(device);
    device.popErrorScope = async () => (await pop()) ?? ({ message: "no room" } as GPUError);
    await expect(evaluate(rotate("z", 5)(there), { backend })).rejects.toMatchObject({
      error: { kind: "BackendUnavailable", reason: "the GPU is out of memory (no room)" },
    });
  });

  test("voxels in shared memory are read", async () => {
    const turned = rotate("z", 5, { fill: 0 });
    const plain = noise([32, 32, 32]);
    const shared = new Float32Array(new SharedArrayBuffer(plain.voxels.data.byteLength));
    shared.set(plain.voxels.data as Float32Array);
    const copy = { ...plain, voxels: { ...plain.voxels, data: shared } };
    const [a, b] = [
      await evaluate(turned(plain), { backend: webgpu() }),
      await evaluate(turned(copy), { backend: webgpu() }),
    ];
    expect(Buffer.compare(bytes(a.voxels.data), bytes(b.voxels.data))).toBe(0);
    expect(a.voxels.data.length).toBe((await evaluate(turned(plain), { backend: reference })).voxels.data.length);
  });
});
