/** HDF5: images with all that they know in and out, read by h5py as well; MINC 2 against nibabel; damaged files. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { gridOf, indexToWorld } from "../../compiler/language/grid.ts";
import { dtypeNames, dtypes, voxelsOf } from "../../compiler/language/voxels.ts";
import { imageFromArray, intensityImage, labelImage, type MedImage } from "../../src/image.ts";
import { listHdf5, loadHdf5, saveHdf5 } from "../../src/io/hdf5.ts";
import { loadHeader, loadImage, saveImage } from "../../src/io/load.ts";
import { statistics } from "../../src/statistics.ts";
import { bytesOf, gzipped, ramp } from "./handmade.ts";
import { dataFolder, hasData, hasH5py, python3, temporaryFolder } from "./shared.ts";

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);

const grid = gridOf([4, 3, 2], {
  spacing: [0.5, 1.25, 2],
  origin: [-3, 4.25, 1e-3],
  direction: [0, 0, 1, 1, 0, 0, 0, -1, 0],
});
const full: MedImage<"intensity"> = intensityImage({
  voxels: voxelsOf(new Int16Array(ramp(24 * 6 * 2).buffer), { channels: 6, rescale: { slope: 0.5, intercept: -3 } }),
  grid,
  channels: { components: "rgb", shape: [2] },
  modality: { kind: "PET", subtype: "FDG" },
  study: { studyUid: "1.2.3", patientId: "anon", seriesDescription: "ä µ" },
  clinical: { age: 50, sex: "female", weight: 61.5 },
  display: { window: { center: 40, width: 400 } },
  metadata: {
    nifti: { extensions: [{ code: 6, data: new Uint8Array([0, 255, 7]) }] },
    list: [1, "two", true, Number.NaN, -Infinity],
  },
  warnings: [{ kind: "test", message: "kept" }],
});

describe("images in an HDF5 file", () => {
  test("all that an image knows comes back", async () => {
    await saveHdf5(at("full.h5"), full);
    expect(await loadHdf5(at("full.h5"))).toEqual(full);
    expect(await loadImage(at("full.h5"))).toEqual(full);
    expect(await loadImage(gzipped(readFileSync(at("full.h5"))))).toEqual(full);
    expect((await loadHeader(at("full.h5"), { verify: true })).grid).toEqual(grid);
  });

  test.each(dtypeNames)("%s", async (dtype) => {
    const data = new dtypes[dtype].array(ramp(24 * dtypes[dtype].bytes).buffer as ArrayBuffer);
    const image = intensityImage({ voxels: voxelsOf(data), grid });
    await saveImage(at("dtype.hdf5"), image);
    const copy = await loadImage(at("dtype.hdf5"));
    expect(copy.voxels.dtype).toBe(dtype);
    expect(bytesOf(copy.voxels.data)).toEqual(bytesOf(data));
    expect(copy.grid).toEqual(grid);
  });

  test("several by name, appended to, listed, one read as the kind that it was", async () => {
    const label = labelImage({ voxels: voxelsOf(new Uint8Array(24).fill(2)), grid });
    await saveHdf5(at("several.h5"), { ct: full, mask: label });
    await saveHdf5(at("several.h5"), { more: full }, { append: true });
    expect(await listHdf5(at("several.h5"))).toEqual(["ct", "mask", "more"]);
    expect(await loadHdf5(at("several.h5"), { image: "mask" })).toEqual(label);
    expect(await loadHdf5(at("several.h5"), { image: "more" })).toEqual(full);
    await expect(loadImage(at("several.h5"))).rejects.toThrow(/holds the images ct, mask, more/);
    await expect(loadHdf5(at("several.h5"), { image: "none" })).rejects.toThrow(/holds the images/);
    await expect(saveHdf5(at("several.h5"), { ct: full }, { append: true })).rejects.toThrow(/there is an image "ct"/);
    await saveHdf5(at("several.h5"), { only: full });
    expect(await listHdf5(at("several.h5"))).toEqual(["only"]);
  });

  test("names that cannot be, aborts and budgets", async () => {
    await expect(saveHdf5(at("bad.h5"), { "a/b": full })).rejects.toThrow(/cannot be the name/);
    await expect(saveHdf5(at("bad.h5"), full, { signal: AbortSignal.abort() })).rejects.toThrow(/aborted/);
    expect(existsSync(at("bad.h5"))).toBe(false);
    // A megabyte of zeros in a few kilobytes.
    await saveHdf5(at("zeros.h5"), imageFromArray(new Uint8Array(2 ** 20), { size: [256, 256, 16] }));
    await expect(loadImage(at("zeros.h5"), { memory: 2 ** 19 })).rejects.toMatchObject({
      error: { kind: "BudgetExceeded" },
    });
  });

  test.skipIf(!hasH5py)("h5py reads them (skipped without h5py)", async () => {
    await saveHdf5(at("h5py.h5"), full);
    const script = `
import h5py, json, sys
f = h5py.File(sys.argv[1]); v = f['images/image/voxels']; a = v.attrs
print(json.dumps([int(f.attrs['medimages']), v.shape, v.compression, v.shuffle, v.chunks, v[()].ravel().tolist(),
  a['origin'].tolist(), a['spacing'].tolist(), a['direction'].tolist(), a['image_type'], a['image_subtype'], a['kind'],
  a['rescale'].tolist(), a['study_uid'], json.loads(f['images/image/header'].asstr()[()])['clinical']]))`;
    expect(JSON.parse(python3(script, at("h5py.h5")))).toEqual([
      1,
      [6, 2, 3, 4],
      "gzip",
      true,
      [1, 1, 3, 4],
      [...(full.voxels.data as Int16Array)],
      grid.origin,
      grid.spacing,
      grid.direction,
      "PET",
      "FDG",
      "intensity",
      [0.5, -3],
      "1.2.3",
      full.clinical,
    ]);
  });
});

interface ExpectedMinc {
  readonly minc_affine_ras?: readonly (readonly number[])[];
  readonly minc_shape: readonly number[];
  readonly minc_scaled: { readonly min: number; readonly max: number; readonly mean: number };
}

describe.skipIf(!hasData)("real HDF5 files (skipped without ../shared/data)", () => {
  const { files } = hasData
    ? (JSON.parse(readFileSync(join(dataFolder, "expected.json"), "utf8")) as { files: Record<string, ExpectedMinc> })
    : { files: {} };
  const minc = Object.entries(files).filter(([, { minc_affine_ras }]) => minc_affine_ras !== undefined);

  test.each(minc)("%s agrees with nibabel", async (file, expected) => {
    const image = await loadImage(join(dataFolder, file));
    const time = expected.minc_shape.length === 4 ? expected.minc_shape.slice(0, 1) : [];
    expect([...image.channels.shape, ...image.grid.size.toReversed()]).toEqual(expected.minc_shape);
    expect(image.channels.shape).toEqual(time);
    const { linear, offset } = indexToWorld(image.grid);
    // nibabel's axes are z, y, x; its world is RAS.
    for (let r = 0; r < 3; r++) {
      const sign = r < 2 ? -1 : 1;
      const row = expected.minc_affine_ras![r]!;
      for (let c = 0; c < 3; c++) expect(sign * linear[r * 3 + c]!).toBeCloseTo(row[2 - c]!, 6);
      expect(sign * offset[r]!).toBeCloseTo(row[3]!, 6);
    }
    const { min, max, mean } = statistics(image);
    expect(min).toBeCloseTo(expected.minc_scaled.min, 9);
    expect(max).toBeCloseTo(expected.minc_scaled.max, 9);
    expect(mean).toBeCloseTo(expected.minc_scaled.mean, 9);
  });

  test.each(["array.h5", "compressed.h5", "LinearTransform.h5"])(
    "%s, which holds no image, is refused",
    async (file) => {
      await expect(loadImage(join(dataFolder, "hdf5", file))).rejects.toMatchObject({
        error: { kind: "UnsupportedFile" },
      });
    },
  );
});

test("lengths in the heap of texts that would make the library step in place are refused before it sees them", async () => {
  await saveHdf5(at("heap.h5"), imageFromArray(new Uint8Array(24), { size: [4, 3, 2] }));
  const sound = readFileSync(at("heap.h5"));
  const heap = sound.indexOf("GCOL");
  const damage = (offset: number, ...bytes: readonly number[]): Uint8Array => {
    const copy = Uint8Array.from(sound);
    copy.set(bytes, heap + offset);
    return copy;
  };
  // The first object: longer than the heap, so long that 32 bits wrap round, and free room of no length.
  for (const bytes of [
    damage(24, 0, 32),
    damage(24, 240, 255, 255, 255),
    damage(16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
  ])
    await expect(loadHdf5(bytes)).rejects.toThrow(/global heap at byte \d+ has objects that do not fit/);
  expect((await loadHdf5(new Uint8Array(sound))).grid.size).toEqual([4, 3, 2]);
});
