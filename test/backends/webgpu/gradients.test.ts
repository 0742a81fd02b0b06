/** The GPU backend computes the gradients that the reference defines. */
import { describe, expect, test, vi } from "vitest";
import { Device } from "../../../backends/webgpu/device.ts";
import { Pace } from "../../../backends/webgpu/pace.ts";
import type { PlacedGradientPlan } from "../../../backends/webgpu/plan-buffers.ts";
import { reduceKernel, sumBlocks } from "../../../backends/webgpu/reduce.ts";
import { download } from "../../../backends/webgpu/transport.ts";
import { Workspace } from "../../../backends/webgpu/workspace.ts";
import { identity } from "../../../compiler/language/affine.ts";
import { storedAs } from "../../../compiler/language/voxels.ts";
import type { Reduce } from "../../../compiler/plan.ts";
import {
  mse,
  mutualInformation,
  param,
  pipe,
  reference,
  rotate,
  scale,
  sumOfSquares,
  unary,
  value,
  valueAndGradient,
} from "../../../src/index.ts";
import { toGpu, webgpu } from "../../../src/webgpu.ts";
import { gradients } from "../gradients.ts";
import { noise } from "../noise.ts";
import { openDevice, openGpu } from "./devices.ts";
import { hasGpu } from "./has-gpu.ts";

describe.skipIf(!hasGpu)("gradients on WebGPU in Node", () => {
  const backend = webgpu();
  test.each(gradients(50))("$name", ({ run }) => run(backend), 240_000);
});

