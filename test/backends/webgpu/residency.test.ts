/** Images whose voxels stay on the device. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import {
  as,
  type Backend,
  evaluate,
  imageFromArray,
  type MedImage,
  pad,
  pipe,
  reference,
  release,
  rotate,
  run,
  scale,
  statistics,
  wasm,
} from "../../../src/index.ts";
import { gpuBufferOf, imageFromGpuBuffer, toCpu, toGpu, webgpu } from "../../../src/webgpu.ts";
import { noise } from "../noise.ts";
import { openDevice } from "./devices.ts";
import { hasGpu } from "./has-gpu.ts";

const bytes = (data: ArrayBufferView): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
const same = (a: MedImage, b: MedImage): void => {
  expect(a.voxels.dtype).toBe(b.voxels.dtype);
  expect(a.voxels.rescale).toEqual(b.voxels.rescale);
  expect(Buffer.compare(bytes(a.voxels.data), bytes(b.voxels.data))).toBe(0);
};

describe.skipIf(!hasGpu)("residency", () => {
  const backend = webgpu();
  const image = noise([33, 21, 17]);
  const first = rotate("z", 10, { fill: 0 });
  const second = rotate("x", 20, { fill: -1000 });

  test("a result that is kept is a leaf like any other, and gives what one that came back gives", async () => {
    const kept = await evaluate(first(image), { backend, keep: "gpu" });
    expect(kept.device).toBe("gpu");
    const back = await evaluate(first(image), { backend });
    expect(back.device).toBe("cpu");
    same(await toCpu(kept), back);
    const after = await evaluate(second(kept), { backend });
    expect(after.device).toBe("cpu");
    same(after, await evaluate(second(back), { backend }));
    release(kept);
  });

  test("nobody says which backend: the one where the voxels lie", async () => {
    using kept = await evaluate(first(image), { backend, keep: "gpu" });
    using again = await evaluate(second(kept), { keep: "gpu" });
    expect(again.device).toBe("gpu");
    same(await evaluate(second(kept)), await toCpu(again));
  });

  test.each([reference, wasm])("another backend has them fetched: $name", async (other: Backend) => {
    using there = await toGpu(image, backend);
    same(await evaluate(first(there), { backend: other }), await evaluate(first(image), { backend: other }));
  });

  test("another device has them fetched", async () => {
    using there = await toGpu(image, backend);
    same(await evaluate(first(there), { backend: webgpu() }), await evaluate(first(image), { backend }));
  });

  test("the background of what lies on the device is that of its corners", async () => {
    const odd = imageFromArray(
      Uint8Array.from({ length: 2 * 7 * 5 * 3 }, (_, i) => (i * 37) % 251),
      { size: [7, 5, 3] },
      { channels: 2 },
    );
    using there = await toGpu(odd, backend);
    const padded = pipe(there, pad([1, 1, 1], [1, 1, 1]), rotate("z", 30));
    same(
      await evaluate(padded, { backend }),
      await evaluate(pipe(odd, pad([1, 1, 1], [1, 1, 1]), rotate("z", 30)), { backend }),
    );
  });

  test("there and back without a step, bit for bit", async () => {
    const counts = imageFromArray(BigInt64Array.from([1n, -(2n ** 63n), 2n ** 62n]), { size: [3, 1, 1] });
    using there = await toGpu(counts, backend);
    same(await toCpu(there), counts);
    same(await evaluate(there), counts);
    expect(await toCpu(counts)).toBe(counts);
  });

  test("voxels on the device cannot be read, and the error says what to do", async () => {
    using there = await toGpu(image, backend);
    expect(() => statistics(there)).toThrow("the voxels of this image lie on the GPU; fetch them with toCpu");
  });

  test("a disposed image is refused", async () => {
    const there = await toGpu(image, backend);
    release(there);
    await expect(evaluate(first(there), { backend })).rejects.toThrow("disposed of");
    await expect(toCpu(there)).rejects.toThrow("disposed of");
  });

  test("voxels that are there already are shared, and stay until both images are disposed of", async () => {
    using there = await toGpu(image, backend);
    release(await toGpu(there, backend));
    release(await evaluate(there, { backend, keep: "gpu" }));
    same(await toCpu(there), image);
  });

  test("an image that is disposed of in mid-run is read to the end", async () => {
    const there = await toGpu(image, backend);
    const long = scale(4, { interpolation: "bspline", fill: 0 });
    const result = await evaluate(long(there), { backend, onProgress: () => release(there) });
    same(result, await evaluate(long(image), { backend }));
  });

  test("a device that was handed in gets back what waited for the next run", async () => {
    const device = await openDevice();
    const open = new Set<GPUBuffer>();
    const create = device.createBuffer.bind(device);
    device.createBuffer = (descriptor) => {
      const buffer = create(descriptor);
      const destroy = buffer.destroy.bind(buffer);
      buffer.destroy = () => {
        open.delete(buffer);
        return destroy();
      };
      open.add(buffer);
      return buffer;
    };
    const own = webgpu(device);
    await evaluate(first(image), { backend: own });
    expect(open.size).toBeGreaterThan(0);
    await own.dispose();
    expect(open.size).toBe(0);
    device.destroy();
  });

  test("results that nobody has are not kept", async () => {
    setFlagsFromString("--expose-gc");
    const collect: () => void = runInNewContext("gc");
    const bytesKept = async (): Promise<number> => {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 20));
      collect();
      return process.memoryUsage().arrayBuffers;
    };
    const volume = noise([64, 64, 32]);
    await evaluate(first(volume), { backend });
    const before = await bytesKept();
    for (let k = 0; k < 20; k++) await evaluate(rotate("z", k + 0.5, { fill: 0 })(volume), { backend });
    expect((await bytesKept()) - before).toBeLessThan(4 * volume.voxels.data.byteLength);
  });

  test("a backend without a device keeps nothing", async () => {
    const outcome = await run(first(image), { backend: wasm, keep: "gpu" })();
    expect(outcome).toMatchObject({ _tag: "Left", left: { kind: "BackendUnavailable", backend: "wasm" } });
  });

  test("buffers go round: a loop makes no more of them", async () => {
    const device = await backend.device();
    let made = 0;
    const create = device.createBuffer.bind(device);
    device.createBuffer = (descriptor) => {
      if (descriptor.label === "medimages volume") made++;
      return create(descriptor);
    };
    using there = await toGpu(image, backend);
    const turn = async (degrees: number): Promise<void> => {
      using _ = await evaluate(rotate("z", degrees, { fill: 0 })(there), { backend, keep: "gpu" });
    };
    for (let k = 0; k < 3; k++) await turn(k + 0.5);
    const before = made;
    for (let k = 0; k < 20; k++) await turn(k + 0.7);
    expect(made).toBe(before);
    device.createBuffer = create;
  });

  test("forgotten images give their memory back", async () => {
    setFlagsFromString("--expose-gc");
    const collect: () => void = runInNewContext("gc");
    const device = await backend.device();
    const large = rotate("z", 3, { fill: 0 })(noise([64, 64, 32]));
    let made = 0;
    const create = device.createBuffer.bind(device);
    device.createBuffer = (descriptor) => {
      if (descriptor.size >= 64 * 64 * 32 * 4) made++;
      return create(descriptor);
    };
    for (let k = 0; k < 12; k++) {
      await evaluate(large, { backend, keep: "gpu" });
      collect();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(made).toBeLessThan(8);
    device.createBuffer = create;
  });

  test("a buffer of another library is read where it lies", async () => {
    const device = await backend.device();
    const size = [8, 6, 5] as const;
    const voxels = noise(size).voxels.data as Float32Array<ArrayBuffer>;
    const buffer = device.createBuffer({ size: voxels.byteLength, usage: 0x80 | 0x4 | 0x8 });
    device.queue.writeBuffer(buffer, 0, voxels);
    const there = await imageFromGpuBuffer(buffer, { grid: { size, spacing: [1, 1.2, 2] }, dtype: "float32" }, backend);
    same(await evaluate(first(there), { backend }), await evaluate(first(noise(size)), { backend }));
    release(there);
    // It is still the other library's.
    device.queue.writeBuffer(buffer, 0, voxels);
    await expect(
      imageFromGpuBuffer(buffer, { grid: { size: [9, 6, 5] }, dtype: "float32" }, backend),
    ).rejects.toMatchObject({ error: { kind: "UnsupportedVoxels" } });
    await expect(
      imageFromGpuBuffer(buffer, { grid: { size: [8, 6, 0] }, dtype: "float32" }, backend),
    ).rejects.toMatchObject({ error: { kind: "InvalidDocument" } });
    buffer.destroy();
    const layout = { grid: { size: [7, 1, 1] }, dtype: "uint8" } as const;
    const refused = [
      [device.createBuffer({ size: 7, usage: 0x80 | 0x4 }), layout],
      [device.createBuffer({ size: 8, usage: 0x80 }), layout],
      [device.createBuffer({ size: 8, usage: 0x80 | 0x4 }), { ...layout, channels: 0 }],
      [device.createBuffer({ size: 8, usage: 0x80 | 0x4 }), { ...layout, rescale: { slope: 0, intercept: 0 } }],
    ] as const;
    const outcomes = await Promise.all(
      refused.map(([buffer, what]) =>
        imageFromGpuBuffer(buffer, what, backend).then(
          () => "an image",
          (thrown) => thrown.error.kind,
        ),
      ),
    );
    expect(outcomes).toEqual(["UnsupportedVoxels", "UnsupportedVoxels", "InvalidDocument", "InvalidDocument"]);
  });

  test("and the other way round: the buffer of an image is there to be copied from", async () => {
    using there = await evaluate(pipe(image, scale(0.5), as("int16")), { backend, keep: "gpu" });
    const device = await backend.device();
    const { data } = (await toCpu(there)).voxels;
    const size = Math.ceil(data.byteLength / 4) * 4;
    const landing = device.createBuffer({ size, usage: 0x1 | 0x8 });
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(gpuBufferOf(there), 0, landing, 0, size);
    device.queue.submit([encoder.finish()]);
    await landing.mapAsync(1);
    expect(Buffer.compare(new Uint8Array(landing.getMappedRange(), 0, data.byteLength), bytes(data))).toBe(0);
    landing.destroy();
    expect(() => gpuBufferOf(image)).toThrow("do not lie on a GPU");
  });
});
