/** Boxes in mm as boxes of voxels, and voxels as real values. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Vector3 } from "../compiler/language/vector.ts";
import { boxAround, crop, evaluate, gridOf, imageFromArray, pointAt, realValues } from "../src/index.ts";

describe("boxAround", () => {
  it("takes the voxels that the box touches, edges and not centres", () => {
    const grid = gridOf([10, 10, 10], { spacing: [2, 2, 2] }); // voxel k is [2k − 1, 2k + 1) mm
    expect(boxAround(grid, [0.9, 1.1, 3], [4.9, 5, 3])).toEqual({ start: [0, 1, 2], size: [3, 2, 1] });
  });
  it("goes by the sides of the world, in either order of its corners", () => {
    const lai = gridOf([10, 10, 10], { direction: [1, 0, 0, 0, -1, 0, 0, 0, -1] }); // indices run left, front, down
    expect(boxAround(lai, [2, -3, -4], [3, -1, -4])).toEqual({ start: [2, 1, 4], size: [2, 3, 1] });
    expect(boxAround(lai, [3, -1, -4], [2, -3, -4])).toEqual({ start: [2, 1, 4], size: [2, 3, 1] });
  });
  it("keeps to the image, and is refused outside of it", () => {
    const grid = gridOf([4, 4, 4]);
    expect(boxAround(grid, [-100, 1, 1], [100, 2, 2])).toEqual({ start: [0, 1, 1], size: [4, 2, 2] });
    expect(() => boxAround(grid, [5, 0, 0], [9, 3, 3])).toThrow(/from 5, 0, 0 to 9, 3, 3 mm lies outside of the image/);
  });
  it("holds every voxel of an oblique image whose centre is in the box, and can be cropped to", async () => {
    const turned = [0.8, -0.6, 0, 0.6, 0.8, 0, 0, 0, 1] as const;
    const grid = gridOf([9, 8, 7], { spacing: [1, 1.5, 2], origin: [-7, 3, 2], direction: turned });
    const image = imageFromArray(new Uint8Array(504), grid);
    const indices = Array.from({ length: 504 }, (_, i): Vector3 => [i % 9, Math.floor(i / 9) % 8, Math.floor(i / 72)]);
    const reach = fc.tuple(...[0, 1, 2].map(() => fc.integer({ min: 0, max: 120 }).map((n) => n / 10)));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...indices), reach, reach, async (index, before, behind) => {
        const centre = pointAt(grid, index);
        const from = centre.map((p, k) => p - before[k]!) as unknown as Vector3;
        const to = centre.map((p, k) => p + behind[k]!) as unknown as Vector3;
        const within = indices.filter((other) => pointAt(grid, other).every((p, k) => p >= from[k]! && p <= to[k]!));
        const { start, size } = boxAround(grid, from, to);
        expect(within.length).toBeGreaterThan(0);
        for (const other of within)
          expect(other.every((i, k) => i >= start[k]! && i < start[k]! + size[k]!)).toBe(true);
        expect((await evaluate(crop(start, size)(image))).grid.size).toEqual(size);
      }),
    );
  });
});

describe("realValues", () => {
  it("are slope · stored + intercept, of every dtype", () => {
    const size = [3, 1, 1] as const;
    const rescale = { slope: 0.5, intercept: -1000 };
    const ct = imageFromArray(Int16Array.of(0, 2, -3), { size }, { rescale });
    expect([...realValues(ct)]).toEqual([-1000, -999, -1001.5]);
    expect([...realValues(imageFromArray(BigUint64Array.of(1n, 2n ** 53n, 7n), { size }))]).toEqual([1, 2 ** 53, 7]);
  });
});