describe.skipIf(!hasGpu)("runs of gradients", () => {
  const moving = noise([24, 20, 16]);
  const turned = (degrees: number) =>
    pipe(moving, rotate([1, 2, 3], param("turn", degrees), { fill: "clamp" }), mse(noise([24, 20, 16], 2)));
  const wrt = (degrees: number) => [param("turn", degrees), moving] as const;

  test("other values of parameters compile nothing", async () => {
    const device = await openDevice();
    const backend = webgpu(device);
    await valueAndGradient(turned(11), { wrt: wrt(11), backend });
    const compile = vi.spyOn(device, "createComputePipelineAsync");
    await valueAndGradient(turned(12.5), { wrt: wrt(12.5), backend });
    expect(compile).not.toHaveBeenCalled();
  });

  test("images that lie on the device are read there, and go into the gradients of the others", async () => {
    const backend = webgpu();
    using there = await toGpu(moving, backend);
    const loss = pipe(there, rotate("z", 12, { fill: 0 }), sumOfSquares);
    const { value, gradient } = await valueAndGradient(loss, { wrt: [there], backend });
    const due = await valueAndGradient(pipe(moving, rotate("z", 12, { fill: 0 }), sumOfSquares), {
      wrt: [moving],
      backend: reference,
    });
    expect(Math.abs(value / due.value - 1)).toBeLessThan(1e-5);
    const [found, wanted] = [gradient[0].voxels.data, due.gradient[0].voxels.data];
    expect(found).toHaveLength(wanted.length);
    found.forEach((number: number | bigint, i: number) => {
      expect(Math.abs(Number(number) - Number(wanted[i]))).toBeLessThan(0.05);
    });
  });

  test("volumes that the device cannot bind: BackendUnavailable names both sizes", async () => {
    const backend = webgpu({ largestBinding: 4096 });
    await expect(valueAndGradient(turned(11), { wrt: wrt(11), backend })).rejects.toMatchObject({
      error: { kind: "BackendUnavailable", backend: "webgpu", reason: expect.stringContaining("1 MiB") },
    });
  });

  test("a histogram that the device cannot bind: BackendUnavailable names how many bins it can, and these are counted", async () => {
    const [image, target] = [noise([12, 10, 8]), noise([12, 10, 8], 2)];
    const backend = webgpu({ largestBinding: 12_292 });
    const information = (bins: number) => pipe(image, mutualInformation(target, { bins }));
    await expect(valueAndGradient(information(33), { wrt: [], backend })).rejects.toMatchObject({
      error: {
        kind: "BackendUnavailable",
        reason: "a histogram of 33 × 33 bins takes 13072 bytes, and the device binds 12292",
        remedy: "take at most 32 bins, or use the wasm backend",
      },
    });
    const { value } = await valueAndGradient(information(32), { wrt: [], backend });
    const due = await valueAndGradient(information(32), { wrt: [], backend: reference });
    expect(value).toBeCloseTo(due.value, 6);
  });

  test("less memory than volumes take: BudgetExceeded", async () => {
    const options = { wrt: wrt(11), backend: webgpu(), memory: 1000 };
    await expect(valueAndGradient(turned(11), options)).rejects.toMatchObject({ error: { kind: "BudgetExceeded" } });
  });

  test("few bytes for sums give larger blocks, and the same sums", async () => {
    const device = new Device(await openDevice(), true, Number.POSITIVE_INFINITY);
    const image = noise([60, 50, 40]);
    const { data } = image.voxels;
    const source = {
      size: image.grid.size,
      channels: 1,
      storage: storedAs("float32"),
      format: "float32",
      unit: 1,
    } as const;
    const made = { size: [4, 1, 1], channels: 1, storage: storedAs("float64"), format: "float64", unit: 1 } as const;
    const tap = { source: 0, pull: identity<"index">(), by: "nearest", boundary: "clamp", class: "copy" } as const;
    const total = { body: unary("abs", value), moments: true };
    const { size } = source;
    const pass: Reduce = {
      kind: "reduce",
      output: 1,
      size,
      channels: 1,
      taps: [tap],
      regions: [],
      totals: [total],
      reason: "",
    };
    const plan: PlacedGradientPlan = { buffers: [source, made], inputs: 1, passes: [pass], results: [1] };
    const sumsIn = async (most: number): Promise<Float64Array> => {
      const workspace = new Workspace(device, plan, [image.voxels], new Pace(device, 1, {}));
      const kernel = reduceKernel(pass, plan, () => 0, most);
      const bytes = 4 * kernel.blocks * kernel.elements;
      expect(bytes).toBeLessThanOrEqual(most);
      const buffer = device.pool.take(bytes);
      const box = { start: [0, 0, 0], size: [kernel.blocks, 1, 1], channel: 0, channels: 4 } as const;
      await workspace.during(() => workspace.compute(kernel, 0, () => ({ buffer, bytes, box })));
      return sumBlocks(new Float32Array(await download(device, buffer, bytes)), kernel.elements);
    };
    const due = [0, 0, 0, 0];
    data.forEach((voxel: number | bigint, i: number) => {
      const place = [1, i % 60, Math.floor(i / 60) % 50, Math.floor(i / 3000)];
      place.forEach((factor, k) => {
        due[k] = (due[k] ?? 0) + Math.abs(Number(voxel)) * factor;
      });
    });
    for (const most of [2 ** 20, 256, 16])
      for (const [k, sum] of [...(await sumsIn(most))].entries())
        expect(Math.abs(sum / due[k]! - 1)).toBeLessThan(1e-6);
  });

  const long = () => pipe(noise([40, 40, 40]), scale(4, { interpolation: "bspline", fill: "clamp" }), sumOfSquares);

  test("a device that is lost in mid-run: one clear error, and the next run takes a fresh one", async () => {
    const devices: GPUDevice[] = [];
    const gpu = openGpu();
    const requestAdapter = async (): Promise<GPUAdapter> => {
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
    const backend = webgpu({ gpu: { requestAdapter } as Pick<GPU, "requestAdapter"> as GPU });
    const image = noise([40, 40, 40]);
    const loss = pipe(image, scale(4, { interpolation: "bspline", fill: "clamp" }), sumOfSquares);
    const onProgress = (fraction: number): void => {
      if (fraction >= 0.2) devices.at(-1)!.destroy();
    };
    await expect(valueAndGradient(loss, { wrt: [image], backend, onProgress })).rejects.toMatchObject({
      error: { kind: "BackendUnavailable", backend: "webgpu", reason: expect.stringContaining("lost") },
    });
    expect((await valueAndGradient(turned(3), { wrt: wrt(3), backend })).value).toBeGreaterThan(0);
    expect(devices).toHaveLength(2);
  });

  test("an abort stops the run", async () => {
    const controller = new AbortController();
    const onProgress = (fraction: number): void => {
      if (fraction >= 0.2) controller.abort();
    };
    const options = { wrt: [], backend: webgpu(), signal: controller.signal, onProgress };
    await expect(valueAndGradient(long(), options)).rejects.toMatchObject({ error: { kind: "Aborted" } });
  });
});
