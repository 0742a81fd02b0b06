/** Every real MetaImage and NRRD file against what ITK reads in it, and through round trips between the formats. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { indexToWorld, sameGrid } from "../../compiler/language/grid.ts";
import type { MedImage } from "../../src/image.ts";
import { loadHeader, loadImage, saveImage } from "../../src/io/load.ts";
import { dataFolder, hasData, temporaryFolder } from "./shared.ts";
import { fileBytes } from "./voxel-order.ts";

interface Reading {
  readonly file: string;
  readonly size: readonly number[];
  readonly spacing: readonly number[];
  readonly origin: readonly number[];
  readonly columns: readonly (readonly number[])[];
  readonly type: string;
  /** FNV-1a of the voxels, 32 bits. */
  readonly fnv1a: number;
}

/** Made by test/fixtures/itk/read.cxx with ITK 5.2. */
const readings: readonly Reading[] = readFileSync(
  fileURLToPath(new URL("../fixtures/itk/readings.jsonl", import.meta.url)),
  "utf8",
)
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Reading);
const files = readings.map(({ file }) => file);

/** What ITK cannot read: bzip2, and four axes in a space of three. */
const others = ["nrrd/BallBinary30x30x30_bz2.nrrd", "nrrd/test_simple4d_raw.nrrd"];

const fnv1a = (bytes: Uint8Array): number => {
  let hash = 2166136261;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 16777619);
  return hash >>> 0;
};
const folder = temporaryFolder();
const load = (file: string): Promise<MedImage> => loadImage(join(dataFolder, file));

const types: Readonly<Record<string, string>> = {
  unsigned_char: "uint8",
  short: "int16",
  unsigned_short: "uint16",
  int: "int32",
  float: "float32",
};

describe.skipIf(!hasData)("real MetaImage and NRRD files (skipped without ../shared/data)", () => {
  test.each(readings)("$file agrees with ITK", async ({ file, size, spacing, origin, columns, type, fnv1a: hash }) => {
    const { grid, voxels } = await load(file);
    const rank = size.length;
    expect(grid.size).toEqual([...size, 1].slice(0, 3));
    expect(voxels.dtype).toBe(types[type]);
    expect(fnv1a(new Uint8Array(voxels.data.buffer, voxels.data.byteOffset, voxels.data.byteLength))).toBe(hash);
    const { linear, offset } = indexToWorld(grid);
    for (let c = 0; c < rank; c++) {
      expect(offset[c]).toBeCloseTo(origin[c]!, 9);
      for (let r = 0; r < rank; r++) expect(linear[r * 3 + c]).toBeCloseTo(columns[c]![r]! * spacing[c]!, 9);
    }
  });

  test("one image in four encodings is one image", async () => {
    const [first, ...rest] = await Promise.all(
      ["BallBinary30x30x30.nhdr", "BallBinary30x30x30_gz.nrrd", "BallBinary30x30x30_bz2.nrrd"].map((name) =>
        load(`nrrd/${name}`),
      ),
    );
    for (const image of rest) {
      expect(image.voxels.data).toEqual(first!.voxels.data);
      expect(image.grid).toEqual(first!.grid);
    }
  });

  test("four axes in a space of three: RAS and a list", async () => {
    const image = await load("nrrd/test_simple4d_raw.nrrd");
    expect(image.channels.shape).toEqual([1]);
    expect(image.grid.spacing).toEqual([1.5, 1.5, 1]);
    expect(image.grid.direction).toEqual([-1, 0, 0, 0, -1, 0, 0, 0, 1]);
  });

  test("FLAIR.nrrd and FLAIR.nii.gz are the same image", async () => {
    const [a, b] = await Promise.all([load("nrrd/FLAIR.nrrd"), load("nifti/FLAIR.nii.gz")]);
    expect(sameGrid(a.grid, b.grid, 1e-3)).toBe(true);
    expect(fnv1a(fileBytes(a))).toBe(fnv1a(fileBytes(b)));
  });

  test.each([...files, ...others])("%s survives round trips", async (file) => {
    const image = await load(file);
    for (const suffix of [".mha", ".mhd", ".nrrd", ".nhdr", ".nii"]) {
      const path = join(folder, `copy${suffix}`);
      await saveImage(path, image);
      const copy = await loadImage(path);
      expect(copy.voxels.dtype).toBe(image.voxels.dtype);
      expect(fnv1a(fileBytes(copy))).toBe(fnv1a(fileBytes(image)));
      expect(sameGrid(copy.grid, image.grid, 1e-4)).toBe(true);
      expect(copy.warnings).toEqual([]);
    }
  });

  test.each([...files, ...others])("%s has the same header with and without its voxels", async (file) => {
    const header = await loadHeader(join(dataFolder, file), { verify: true });
    const image = await load(file);
    expect(header.grid).toEqual(image.grid);
    expect(header.warnings).toEqual(image.warnings);
    expect(header.metadata).toEqual(image.metadata);
  });
});
