import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { MedImagesError } from "../compiler/errors.ts";
import { transformPoint } from "../compiler/language/affine.ts";
import { centreOf, gridOf, pointAt, worldToIndex } from "../compiler/language/grid.ts";
import type { Vector3 } from "../compiler/language/vector.ts";
import type { MedImage } from "../src/image.ts";
import { orientationOf } from "../src/orientation.ts";
import { ellipsoid, onBothSides, rasterizer } from "../src/phantom/ellipsoid.ts";
import { phantom, phantomLabels } from "../src/phantom/index.ts";
import { normalNoise } from "../src/phantom/noise.ts";
import { statistics } from "../src/statistics.ts";

const size: Vector3 = [64, 64, 45];

/** The voxels of an image within `radius` voxels of a world point. */
const around = (image: MedImage, point: Vector3, radius = 1): readonly number[] => {
  const middle = transformPoint(worldToIndex(image.grid), point).map(Math.round);
  const [nx, ny] = image.grid.size;
  const values: number[] = [];
  for (let z = middle[2]! - radius; z <= middle[2]! + radius; z++)
    for (let y = middle[1]! - radius; y <= middle[1]! + radius; y++)
      for (let x = middle[0]! - radius; x <= middle[0]! + radius; x++)
        values.push(Number(image.voxels.data[(z * ny + y) * nx + x]));
  return values;
};
const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;

describe("the phantom", () => {
  test("is what it was asked for", () => {
    const ct = phantom();
    expect(ct).toMatchObject({ kind: "intensity", modality: { kind: "CT" } });
    expect(ct.grid.size).toEqual([256, 256, 180]);
    [0.9, 0.9, 1.5].forEach((mm, k) => {
      expect(ct.grid.spacing[k]).toBeCloseTo(mm, 12);
    });
    expect(ct.voxels.dtype).toBe("int16");
    expect(orientationOf(ct.grid)).toBe("LPS");

    const mr = phantom({ kind: "mr", size });
    expect(mr).toMatchObject({ kind: "intensity", modality: { kind: "MRI", subtype: "T1" } });
    expect(mr.voxels.dtype).toBe("uint16");
    expect(mr.grid.direction).not.toEqual(ct.grid.direction);

    const labels = phantom({ kind: "labels", size, spacing: [3, 3, 5] });
    expect(labels).toMatchObject({ kind: "label" });
    expect(labels.voxels.dtype).toBe("uint8");
    expect(labels.grid.spacing).toEqual([3, 3, 5]);
  });

  test("lies around the origin of the world, whatever its size", () => {
    for (const kind of ["ct", "mr", "labels"] as const)
      for (const n of [size, [7, 9, 1], [1, 1, 1]] as const)
        for (const coordinate of centreOf(phantom({ kind, size: n }).grid)) expect(coordinate).toBeCloseTo(0, 10);
  });

  test("is the same for the same seed, and another for another", () => {
    for (const kind of ["ct", "mr"] as const) {
      const first = phantom({ kind, size, seed: 5 });
      expect(phantom({ kind, size, seed: 5 })).toEqual(first);
      expect(phantom({ kind, size, seed: 6 }).voxels.data).not.toEqual(first.voxels.data);
    }
    expect(phantom({ kind: "labels", size, seed: 6 })).toEqual(phantom({ kind: "labels", size, seed: 5 }));
  });

  test.each([
    ["ct", "a27120a0d38c15e1"],
    ["mr", "9c5ccb4c3b8151c6"],
    ["labels", "247aa5b851646e4c"],
  ] as const)("%s stays the same, so that what was written about it stays true", (kind, digest) => {
    const { data } = phantom({ kind, size: [32, 32, 24] }).voxels;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    expect(createHash("sha256").update(bytes).digest("hex").slice(0, 16)).toBe(digest);
  });

  test("has the CT numbers of what it shows", () => {
    const ct = phantom({ size: [128, 128, 90] });
    const { min, max } = statistics(ct);
    expect(min).toBeGreaterThanOrEqual(-1024);
    expect(max).toBeGreaterThan(1100);
    expect(max).toBeLessThan(3071);
    const brain = mean(around(ct, [28, -5, 60]));
    expect(brain).toBeGreaterThan(15);
    expect(brain).toBeLessThan(45);
    expect(mean(around(ct, [0, -108, 100]))).toBeLessThan(-950);
    expect(mean(around(ct, [28, -64, -38]))).toBeLessThan(-950);
    expect(mean(around(ct, [0, -76, -24], 0))).toBeGreaterThan(900);
  });

  test("has the T1 contrast of what it shows, brighter on one side", () => {
    const mr = phantom({ kind: "mr", size: [128, 128, 90] });
    const white = mean(around(mr, [27, -5, 62]));
    const fluid = mean(around(mr, [20, 30, 39]));
    expect(white).toBeGreaterThan(3 * fluid);
    expect(white).toBeGreaterThan(mean(around(mr, [-27, -5, 62])) + 10);
    const air = around(mr, [100, -100, 100]);
    expect(mean(air)).toBeGreaterThan(5);
    expect(mean(air)).toBeLessThan(40);
  });

  test("has every class, where the anatomy has it", () => {
    const labels = phantom({ kind: "labels" });
    const classes = new Set(labels.voxels.data as Uint8Array);
    expect([...classes].sort((a, b) => a - b)).toEqual(phantomLabels.map((_, k) => k));
    const at = (point: Vector3): string | undefined => phantomLabels[around(labels, point, 0)[0]!];
    expect(at([0, -110, 110])).toBe("background");
    expect(at([28, -5, 60])).toBe("white matter");
    expect(at([31, -72, -5])).toBe("eyes");
    expect(at([-34, -48, 56])).toBe("tumour");
    expect(at([34, -48, 56])).not.toBe("tumour");
    expect(at([20, 30, 39])).toBe("ventricles");
  });

  test("shows the same anatomy at the same world points on any grid", () => {
    const coarse = phantom({ kind: "labels", size });
    const fine = phantom({ kind: "labels", size: [128, 128, 90] });
    let same = 0;
    let all = 0;
    for (let z = 0; z < size[2]; z += 2)
      for (let y = 0; y < size[1]; y += 2)
        for (let x = 0; x < size[0]; x += 2) {
          const here = Number(coarse.voxels.data[(z * size[1] + y) * size[0] + x]);
          if (here === 0) continue;
          all++;
          if (around(fine, pointAt(coarse.grid, [x, y, z]), 1).includes(here)) same++;
        }
    expect(same / all).toBeGreaterThan(0.98);
  });

  test("takes only seconds at the size of a large scan", () => {
    // Of a processor, whatever else the machine does.
    const start = process.cpuUsage();
    phantom({ size: [512, 512, 300] });
    expect(process.cpuUsage(start).user / 1e6).toBeLessThan(10);
  });

  test.each([
    [{ size: [0, 1, 1] as Vector3 }, "its size 0×1×1"],
    [{ size: [1.5, 1, 1] as Vector3 }, "its size 1.5×1×1"],
    [{ spacing: [1, -1, 1] as Vector3 }, "is not positive"],
    [{ size: [1e5, 1e5, 1e5] as Vector3 }, "ask for a smaller size"],
  ])("%j cannot be, and says why", (options, reason) => {
    expect(() => phantom(options)).toThrow(MedImagesError);
    expect(() => phantom(options)).toThrow(reason);
  });
});

