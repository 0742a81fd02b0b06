/** Volumes beyond what a device binds are computed in parts, to the same bits. */
import { describe, expect, test } from "vitest";
import { tilesOf } from "../../../backends/webgpu/tiles.ts";
import {
  as,
  type Expression,
  evaluate,
  imageFromArray,
  pad,
  pipe,
  resampleToSpacing,
  rotate,
  scale,
} from "../../../src/index.ts";
import { webgpu } from "../../../src/webgpu.ts";
import { noise } from "../noise.ts";
import { hasGpu } from "./has-gpu.ts";

const bytes = (data: ArrayBufferView): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
const size = [61, 50, 44] as const;

const channels = imageFromArray(
  Int16Array.from({ length: 3 * 61 * 50 * 44 }, (_, i) => (i * 7919) % 30011),
  { size },
  { channels: 3 },
);
/** Small enough for two channels of it to be bound at once, but not for all four. */
const pairs = imageFromArray(
  Int16Array.from({ length: 4 * 30 * 24 * 18 }, (_, i) => (i * 7919) % 30011),
  { size: [30, 24, 18] },
  { channels: 4 },
);
const big = imageFromArray(
  BigInt64Array.from({ length: 61 * 50 * 44 }, (_, i) => BigInt(i) * 1234567890123n),
  { size },
);

const cases: Readonly<Record<string, Expression>> = {
  "rotation, linear": rotate([0.3, -0.5, 0.8], 33, { fill: "background" })(noise(size)),
  "rotation, bspline, wrapped": rotate([1, 2, 3], 25, { interpolation: "bspline", fill: "wrap" })(noise(size)),
  "rotation, bspline, reflected": rotate("x", 25, { interpolation: "bspline", fill: "reflect" })(noise(size)),
  "rotation, bspline, held": rotate("x", 25, { interpolation: "bspline", fill: "clamp" })(noise(size)),
  "three channels of int16": pipe(channels, rotate("z", 10, { fill: 0 }), as("int16")),
  "four channels, two at a time": rotate("z", 10, { fill: "background" })(pairs),
  "four channels, two at a time, bspline": rotate("z", 10, { interpolation: "bspline", fill: 0 })(pairs),
  "int64, moved": pipe(
    big,
    pad([3, 0, 5], [0, 7, 2], { fill: -1 }),
    rotate("y", 90, { interpolation: "nearest", fill: 0 }),
  ),
  "uint8 rows that end within words": pipe(noise(size), resampleToSpacing([0.9, 1.1, 1.7], { fill: 0 }), as("uint8")),
  "two passes": pipe(noise(size), rotate("z", 10, { fill: 0 }), rotate("x", 20, { fill: -1000 })),
  coarser: scale(0.3, { fill: 0 })(noise(size)),
};

describe.skipIf(!hasGpu)("a lowered limit of what can be bound", () => {
  const whole = webgpu();
  // The source alone has 537 kB.
  const parts = webgpu({ largestBinding: 120_000 });
  test.each(Object.entries(cases))("%s", async (_, expression) => {
    const [one, many] = [
      await evaluate(expression, { backend: whole }),
      await evaluate(expression, { backend: parts }),
    ];
    expect(many.voxels.dtype).toBe(one.voxels.dtype);
    expect(Buffer.compare(bytes(many.voxels.data), bytes(one.voxels.data))).toBe(0);
  });

  test("a limit that no part keeps is told", async () => {
    const turned = rotate([1, 2, 3], 25, { interpolation: "bspline", fill: 0 })(noise(size));
    await expect(evaluate(turned, { backend: webgpu({ largestBinding: 128 }) })).rejects.toMatchObject({
      error: { kind: "BackendUnavailable", backend: "webgpu" },
    });
  });
});

describe("tiles", () => {
  test("cover the output once, and each fits", () => {
    const whole = { start: [0, 0, 0], size: [61, 50, 44], channel: 0, channels: 3 } as const;
    const fits = ({
      size: [x, y, z],
      channels,
    }: {
      readonly size: readonly number[];
      readonly channels: number;
    }): boolean => x! * y! * z! * channels <= 999;
    const tiles = tilesOf(whole, undefined, fits) ?? [];
    const seen = new Uint8Array(61 * 50 * 44 * 3);
    for (const { start, size, channel, channels } of tiles) {
      expect(fits({ size, channels })).toBe(true);
      expect(start[0] % 4).toBe(0);
      for (let c = channel; c < channel + channels; c++)
        for (let z = start[2]; z < start[2] + size[2]; z++)
          for (let y = start[1]; y < start[1] + size[1]; y++)
            for (let x = start[0]; x < start[0] + size[0]; x++) {
              const at = ((c * 44 + z) * 50 + y) * 61 + x;
              seen[at] = seen[at]! + 1;
            }
    }
    expect(seen.every((count) => count === 1)).toBe(true);
  });

  test("are not cut along an axis that must stay whole", () => {
    const whole = { start: [0, 0, 0], size: [64, 8, 8], channel: 0, channels: 1 } as const;
    const tiles = tilesOf(whole, 0, ({ size: [x, y, z] }) => x * y * z <= 128) ?? [];
    expect(tiles).toHaveLength(32);
    expect(tiles.every(({ size }) => size[0] === 64)).toBe(true);
    expect(tilesOf(whole, 0, ({ size }) => size[0] < 64)).toBeUndefined();
  });
});
