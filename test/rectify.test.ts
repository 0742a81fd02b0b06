/**
 * `rectify`: what it does to a leaning stack of slices, and a real series with a tilted gantry against numpy, which
 * interpolates in pydicom's slices by their own positions, and against dcm2niix, which corrects the tilt itself.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  changeOrientation,
  evaluate,
  explain,
  imageFromArray,
  loadImage,
  type MedImage,
  pipe,
  pointAt,
  rectify,
  reference,
  toJSON,
  wasm,
} from "../src/index.ts";
import { canDamage, dataFolder, hasData, python3, temporaryFolder } from "./io/shared.ts";

const folder = temporaryFolder();
const tilted = join(dataFolder, "dicom/ct_gantry_tilt");

/** Three slices of 2×4, each a whole line of pixels further along y than the one below. */
const leaning = imageFromArray(
  Int16Array.from({ length: 24 }, (_, k) => k + 1),
  { size: [2, 4, 3], spacing: [1, 1, Math.SQRT2], direction: [1, 0, 0, 0, 1, Math.SQRT1_2, 0, 0, Math.SQRT1_2] },
);

test("slices that lean by whole lines of pixels are moved, each voxel to where it was", async () => {
  const expression = pipe(leaning, rectify({ interpolation: "nearest", fill: 0 }));
  expect(expression.grid.size).toEqual([2, 6, 3]);
  for (const length of expression.grid.spacing) expect(length).toBeCloseTo(1, 12);
  const upright = await evaluate(expression);
  expect(upright.voxels.dtype).toBe("int16");
  const line = (y: number, z: number): readonly number[] => {
    const at = (z * 6 + y) * 2;
    return [...upright.voxels.data.subarray(at, at + 2)].map(Number);
  };
  expect([0, 1, 2, 3, 4, 5].map((y) => line(y, 0))).toEqual([
    [1, 2],
    [3, 4],
    [5, 6],
    [7, 8],
    [0, 0],
    [0, 0],
  ]);
  expect([0, 1, 2, 3, 4, 5].map((y) => line(y, 1))).toEqual([
    [0, 0],
    [9, 10],
    [11, 12],
    [13, 14],
    [15, 16],
    [0, 0],
  ]);
  expect([0, 1, 2, 3, 4, 5].map((y) => line(y, 2))).toEqual([
    [0, 0],
    [0, 0],
    [17, 18],
    [19, 20],
    [21, 22],
    [23, 24],
  ]);
});

test("a grid at right angles stays, voxels and all, whatever digits its file had", async () => {
  const image = imageFromArray(Int16Array.of(1, 2, 3, 4), {
    size: [2, 1, 2],
    direction: [1, 0, 0, 0, 1, 5e-5, 0, 0, 1],
  });
  const { grid, voxels } = await evaluate(pipe(image, rectify({ interpolation: "bspline" })));
  expect(grid).toEqual(image.grid);
  expect(voxels).toEqual(image.voxels);
});

test("it is a step like others: one pass with those around it, and data", () => {
  const expression = pipe(leaning, changeOrientation("RAS"), rectify({ interpolation: "linear", fill: -1000 }));
  expect(explain(expression)).toContain("1 pass");
  expect(toJSON(expression).steps[1]).toEqual({ op: "rectify", interpolation: "linear", fill: -1000 });
});

/** Values of slices by pydicom, looked up by numpy where their own headers say that they lie. */
const byNumpy = `
import sys, glob, json, numpy as np, pydicom
grid = json.load(open(sys.argv[2]))
(nx, ny, nz), fill = grid["size"], grid["fill"]
slices = [pydicom.dcmread(p) for p in glob.glob(sys.argv[1] + "/*")]
rows, columns = [np.array(slices[0].ImageOrientationPatient[k:k+3], float) for k in (0, 3)]
rows, columns = rows / np.linalg.norm(rows), columns / np.linalg.norm(columns) # written with seven digits
normal = np.cross(rows, columns)
slices.sort(key=lambda s: normal @ np.array(s.ImagePositionPatient, float))
direction = np.array(grid["direction"]).reshape(3, 3)
j, i = np.meshgrid(np.arange(ny), np.arange(nx), indexing="ij")
out = []
for k, s in enumerate(slices):
    p = np.stack([i, j, np.full_like(i, k)], -1) * np.array(grid["spacing"]) @ direction.T + np.array(grid["origin"])
    away = p - np.array(s.ImagePositionPatient, float)
    assert np.abs(away @ normal).max() < 1e-3, "not in the plane of the slice"
    x, y = away @ rows / float(s.PixelSpacing[1]), away @ columns / float(s.PixelSpacing[0])
    v = s.pixel_array * float(s.RescaleSlope) + float(s.RescaleIntercept)
    h, w = v.shape
    inside = (x >= -0.5) & (x < w - 0.5) & (y >= -0.5) & (y < h - 0.5)
    x, y = x.clip(0, w - 1), y.clip(0, h - 1)
    a, b = np.floor(x).astype(int).clip(0, w - 2), np.floor(y).astype(int).clip(0, h - 2)
    f, g = x - a, y - b
    r = (v[b, a] * (1 - f) + v[b, a + 1] * f) * (1 - g) + (v[b + 1, a] * (1 - f) + v[b + 1, a + 1] * f) * g
    out.append(np.where(inside, r, fill))
found = np.fromfile(sys.argv[3], "<f4").reshape(nz, ny, nx)
difference = np.abs(np.stack(out) - found)
print(json.dumps([len(slices), int((found == fill).sum()), float(difference.max()), float(found.max())]))
`;

