/** One image of an HDF5 file, or some slices of it: what else there is in the file is not read. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { platform } from "#platform";
import { pointAt } from "../../compiler/language/grid.ts";
import { voxelsOf } from "../../compiler/language/voxels.ts";
import { asKind, imageFromArray, intensityImage, type MedImage } from "../../src/image.ts";
import { listHdf5, loadHdf5, saveHdf5 } from "../../src/io/hdf5.ts";
import { loadHeader, loadImage } from "../../src/io/load.ts";
import { bytesOf, gzipped } from "./handmade.ts";
import { dataFolder, hasData, hasH5py, python3, temporaryFolder } from "./shared.ts";

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);

/** Noise, which gzip cannot make smaller. */
const noise = (length: number, seed: number): Int16Array => {
  let state = seed;
  return Int16Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state >> 16;
  });
};
const slicesOf = (image: MedImage, first: number, count: number): readonly number[] => {
  const [x, y, z] = image.grid.size;
  const plane = x * y;
  const data = [...image.voxels.data].map(Number);
  return Array.from({ length: image.voxels.channels }, (_, c) =>
    data.slice((c * z + first) * plane, (c * z + first + count) * plane),
  ).flat();
};
const numbers = (image: MedImage): readonly number[] => [...image.voxels.data].map(Number);

/** Bytes that were read of files since the test began. */
let bytesRead = 0;
const { openFile } = platform;
beforeEach(() => {
  bytesRead = 0;
  (platform as { openFile: typeof openFile }).openFile = async (path) => {
    const source = await openFile(path);
    const counted = <A extends Uint8Array>(bytes: A): A => {
      bytesRead += bytes.length;
      return bytes;
    };
    return {
      ...source,
      read: async (offset, length) => counted(await source.read(offset, length)),
      readNow: (offset, target) => {
        const count = source.readNow!(offset, target);
        bytesRead += count;
        return count;
      },
      async *stream(offset) {
        for await (const piece of source.stream(offset)) yield counted(piece);
      },
    };
  };
});
afterEach(() => {
  (platform as { openFile: typeof openFile }).openFile = openFile;
});

describe("of a file of three images of 64 slices", () => {
  const size = [128, 128, 64] as const;
  const length = size[0] * size[1] * size[2];
  const images = Object.fromEntries(
    ["a", "b", "c"].map((name, k) => [name, imageFromArray(noise(length, k + 1), { size, spacing: [1, 1, 2] })]),
  );
  const path = at("three.h5");
  beforeEach(async () => {
    if (!statSync(path, { throwIfNoEntry: false })) await saveHdf5(path, images);
    bytesRead = 0;
  });
  const sliceBytes = size[0] * size[1] * 2;

  test("the names, a header: some thousand bytes", async () => {
    expect(await listHdf5(path)).toEqual(["a", "b", "c"]);
    expect(bytesRead).toBeLessThan(100_000);
    expect(statSync(path).size).toBeGreaterThan(3 * length * 2);
  });

  test("one image: a third", async () => {
    const image = await loadHdf5(path, { image: "b" });
    expect(Buffer.compare(bytesOf(image.voxels.data), bytesOf(images.b!.voxels.data))).toBe(0);
    expect(bytesRead).toBeGreaterThan(length * 2);
    expect(bytesRead).toBeLessThan(length * 2 + 200_000);
  });

  test("four slices of one image: four slices", async () => {
    const slab = await loadHdf5(path, { image: "c", slices: { first: 30, count: 4 } });
    expect(slab.grid.size).toEqual([128, 128, 4]);
    expect(pointAt(slab.grid, [0, 0, 0])).toEqual([0, 0, 60]);
    expect(numbers(slab)).toEqual(slicesOf(images.c!, 30, 4));
    expect(bytesRead).toBeGreaterThan(4 * sliceBytes);
    expect(bytesRead).toBeLessThan(4 * sliceBytes + 100_000);
  });

  test("the budget is for the slices alone, not for the file", async () => {
    const one = { image: "a", slices: { first: 0, count: 1 }, memory: sliceBytes };
    expect((await loadHdf5(path, one)).grid.size).toEqual([128, 128, 1]);
    await expect(loadHdf5(path, { ...one, memory: sliceBytes - 1 })).rejects.toMatchObject({
      error: { kind: "BudgetExceeded" },
    });
  });

  test("slices that there are not", async () => {
    for (const slices of [
      { first: 60, count: 5 },
      { first: -1, count: 1 },
      { first: 0, count: 0 },
      { first: 0.5, count: 1 },
    ])
      await expect(loadHdf5(path, { image: "a", slices })).rejects.toThrow(/of an image that has 64/);
  });
});