describe("its parts", () => {
  test("rows of an ellipsoid are the voxels that lie in it", () => {
    const grid = gridOf([20, 18, 16], {
      spacing: [1.1, 0.9, 1.3],
      origin: [-10, -8, -9],
      direction: [0.96, -0.28, 0, 0.28, 0.96, 0, 0, 0, 1],
    });
    const shape = ellipsoid("bone", [1, 0.5, -0.7], [7, 4, 5], { about: [0, 0, 1], degrees: 30 });
    const paint = rasterizer(shape, grid);
    const painted = new Set<string>();
    for (let z = 0; z < 16; z++)
      paint(z, (y, first, end) => {
        for (let x = first; x < end; x++) painted.add(`${x},${y},${z}`);
      });
    let inside = 0;
    for (let z = 0; z < 16; z++)
      for (let y = 0; y < 18; y++)
        for (let x = 0; x < 20; x++) {
          const [px, py, pz] = pointAt(grid, [x, y, z]).map((v, k) => v - shape.centre[k]!);
          const [c, s] = [Math.cos(Math.PI / 6), Math.sin(Math.PI / 6)];
          const [u, v] = [c * px! + s * py!, -s * px! + c * py!];
          const isInside = (u / 7) ** 2 + (v / 4) ** 2 + (pz! / 5) ** 2 <= 1;
          if (isInside) inside++;
          expect(painted.has(`${x},${y},${z}`), `${x},${y},${z}`).toBe(isInside);
        }
    expect(inside).toBeGreaterThan(300);
  });

  test("the other side is a mirror image", () => {
    const [left, right] = onBothSides(ellipsoid("bone", [30, 5, 2], [9, 3, 2], { about: [0, 0, 1], degrees: 25 }));
    const grid = gridOf([101, 61, 1], { origin: [-50, -30, 2] });
    const rows = (shape: typeof left): readonly string[] => {
      const found: string[] = [];
      rasterizer(shape!, grid)(0, (y, first, end) => {
        for (let x = first; x < end; x++) found.push(`${x - 50},${y}`);
      });
      return found;
    };
    const mirrored = rows(right).map((cell) => cell.replace(/^[^,]+/, (x) => String(0 - Number(x))));
    expect(mirrored.sort()).toEqual([...rows(left)].sort());
  });

  test("noise has mean 0 and deviation 1", () => {
    const noise = normalNoise(3);
    const values = Array.from({ length: 100_000 }, noise);
    expect(Math.abs(mean(values))).toBeLessThan(0.02);
    expect(Math.abs(mean(values.map((v) => v * v)) - 1)).toBeLessThan(0.02);
  });
});
