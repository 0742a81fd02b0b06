/** Batches as arrays and as tensors of libraries that are not ours, whose own indexing says where a voxel is. */
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import * as ort from "onnxruntime-web";
import { beforeAll, describe, expect, test } from "vitest";
import { evaluate, imageFromArray, type MedImage, rotate } from "../../src/index.ts";
import { collate, collateOnGpu, toOnnx, toTensorFlow } from "../../src/train/index.ts";
import { toGpu, webgpu } from "../../src/webgpu.ts";
import { noise } from "../backends/noise.ts";
import { hasGpu } from "../backends/webgpu/has-gpu.ts";

/** Two channels of 4×3×2 voxels whose values say where they are: sample, channel, z, y, x as digits. */
const placed = (sample: number): MedImage<"intensity"> => {
  const data = new Int16Array(2 * 2 * 3 * 4);
  let at = 0;
  for (let c = 0; c < 2; c++)
    for (let z = 0; z < 2; z++)
      for (let y = 0; y < 3; y++)
        for (let x = 0; x < 4; x++) data[at++] = 10_000 * sample + 1000 * c + 100 * z + 10 * y + x;
  return imageFromArray(data, { size: [4, 3, 2] }, { channels: 2, rescale: { slope: 2, intercept: 1 } });
};
const batch = [placed(0), placed(1), placed(2)];
const due = (n: number, c: number, z: number, y: number, x: number): number =>
  2 * (10_000 * n + 1000 * c + 100 * z + 10 * y + x) + 1;

beforeAll(() => tf.setBackend("cpu"));

test("TensorFlow.js finds every voxel where it is, in real values", async () => {
  const channelsFirst = toTensorFlow(collate(batch), tf);
  const channelsLast = toTensorFlow(collate(batch, { layout: "NDHWC" }), tf);
  expect([channelsFirst.shape, channelsLast.shape]).toEqual([
    [3, 2, 2, 3, 4],
    [3, 2, 3, 4, 2],
  ]);
  const [first, last] = [channelsFirst, channelsLast].map((tensor) => tf.unstack(tensor).map((t) => t.arraySync()));
  for (let n = 0; n < 3; n++)
    for (let c = 0; c < 2; c++)
      for (let z = 0; z < 2; z++)
        for (let y = 0; y < 3; y++)
          for (let x = 0; x < 4; x++) {
            expect((first as number[][][][][])[n]?.[c]?.[z]?.[y]?.[x]).toBe(due(n, c, z, y, x));
            expect((last as number[][][][][])[n]?.[z]?.[y]?.[x]?.[c]).toBe(due(n, c, z, y, x));
          }
});

test("onnxruntime-web takes it as it is, without a copy", () => {
  const collated = collate(batch);
  const tensor = toOnnx(collated, ort);
  expect([tensor.dims, tensor.type]).toEqual([[3, 2, 2, 3, 4], "float32"]);
  expect(tensor.data).toBe(collated.data);
  // As its own counting has it: the last axis is the fastest.
  expect(tensor.data[(((1 * 2 + 1) * 2 + 1) * 3 + 2) * 4 + 3]).toBe(due(1, 1, 1, 2, 3));
});

test("images of one channel are the same numbers in both layouts", () => {
  const images = [noise([5, 4, 3]), noise([5, 4, 3], 2)];
  const [first, last] = [collate(images), collate(images, { layout: "NDHWC" })];
  expect(first.data).toEqual(last.data);
  expect([...first.data]).toEqual(images.flatMap(({ voxels }) => [...voxels.data]));
});

test("64-bit integers become floats where they can be", () => {
  const counts = imageFromArray(BigInt64Array.from([1n, -3n]), { size: [2, 1, 1] });
  expect([...collate([counts]).data]).toEqual([1, -3]);
  const wide = imageFromArray(BigInt64Array.from([2n ** 60n, 0n]), { size: [2, 1, 1] });
  expect(() => collate([wide])).toThrow("2^53");
});

test("what does not fit together is refused, and named", () => {
  expect(() => collate([])).toThrow("no images");
  expect(() => collate([noise([5, 4, 3]), noise([5, 4, 3]), noise([4, 4, 3])])).toThrow(
    "image 2 of the batch is 4×4×3 with 1 channel(s), image 0 is 5×4×3 with 1 channel(s); bring all to one size",
  );
});

describe.skipIf(!hasGpu)("on a GPU", () => {
  const backend = webgpu();

  const read = async (buffer: GPUBuffer): Promise<readonly number[]> => {
    const gpu = await backend.device();
    const landing = gpu.createBuffer({ size: buffer.size, usage: 0x1 | 0x8 });
    const encoder = gpu.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, 0, landing, 0, buffer.size);
    gpu.queue.submit([encoder.finish()]);
    await landing.mapAsync(0x1);
    return [...new Float32Array(landing.getMappedRange())];
  };

  test.each(["NCDHW", "NDHWC"] as const)("the same numbers as in ordinary memory: %s", async (layout) => {
    using there = await toGpu(batch[1]!, backend);
    using collated = await collateOnGpu([batch[0]!, there, batch[2]!], backend, { layout });
    const wanted = collate(batch, { layout });
    expect(collated.shape).toEqual(wanted.shape);
    expect(await read(collated.buffer)).toEqual([...wanted.data]);
  });

  test("results that stayed there are not brought back", async () => {
    using kept = await evaluate(rotate("z", 5)(noise([9, 8, 7])), { backend, keep: "gpu" });
    Object.assign(kept.voxels, { fetch: () => expect.unreachable("it was brought back") });
    using collated = await collateOnGpu([kept, kept], backend);
    const { data } = (await evaluate(rotate("z", 5)(noise([9, 8, 7])), { backend })).voxels;
    expect(await read(collated.buffer)).toEqual([...data, ...data]);
    expect(() => collate([kept])).toThrow("image 0 of the batch lies on a GPU; use collateOnGpu");
  });
});