test("slices of several channels, of a file in memory, gzipped, and far down an oblique grid", async () => {
  const image = intensityImage({
    voxels: voxelsOf(noise(4 * 3 * 5 * 2, 9), { channels: 2 }),
    grid: { size: [4, 3, 5], spacing: [1, 1, 3], origin: [1, 2, 3], direction: [0, 0, 1, 1, 0, 0, 0, -1, 0] },
  });
  await saveHdf5(at("channels.h5"), image);
  const bytes = new Uint8Array(readFileSync(at("channels.h5")));
  for (const source of [at("channels.h5"), bytes, gzipped(bytes), new Blob([bytes])]) {
    const slab = await loadHdf5(source, { slices: { first: 2, count: 2 } });
    expect(numbers(slab)).toEqual(slicesOf(image, 2, 2));
    expect(slab.grid).toEqual({ ...image.grid, size: [4, 3, 2], origin: [7, 2, 3] });
    expect(await loadHdf5(source)).toEqual(image);
  }
});

describe.skipIf(!hasData)("of a MINC file (skipped without ../shared/data)", () => {
  test.each(["small.mnc", "minc2_4d.mnc", "mincex_diff-B0.mnc"])("%s", async (file) => {
    const path = join(dataFolder, "hdf5", file);
    const image = await loadImage(path);
    const [, , z] = image.grid.size;
    const first = Math.floor(z / 2);
    const slab = await loadHdf5(path, { slices: { first, count: z - first } });
    expect(numbers(slab)).toEqual(slicesOf(image, first, z - first));
    expect(pointAt(slab.grid, [0, 0, 0])).toEqual(pointAt(image.grid, [0, 0, first]));
  });
});

test.skipIf(!hasH5py)("chunks of several slices and none at all (skipped without h5py)", async () => {
  const image = imageFromArray(noise(16 * 16 * 20, 4), { size: [16, 16, 20] });
  await saveHdf5(at("ours.h5"), image);
  const script = `
import h5py, sys
with h5py.File(sys.argv[1]) as a, h5py.File(sys.argv[2], "w") as b:
    b.attrs["medimages"] = a.attrs["medimages"]
    for name, chunks in {"thick": (7, 16, 16), "small": (3, 5, 6), "plain": None}.items():
        g = b.create_group("images/" + name); v = a["images/image/voxels"]
        d = g.create_dataset("voxels", data=v[()], chunks=chunks, compression=None if chunks is None else "gzip")
        for key, value in v.attrs.items(): d.attrs[key] = value
        a.copy("images/image/header", g)`;
  python3(script, at("ours.h5"), at("theirs.h5"));
  for (const name of ["thick", "small", "plain"]) {
    expect(await loadHdf5(at("theirs.h5"), { image: name })).toEqual(image);
    const slab = await loadHdf5(at("theirs.h5"), { image: name, slices: { first: 5, count: 11 } });
    expect(numbers(slab)).toEqual(slicesOf(image, 5, 11));
  }
});

test("a label image comes back as one, unless it is asked for as another", async () => {
  const label = asKind("label", imageFromArray(new Uint8Array(8).fill(3), { size: [2, 2, 2] }));
  await saveHdf5(at("label.h5"), label);
  expect((await loadHeader(at("label.h5"))).kind).toBe("label");
  expect((await loadImage(at("label.h5"))).kind).toBe("label");
  expect((await loadImage(at("label.h5"), { kind: "intensity" })).kind).toBe("intensity");
});
