/** Tiles give the same bits as one piece: of volumes too large to address, and of those that break the budget. */
import { describe, expect, test } from "vitest";
import { wasmBackend } from "../../../backends/wasm/index.ts";
import {
  as,
  changeOrientation,
  crop,
  type Expression,
  evaluate,
  flip,
  imageFromArray,
  labelImage,
  type MedImage,
  materialize,
  pad,
  padOrCropTo,
  pipe,
  reference,
  resampleToSpacing,
  rotate,
  scale,
  wasm,
} from "../../../src/index.ts";
import { nodeThreads } from "../../../src/platform/node-threads.ts";
import { noise } from "../noise.ts";

const bytes = (image: MedImage): Buffer => {
  const { buffer, byteOffset, byteLength } = image.voxels.data;
  return Buffer.from(buffer, byteOffset, byteLength);
};

const image = noise([50, 40, 36]);
const short = imageFromArray(Int16Array.from(image.voxels.data as Float32Array), { size: [50, 40, 36] });
const channels = imageFromArray(
  Float32Array.from({ length: 30 * 20 * 24 * 3 }, (_, i) => (i * 7919) % 1013),
  { size: [30, 20, 24] },
  { channels: 3 },
);
const labels = labelImage({
  voxels: { ...short.voxels, data: Int16Array.from(short.voxels.data as Int16Array, (v) => v & 7) },
  grid: short.grid,
});

const cases: Readonly<Record<string, Expression>> = {
  "general, linear": rotate([1, 2, 3], 25, { interpolation: "linear", fill: -1000 })(image),
  "general, nearest": rotate([1, 2, 3], 25)(labels),
  "general, reflected": rotate([1, 2, 3], 25, { interpolation: "linear", fill: "reflect" })(short),
  "general, background": rotate([3, 1, 2], 25, { interpolation: "linear", fill: "background" })(channels),
  "within planes": rotate("z", 25, { interpolation: "linear", fill: 0 })(image),
  "within planes, int16": as("int16")(rotate("z", 25, { interpolation: "linear", fill: 0 })(short)),
  "axis-aligned": resampleToSpacing([0.7, 0.8, 1.3], { interpolation: "linear", fill: "reflect" })(image),
  "axis-aligned, channels": scale(1.7, { interpolation: "linear" })(channels),
  copies: pipe(image, crop([3, 4, 5], [30, 30, 20]), pad([2, 3, 4], [5, 6, 7], { fill: 5 }), flip("x")),
  "axes exchanged": changeOrientation("SRA")(short),
  "axes exchanged, channels": changeOrientation("PIL")(channels),
};

describe("a volume beyond the reach of kernels", () => {
  test.each(Object.entries(cases))("%s", async (_, expression) => {
    const wanted = bytes(await evaluate(expression, { backend: wasm }));
    for (const part of [100_000, 60_000]) {
      const near = wasmBackend(nodeThreads, { whole: 40_000, part });
      for (const threads of [1, 2])
        expect(Buffer.compare(bytes(await evaluate(expression, { backend: near, threads })), wanted)).toBe(0);
    }
  });

  test("is refused in words where one row of the result looks at more", async () => {
    const near = wasmBackend(nodeThreads, { whole: 50_000, part: 100 });
    await expect(evaluate(cases["general, linear"]!, { backend: near })).rejects.toMatchObject({
      error: { kind: "BackendUnavailable", reason: expect.stringContaining("row of the result") },
    });
  });
});

describe("a budget that intermediate volumes break", () => {
  const large = pipe(
    image,
    scale(2, { interpolation: "linear" }),
    materialize,
    rotate([0.1, 0.2, 1], 10, { interpolation: "linear", fill: 0 }),
    materialize,
    resampleToSpacing([3, 3, 3], { interpolation: "linear" }),
  );
  test("is kept by computing them in slabs, to the same bits", async () => {
    const wanted = bytes(await evaluate(large, { backend: wasm }));
    // The two volumes in between take 2.3 MB each.
    for (const memory of [3e6, 1.2e6, 6e5])
      expect(Buffer.compare(bytes(await evaluate(large, { backend: wasm, memory })), wanted)).toBe(0);
    await expect(evaluate(large, { backend: wasm, memory: 50_000 })).rejects.toMatchObject({
      error: { kind: "BudgetExceeded" },
    });
  });

  test("coefficients are computed once for all slabs", async () => {
    const spline = pipe(
      image,
      rotate("z", 10, { interpolation: "bspline", fill: 0 }),
      materialize,
      scale(2, { interpolation: "linear" }),
      materialize,
      flip("x"),
      resampleToSpacing([2, 2, 2], { interpolation: "linear" }),
    );
    const wanted = bytes(await evaluate(spline, { backend: wasm }));
    expect(Buffer.compare(bytes(await evaluate(spline, { backend: wasm, memory: 1.5e6 })), wanted)).toBe(0);
  });

  test("progress rises to 1 over all slabs", async () => {
    const seen: number[] = [];
    await evaluate(large, { backend: wasm, memory: 6e5, onProgress: (fraction) => seen.push(fraction) });
    expect(seen.at(-1)).toBe(1);
    expect(seen.toSorted((a, b) => a - b)).toEqual(seen);
  });
});

test("rows that lie between those which are needed are computed from what is there", async () => {
  const one = imageFromArray(Uint8Array.from([7]), { size: [1, 1, 1] });
  const steps = pipe(one, padOrCropTo([5, 5, 3]), materialize, flip("z"), materialize, padOrCropTo([1, 1, 2]));
  const data = (await evaluate(steps, { backend: wasm })).voxels.data;
  expect(data).toEqual((await evaluate(steps, { backend: reference })).voxels.data);
});
