/** MetaImage: each thing that a header can say, in files put together by hand, and what writing makes of images. */
import { existsSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { gridOf, pointAt } from "../../compiler/language/grid.ts";
import { dtypeNames, dtypes, voxelsOf } from "../../compiler/language/voxels.ts";
import { imageFromArray, intensityImage } from "../../src/image.ts";
import { loadHeader, loadImage, saveImage } from "../../src/io/load.ts";
import { bytesOf, gzipped, ramp } from "./handmade.ts";
import { temporaryFolder } from "./shared.ts";
import { fileBytes } from "./voxel-order.ts";

const folder = temporaryFolder();

type Fields = Readonly<Record<string, string | undefined>>;
/** A header with the voxels after it, or without any. */
const meta = ({ ElementDataFile = "LOCAL", ...fields }: Fields, voxels: Uint8Array = new Uint8Array(0)): Uint8Array => {
  const all: Fields = { ObjectType: "Image", NDims: "3", DimSize: "3 2 2", ElementType: "MET_UCHAR", ...fields };
  // The name of the data file ends a header.
  const lines = Object.entries({ ...all, ElementDataFile })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} = ${value}\n`);
  return Buffer.concat([Buffer.from(lines.join("")), voxels]);
};
const voxels = ramp(12);
const put = async (name: string, bytes: Uint8Array): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
};

describe("element types", () => {
  const types = [
    ["MET_CHAR", "int8"],
    ["MET_UCHAR", "uint8"],
    ["MET_SHORT", "int16"],
    ["MET_USHORT", "uint16"],
    ["MET_INT", "int32"],
    ["MET_UINT", "uint32"],
    ["MET_LONG", "int32"],
    ["MET_ULONG", "uint32"],
    ["MET_LONG_LONG", "int64"],
    ["MET_ULONG_LONG", "uint64"],
    ["MET_FLOAT", "float32"],
    ["MET_DOUBLE", "float64"],
  ] as const;
  test.each(types)("%s is %s, in either byte order", async (name, dtype) => {
    const data = new dtypes[dtype].array(ramp(12 * dtypes[dtype].bytes).buffer as ArrayBuffer);
    const little = bytesOf(data);
    const width = dtypes[dtype].bytes;
    const big = little.map((_, k) => little[k - (k % width) + width - 1 - (k % width)]!);
    const image = await loadImage(meta({ ElementType: name }, little));
    expect(image.voxels.dtype).toBe(dtype);
    expect(fileBytes(image)).toEqual(little);
    for (const key of ["ElementByteOrderMSB", "BinaryDataByteOrderMSB"])
      expect(fileBytes(await loadImage(meta({ ElementType: name, [key]: "True" }, big)))).toEqual(little);
  });

  test("numbers written as text", async () => {
    const text = Buffer.from("1 2.5 -3e2\n4,5, nan 7 8\n9 10 11 12\n");
    const image = await loadImage(meta({ ElementType: "MET_FLOAT", BinaryData: "False" }, text));
    expect([...(image.voxels.data as Float32Array)]).toEqual([1, 2.5, -300, 4, 5, Number.NaN, 7, 8, 9, 10, 11, 12]);
    const wrong = meta({ BinaryData: "False" }, Buffer.from("1 2 3 4 5 6 7 8 9 10 11 256"));
    await expect(loadImage(wrong)).rejects.toThrow(/"256" where a uint8 should be/);
  });
});

describe("geometry", () => {
  test("the rows of TransformMatrix are the directions of the axes", async () => {
    const fields = { TransformMatrix: "0 1 0 0 0 1 1 0 0", Offset: "10 20 30", ElementSpacing: "2 3 4" };
    const { grid } = await loadImage(meta(fields, voxels));
    expect(pointAt(grid, [1, 0, 0])).toEqual([10, 22, 30]);
    expect(pointAt(grid, [0, 1, 0])).toEqual([10, 20, 33]);
    expect(pointAt(grid, [0, 0, 1])).toEqual([14, 20, 30]);
  });

  test("fields under their other names", async () => {
    for (const [origin, direction, spacing] of [
      ["Offset", "TransformMatrix", "ElementSpacing"],
      ["Origin", "Rotation", "ElementSize"],
      ["Position", "Orientation", "ElementSpacing"],
    ] as const) {
      const fields = { [origin]: "1 2 3", [direction]: "-1 0 0 0 -1 0 0 0 1", [spacing]: "4 5 6" };
      const { grid } = await loadImage(meta(fields, voxels));
      expect(grid).toMatchObject({ origin: [1, 2, 3], spacing: [4, 5, 6], direction: [-1, 0, 0, 0, -1, 0, 0, 0, 1] });
    }
  });

  test("without a matrix the axes lie as AnatomicalOrientation says: by the sides that they come from", async () => {
    const read = (AnatomicalOrientation: string, more: Fields = {}) =>
      loadImage(meta({ AnatomicalOrientation, Offset: "10 20 30", ...more }, voxels));
    for (const code of ["RAI", "rai", "???", "XYZ", "RRI"]) {
      const { grid, warnings } = await read(code);
      expect(grid.direction).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
      expect(warnings).toEqual([]);
    }
    const turned = await read("SRA");
    expect(turned.warnings.map(({ kind }) => kind)).toEqual(["orientation"]);
    expect(pointAt(turned.grid, [1, 0, 0])).toEqual([10, 20, 29]);
    expect(pointAt(turned.grid, [0, 1, 0])).toEqual([11, 20, 30]);
    expect(pointAt(turned.grid, [0, 0, 1])).toEqual([10, 21, 30]);
    // A matrix says more.
    const both = await read("SRA", { TransformMatrix: "1 0 0 0 1 0 0 0 1" });
    expect(both.grid.direction).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
    expect(both.warnings).toEqual([]);
    // What is written says the same with and without its matrix.
    const path = join(folder, "turned.mha");
    await saveImage(path, turned);
    const text = readFileSync(path, "latin1");
    expect(text).toContain("AnatomicalOrientation = SRA\n");
    const bare = await loadImage(Buffer.from(text.replace(/TransformMatrix = .*\n/, ""), "latin1"));
    expect(bare.grid).toEqual(turned.grid);
  });

  test("a 2-D image is one slice, a 4-D image has channels", async () => {
    const flat = { NDims: "2", DimSize: "4 3", TransformMatrix: "0 1 -1 0", Offset: "5 6", ElementSpacing: "2 3" };
    const image = await loadImage(meta(flat, voxels));
    expect(image.grid.size).toEqual([4, 3, 1]);
    expect(pointAt(image.grid, [1, 1, 0])).toEqual([2, 8, 0]);
    const path = join(folder, "flat.mha");
    await saveImage(path, image);
    expect(readFileSync(path, "latin1")).toContain("NDims = 2\n");
    expect((await loadImage(path)).grid).toEqual(image.grid);
    const moving = { NDims: "4", DimSize: "3 2 1 2", ElementSpacing: "1 1 1 2.5", Offset: "0 0 0 7" };
    const series = await loadImage(meta(moving, voxels));
    expect(series.channels).toEqual({ components: "scalar", shape: [2] });
    await saveImage(join(folder, "moving.mha"), series);
    const text = readFileSync(join(folder, "moving.mha"), "latin1");
    expect(text).toContain("ElementSpacing = 1 1 1 2.5\n");
    expect(text).toContain("Offset = 0 0 0 7\n");
  });

  test("a spacing below 0 turns its axis round, with a warning", async () => {
    const image = await loadImage(meta({ ElementSpacing: "1 -2 1" }, voxels));
    expect(image.grid.spacing).toEqual([1, 2, 1]);
    expect(pointAt(image.grid, [0, 1, 0])).toEqual([0, -2, 0]);
    expect(image.warnings.map(({ kind }) => kind)).toEqual(["spacing"]);
  });
});

describe("channels", () => {
  test("lie together in the file, apart in memory", async () => {
    const fields = { ElementType: "MET_USHORT", DimSize: "3 2 1", ElementNumberOfChannels: "5" };
    const image = await loadImage(meta(fields, ramp(60)));
    expect(image.channels).toEqual({ components: "scalar", shape: [5] });
    const file = new Uint16Array(ramp(60).buffer);
    for (let c = 0; c < 5; c++) for (let k = 0; k < 6; k++) expect(image.voxels.data[c * 6 + k]).toBe(file[k * 5 + c]);
    const path = join(folder, "vector.mha");
    await saveImage(path, image);
    expect((await loadImage(path)).voxels.data).toEqual(image.voxels.data);
    expect(Buffer.compare(readFileSync(path).subarray(-60), ramp(60))).toBe(0);
  });

  test("are told from time points, from MetaImage to NRRD and back", async () => {
    const vectors = { ElementType: "MET_USHORT", DimSize: "3 2 1", ElementNumberOfChannels: "5" };
    const series = { ElementType: "MET_USHORT", NDims: "4", DimSize: "3 2 1 5" };
    for (const [fields, inMeta, inNrrd] of [
      [vectors, "DimSize = 3 2 1\nElementNumberOfChannels = 5\n", "kinds: vector domain domain domain\n"],
      [series, "DimSize = 3 2 1 5\n", "kinds: domain domain domain list\n"],
    ] as const) {
      const image = await loadImage(meta(fields, ramp(60)));
      expect(image.channels.shape).toEqual([5]);
      let copy = image;
      for (const [suffix, says] of [
        [".nrrd", inNrrd],
        [".mha", inMeta],
        [".nrrd", inNrrd],
        [".mha", inMeta],
      ] as const) {
        const path = join(folder, `told${suffix}`);
        await saveImage(path, copy);
        expect(readFileSync(path, "latin1")).toContain(says);
        copy = await loadImage(path);
        expect(copy.channels).toEqual(image.channels);
        expect(copy.voxels.data).toEqual(image.voxels.data);
      }
    }
  });

  test("three bytes are a colour", async () => {
    const image = await loadImage(meta({ ElementNumberOfChannels: "3" }, ramp(36)));
    expect(image.channels).toEqual({ components: "rgb", shape: [] });
    expect(fileBytes(image)).toEqual(ramp(36));
  });
});

describe("data files", () => {
  test("raw, compressed, from a byte on, from the end", async () => {
    await put("a.raw", voxels);
    await put("a.zraw", deflateSync(voxels));
    await put("a.gz.zraw", gzipped(voxels));
    await put("headed.raw", Buffer.concat([Buffer.alloc(7, 1), voxels]));
    for (const fields of [
      { ElementDataFile: "a.raw" },
      { ElementDataFile: "a.zraw", CompressedData: "True" },
      { ElementDataFile: "a.gz.zraw", CompressedData: "True" },
      { ElementDataFile: "headed.raw", HeaderSize: "7" },
      { ElementDataFile: "headed.raw", HeaderSize: "-1" },
    ]) {
      const image = await loadImage(await put("a.mhd", meta(fields)));
      expect(fileBytes(image)).toEqual(voxels);
      expect(image.warnings).toEqual([]);
    }
  });

  test("one for each slice, by list and by pattern, in a folder below", async () => {
    await mkdir(join(folder, "slices"), { recursive: true });
    await put("slices/s01.raw", voxels.subarray(0, 6));
    await put("slices/s03.raw", voxels.subarray(6));
    const list = Buffer.concat([meta({ ElementDataFile: "LIST" }), Buffer.from("slices/s01.raw\nslices/s03.raw\n")]);
    expect(fileBytes(await loadImage(await put("list.mhd", list)))).toEqual(voxels);
    const pattern = meta({ ElementDataFile: "slices/s%02d.raw 1 3 2" });
    expect(fileBytes(await loadImage(await put("pattern.mhd", pattern)))).toEqual(voxels);
    await put("slices/s03.raw", voxels.subarray(7));
    await expect(loadImage(join(folder, "pattern.mhd"))).rejects.toThrow(/s03.raw: is cut off: 5 of 6 bytes/);
  });

  test("are not looked for outside the folder of the header", async () => {
    await put("a.raw", voxels);
    for (const name of ["../a.raw", "slices/../../a.raw", join(folder, "a.raw"), "..\\a.raw", "C:\\a.raw"])
      await expect(loadImage(await put("out.mhd", meta({ ElementDataFile: name })))).rejects.toThrow(/outside/);
    await expect(loadImage(meta({ ElementDataFile: "a.raw" }))).rejects.toMatchObject({
      error: { kind: "UnsupportedFile" },
    });
  });

  test("a whole file may be gzipped", async () => {
    expect(fileBytes(await loadImage(gzipped(meta({}, voxels))))).toEqual(voxels);
  });
});

describe("headers that cannot be", () => {
  test.each<readonly [string, Fields, RegExp]>([
    ["no sizes", { DimSize: undefined }, /no DimSize/],
    ["too few sizes", { DimSize: "3 4" }, /DimSize has 2 numbers where 3/],
    ["a size of 0", { DimSize: "3 0 4" }, /whole numbers from 1/],
    ["no type", { ElementType: undefined }, /no ElementType/],
    ["another object", { ObjectType: "Tube" }, /type Tube/],
    ["a spacing of 0", { ElementSpacing: "1 0 1" }, /not positive/],
    ["a flat direction", { TransformMatrix: "1 0 0 1 0 0 0 0 1" }, /singular/],
    ["words for numbers", { Offset: "a b c" }, /not numbers/],
    ["voxels inside the header", { HeaderSize: "5" }, /inside the header/],
    ["more voxels than bytes", { DimSize: "100000 100000 100000" }, /cut off: 12 of/],
  ])("%s", async (_, fields, message) => {
    await expect(loadImage(meta(fields, voxels))).rejects.toThrow(message);
    await expect(loadHeader(meta(fields, voxels))).rejects.toThrow(message);
  });

  test("bytes after the voxels are told", async () => {
    const image = await loadImage(meta({}, ramp(20)));
    expect(image.warnings.map(({ kind }) => kind)).toEqual(["trailing-bytes"]);
  });
});

describe("writing", () => {
  test.each(dtypeNames)("%s comes back as it was, plain and compressed, in one file and in two", async (dtype) => {
    const data = new dtypes[dtype].array(ramp(24 * dtypes[dtype].bytes).buffer as ArrayBuffer);
    const grid = gridOf([4, 3, 2], {
      spacing: [0.7, 1.1, 2.3],
      origin: [-3, 4.25, 1e-3],
      direction: [0, 0, 1, 1, 0, 0, 0, -1, 0],
    });
    const image = intensityImage({ voxels: voxelsOf(data), grid, modality: { kind: "MRI" } });
    for (const suffix of [".mha", ".mhd"])
      for (const compress of [false, true]) {
        const path = join(folder, `out${suffix}`);
        await saveImage(path, image, { compress });
        const copy = await loadImage(path);
        expect(copy.warnings).toEqual([]);
        expect(copy.grid).toEqual(grid);
        expect(copy.modality).toEqual({ kind: "MRI" });
        expect(copy.voxels.dtype).toBe(dtype);
        expect(bytesOf(copy.voxels.data)).toEqual(bytesOf(data));
      }
    expect(existsSync(join(folder, "out.raw")) && existsSync(join(folder, "out.zraw"))).toBe(true);
  });

  test("rescaled voxels are written as their real numbers", async () => {
    const stored = new Uint16Array([0, 24, 4095, 65535]);
    const path = join(folder, "real.mha");
    await saveImage(path, imageFromArray(stored, { size: [4, 1, 1] }, { rescale: { slope: 1, intercept: -1024 } }));
    const whole = await loadImage(path);
    expect(whole.voxels.dtype).toBe("int32");
    expect([...(whole.voxels.data as Int32Array)]).toEqual([-1024, -1000, 3071, 64511]);
    await saveImage(path, imageFromArray(stored, { size: [4, 1, 1] }, { rescale: { slope: 0.5, intercept: 1 } }));
    expect([...((await loadImage(path)).voxels.data as Float32Array)]).toEqual([1, 13, 2048.5, 32768.5]);
  });

  test("fields that are no geometry survive", async () => {
    const image = await loadImage(meta({ Comment: "a phantom", MyField: "1 2 3" }, voxels));
    const path = join(folder, "kept.mha");
    await saveImage(path, image);
    expect((await loadImage(path)).metadata).toEqual(image.metadata);
    expect(readFileSync(path, "latin1")).toContain("MyField = 1 2 3\n");
  });

  test("an abort leaves nothing behind", async () => {
    const image = imageFromArray(new Uint8Array(8), { size: [2, 2, 2] });
    const path = join(folder, "aborted.mha");
    await expect(saveImage(path, image, { signal: AbortSignal.abort() })).rejects.toThrow(/aborted/);
    expect(existsSync(path)).toBe(false);
  });
});