const scannedTilt = 16.5;
const real = (image: MedImage, at: number): number =>
  Number(image.voxels.data[at]) * image.voxels.rescale.slope + image.voxels.rescale.intercept;

describe.skipIf(!hasData)("a series with a gantry tilt of 16.5° (skipped without ../shared/data)", () => {
  test("slices are as far apart as their planes are, and stay in them", async () => {
    const image = await loadImage(tilted);
    const { grid } = pipe(image, rectify());
    const cosine = Math.cos((scannedTilt * Math.PI) / 180);
    expect(grid.spacing[2]).toBeCloseTo(image.grid.spacing[2] * cosine, 6);
    expect(grid.size).toEqual([512, 518, 4]);
    pointAt(grid, [0, 0, 0]).forEach((v, k) => {
      expect(v).toBeCloseTo(image.grid.origin[k]!, 9);
    });
  });

  test.skipIf(!canDamage)("numpy finds the same values in pydicom's slices (skipped without them)", async () => {
    const fill = -2000;
    // The least and the largest value are 2,800 apart; other backends than the reference look up with float32.
    for (const [backend, tolerance] of [
      [reference, 1e-3],
      [wasm, 1e-5 * 2800],
    ] as const) {
      const { grid, voxels } = await evaluate(pipe(await loadImage(tilted), rectify({ fill })), { backend });
      const [told, values] = [join(folder, "grid.json"), join(folder, "voxels.raw")];
      writeFileSync(told, JSON.stringify({ ...grid, fill }));
      writeFileSync(values, voxels.data as Float32Array);
      const [slices, filled, worst, largest] = JSON.parse(python3(byNumpy, tilted, told, values)) as number[];
      expect(slices).toBe(4);
      // Six lines more than a slice has, of 512 pixels, in each of four slices.
      expect(filled).toBe(6 * 512 * 4);
      expect(largest).toBeGreaterThan(500);
      expect(worst).toBeLessThan(tolerance);
    }
  });

  const hasDcm2niix = spawnSync("dcm2niix", ["-v"], { stdio: "ignore" }).error === undefined;
  test.skipIf(!hasDcm2niix)("dcm2niix corrects it alike (skipped without dcm2niix)", async () => {
    const out = join(folder, "nifti");
    mkdirSync(out);
    execFileSync("dcm2niix", ["-b", "n", "-z", "n", "-o", out, "-f", "x", tilted], { stdio: "ignore" });
    const theirs = await loadImage(join(out, "x_Tilt_1.nii"));
    // It leaves the last slice where it is, and counts lines from the other end.
    const ours = await evaluate(pipe(await loadImage(tilted), changeOrientation("LAI"), rectify({ fill: -1024 })));
    expect(ours.grid.size).toEqual(theirs.grid.size);
    theirs.grid.spacing.forEach((length, k) => {
      expect(length).toBeCloseTo(ours.grid.spacing[k]!, 5);
    });
    const [nx, ny, nz] = ours.grid.size;
    const odd = new Set<string>();
    for (let z = 0; z < nz; z++)
      for (let y = 0; y < ny; y++)
        for (let x = 0; x < nx; x++) {
          const [a, b] = [(z * ny + y) * nx + x, ((nz - 1 - z) * ny + y) * nx + x];
          // It rounds to whole numbers.
          if (Math.abs(real(ours, a) - real(theirs, b)) > 0.5 + 1e-3) odd.add(`${z} ${y}`);
        }
    // At the first and the last line of a slice it does not hold the edge for half a pixel, as fields here do.
    expect([...odd].filter((line) => line.startsWith("0"))).toEqual([]);
    expect(odd.size).toBeLessThanOrEqual(2 * (nz - 1));
  });
});
