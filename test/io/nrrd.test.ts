/** NRRD: each thing that a header can say, in files put together by hand, and what writing makes of images. */
import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
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
const lps = "left-posterior-superior";
const usual: Fields = {
  type: "uchar",
  dimension: "3",
  space: lps,
  sizes: "3 2 2",
  "space directions": "(1,0,0) (0,1,0) (0,0,1)",
  encoding: "raw",
};
/** A header with the voxels after it; as text alone where there are none. */
const nrrd = (fields: Fields, voxels?: Uint8Array, more: readonly string[] = []): Uint8Array => {
  const lines = Object.entries({ ...usual, ...fields }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}`],
  );
  const text = ["NRRD0004", "# by hand", ...lines, ...more].map((line) => `${line}\n`).join("");
  return voxels === undefined ? Buffer.from(text) : Buffer.concat([Buffer.from(`${text}\n`), voxels]);
};
const undirected: Fields = { space: undefined, "space directions": undefined };
const voxels = ramp(12);
const put = async (name: string, bytes: Uint8Array): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
};

describe("types", () => {
  const types = [
    ["signed char", "int8"],
    ["unsigned char", "uint8"],
    ["uint8_t", "uint8"],
    ["short", "int16"],
    ["unsigned short int", "uint16"],
    ["INT", "int32"],
    ["uint", "uint32"],
    ["long long", "int64"],
    ["ulonglong", "uint64"],
    ["float", "float32"],
    ["double", "float64"],
  ] as const;
  test.each(types)("%s is %s, in either byte order", async (type, dtype) => {
    const width = dtypes[dtype].bytes;
    const little = ramp(12 * width);
    const big = little.map((_, k) => little[k - (k % width) + width - 1 - (k % width)]!);
    const image = await loadImage(nrrd({ type, endian: "little" }, little));
    expect(image.voxels.dtype).toBe(dtype);
    expect(image.warnings).toEqual([]);
    expect(fileBytes(image)).toEqual(little);
    expect(fileBytes(await loadImage(nrrd({ type, endian: "big" }, big)))).toEqual(little);
  });

  test("a byte order that is missing is taken as little, with a warning", async () => {
    const image = await loadImage(nrrd({ type: "short" }, ramp(24)));
    expect(image.warnings.map(({ kind }) => kind)).toEqual(["endian"]);
  });
});

describe("encodings", () => {
  const text = `${[...voxels].join(" ")}\n`;
  const hex = Buffer.from(voxels)
    .toString("hex")
    .replaceAll(/(.{5})/g, "$1\n");
  test.each<readonly [string, Uint8Array]>([
    ["raw", voxels],
    ["gzip", gzipped(voxels)],
    ["gz", gzipped(voxels)],
    ["ascii", Buffer.from(text)],
    ["text", Buffer.from(text.replaceAll(" ", ",\r\n"))],
    ["hex", Buffer.from(hex)],
  ])("%s", async (encoding, bytes) => {
    for (const file of [nrrd({ encoding }, bytes), gzipped(nrrd({ encoding }, bytes))]) {
      const image = await loadImage(file);
      expect(fileBytes(image)).toEqual(voxels);
      expect(image.warnings).toEqual([]);
    }
  });

  test("64-bit integers as text are exact", async () => {
    const numbers = ["9223372036854775807", "-9223372036854775808", "1"];
    const image = await loadImage(
      nrrd({ type: "int64", sizes: "3 1 1", encoding: "ascii" }, Buffer.from(numbers.join(" "))),
    );
    expect([...(image.voxels.data as BigInt64Array)].map(String)).toEqual(numbers);
    const over = nrrd({ type: "int64", sizes: "1 1 1", encoding: "ascii" }, Buffer.from("9223372036854775808"));
    await expect(loadImage(over)).rejects.toThrow(/where a int64 should be/);
  });

  test("lines and bytes before the voxels", async () => {
    const headed = Buffer.concat([Buffer.from("one\ntwo\n"), Buffer.alloc(3), voxels]);
    const fields = { "data file": "headed.bin" };
    await put("headed.bin", headed);
    for (const skips of [{ "line skip": "2", "byte skip": "3" }, { byteskip: "-1" }, { "byte skip": "11" }])
      expect(fileBytes(await loadImage(await put("headed.nhdr", nrrd({ ...fields, ...skips }))))).toEqual(voxels);
  });
});

describe("space", () => {
  test("becomes LPS, whatever the file has", async () => {
    const place = { "space directions": "(2,0,0) (0,3,0) (0,0,4)", "space origin": "(10,20,30)" };
    for (const [space, x, y] of [
      ["left-posterior-superior", 1, 1],
      ["LPS", 1, 1],
      ["right-anterior-superior", -1, -1],
      ["RAS", -1, -1],
      ["left-anterior-superior", 1, -1],
      ["LAS", 1, -1],
    ] as const) {
      const { grid, warnings } = await loadImage(nrrd({ ...place, space }, voxels));
      expect(warnings).toEqual([]);
      expect(pointAt(grid, [0, 0, 0])).toEqual([10 * x, 20 * y, 30]);
      expect(pointAt(grid, [1, 1, 1])).toEqual([12 * x, 23 * y, 34]);
    }
    const scanner = await loadImage(nrrd({ ...place, space: "scanner-xyz" }, voxels));
    expect(scanner.warnings.map(({ kind }) => kind)).toEqual(["space"]);
  });

  test("vectors are columns: a step along each axis", async () => {
    const fields = { "space directions": "(0,2,0) (0,0,3) (4,0,0)", "space units": '"cm" "cm" "cm"' };
    const { grid } = await loadImage(nrrd(fields, voxels));
    expect(pointAt(grid, [1, 0, 0])).toEqual([0, 20, 0]);
    expect(pointAt(grid, [0, 1, 0])).toEqual([0, 0, 30]);
    expect(pointAt(grid, [0, 0, 1])).toEqual([40, 0, 0]);
  });

  test("spacings and smallest positions, of cells and of nodes", async () => {
    const old = { ...undirected, spacings: "2 3 4", "axis mins": "0 0 -8" };
    const cells = await loadImage(nrrd(old, voxels));
    expect(cells.grid).toMatchObject({ spacing: [2, 3, 4], origin: [1, 1.5, -6] });
    const nodes = await loadImage(nrrd({ ...old, centers: "node node node" }, voxels));
    expect(nodes.grid.origin).toEqual([0, 0, -8]);
    const spanned = { ...undirected, "axis mins": "0 0 0", "axis maxs": "6 6 6", centers: "cell cell node" };
    expect((await loadImage(nrrd(spanned, voxels))).grid.spacing).toEqual([2, 3, 6]);
  });

  test("one slice in three dimensions has its third axis across it", async () => {
    const fields = { dimension: "2", sizes: "3 4", "space directions": "(0,2,0) (0,0,3)", "space origin": "(1,2,3)" };
    const { grid } = await loadImage(nrrd(fields, voxels));
    expect(grid.size).toEqual([3, 4, 1]);
    expect(pointAt(grid, [0, 0, 1])).toEqual([2, 2, 3]);
  });
});

describe("axes that are not of space", () => {
  const vector = { dimension: "4", sizes: "2 3 2 1", "space directions": "none (1,0,0) (0,1,0) (0,0,1)" };
  const series = { dimension: "4", sizes: "3 2 1 2", "space directions": "(1,0,0) (0,1,0) (0,0,1) none" };
  test("first: vectors lie together in the file, apart in memory", async () => {
    const image = await loadImage(nrrd({ ...vector, kinds: "vector domain domain domain" }, voxels));
    expect(image.grid.size).toEqual([3, 2, 1]);
    expect(image.channels).toEqual({ components: "scalar", shape: [2] });
    expect([...(image.voxels.data as Uint8Array)]).toEqual(
      [0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11].map((k) => voxels[k]),
    );
  });
  test("last: time points", async () => {
    const image = await loadImage(nrrd({ ...series, kinds: "space space space time" }, voxels));
    expect(image.channels).toEqual({ components: "scalar", shape: [2] });
    expect(fileBytes(image)).toEqual(voxels);
  });
  test("by their kinds alone, where the file has no vectors", async () => {
    const byKind = { ...vector, ...undirected, kinds: "complex domain domain domain", spacings: "nan 2 2 2" };
    const image = await loadImage(nrrd(byKind, voxels));
    expect(image.channels).toEqual({ components: "complex", shape: [] });
    expect(image.grid.spacing).toEqual([2, 2, 2]);
  });
  test("colours, and a time of its own in the space", async () => {
    const colour = { dimension: "4", sizes: "3 2 2 1", "space directions": "none (1,0,0) (0,1,0) (0,0,1)" };
    const image = await loadImage(nrrd({ ...colour, kinds: "RGB-color domain domain domain" }, voxels));
    expect(image.channels).toEqual({ components: "rgb", shape: [] });
    const withTime = { ...series, space: "RAST", "space directions": "(1,0,0,0) (0,1,0,0) (0,0,1,0) (0,0,0,2)" };
    const moving = await loadImage(nrrd({ ...withTime, "space origin": "(1,2,3,0)" }, voxels));
    expect(moving.grid.origin).toEqual([-1, -2, 3]);
    expect(moving.channels.shape).toEqual([2]);
  });
  test("between those of space: after them in memory", async () => {
    // x, list, y, z in the file.
    const between = { dimension: "4", sizes: "3 2 2 1", "space directions": "(1,0,0) none (0,1,0) (0,0,1)" };
    const image = await loadImage(nrrd({ ...between, kinds: "domain list domain domain" }, voxels));
    expect(image.grid.size).toEqual([3, 2, 1]);
    expect(image.channels).toEqual({ components: "scalar", shape: [2] });
    const [x, list, y] = [2, 1, 1];
    expect(image.voxels.data[x + 3 * (y + 2 * list)]).toBe(voxels[x + 3 * (list + 2 * y)]);
    expect([...(image.voxels.data as Uint8Array)]).toEqual(
      [0, 1, 2, 6, 7, 8, 3, 4, 5, 9, 10, 11].map((k) => voxels[k]),
    );
    const path = join(folder, "between.nrrd");
    await saveImage(path, image);
    const copy = await loadImage(path);
    expect(copy.voxels.data).toEqual(image.voxels.data);
    expect(copy.channels).toEqual(image.channels);
  });
  test("between those of space, with others around them, in any byte order and packing", async () => {
    // Colour, x, time, y, list, z: 3·2·2·2·5·2 numbers of 16 bits.
    const sizes = [3, 2, 2, 2, 5, 2] as const;
    const count = sizes.reduce((a, b) => a * b, 1);
    const fields = {
      type: "ushort",
      dimension: "6",
      sizes: sizes.join(" "),
      kinds: "RGB-color domain time domain list domain",
      "space directions": "none (1,0,0) none (0,1,0) none (0,0,1)",
    };
    const numbers = Uint16Array.from({ length: count }, (_, k) => k * 257 + 1);
    const big = bytesOf(numbers).map((_, k, all) => all[k ^ 1]!);
    for (const [endian, bytes] of [
      ["little", bytesOf(numbers)],
      ["big", big],
    ] as const)
      for (const [encoding, packed] of [
        ["raw", bytes],
        ["gzip", gzipped(bytes)],
      ] as const) {
        const { voxels: read, channels, grid } = await loadImage(nrrd({ ...fields, endian, encoding }, packed));
        expect(channels).toEqual({ components: "rgb", shape: [2, 5] });
        expect(grid.size).toEqual([2, 2, 2]);
        for (let k = 0; k < count; k++) {
          let rest = k;
          const [c, x, t, y, l, z] = sizes.map((n) => {
            const index = rest % n;
            rest = (rest - index) / n;
            return index;
          }) as [number, number, number, number, number, number];
          expect(read.data[x + 2 * (y + 2 * (z + 2 * (c + 3 * (t + 2 * l))))]).toBe(numbers[k]);
        }
      }
  });
  test("come back where they were", async () => {
    for (const [fields, kinds] of [
      [vector, "vector domain domain domain"],
      [series, "domain domain domain time"],
      [{ ...vector, sizes: "2 3 2 1" }, "complex domain domain domain"],
    ] as const) {
      const image = await loadImage(nrrd({ ...fields, kinds }, voxels));
      const path = join(folder, "again.nrrd");
      await saveImage(path, image, { compress: false });
      const text = readFileSync(path, "latin1");
      expect(text).toContain(`\nkinds: ${kinds}\n`);
      expect(text).toContain(`\nsizes: ${fields.sizes}\n`);
      expect(Buffer.compare(readFileSync(path).subarray(-12), voxels)).toBe(0);
      const copy = await loadImage(path);
      expect(copy.voxels.data).toEqual(image.voxels.data);
      expect(copy.channels).toEqual(image.channels);
      expect(copy.grid).toEqual(image.grid);
    }
  });
});

describe("data files", () => {
  test("one, packed or not, one for each slice by list and by pattern", async () => {
    await put("whole.raw", voxels);
    await put("whole.raw.gz", gzipped(voxels));
    await put("s1.raw", voxels.subarray(0, 6));
    await put("s2.raw", voxels.subarray(6));
    for (const [fields, more] of [
      [{ "data file": "whole.raw" }, []],
      [{ datafile: "whole.raw.gz", encoding: "gzip" }, []],
      [{ "data file": "LIST" }, ["s1.raw", "s2.raw"]],
      [{ "data file": "LIST 2" }, ["s1.raw", "s2.raw"]],
      [{ "data file": "s%d.raw 1 2 1 2" }, []],
    ] as const)
      expect(fileBytes(await loadImage(await put("files.nhdr", nrrd(fields, undefined, more))))).toEqual(voxels);
  });

  test("are not looked for outside the folder of the header, nor without one", async () => {
    for (const name of ["../whole.raw", "/etc/hostname", "x/../../whole.raw"])
      await expect(loadImage(await put("out.nhdr", nrrd({ "data file": name })))).rejects.toThrow(/outside/);
    await expect(loadImage(nrrd({ "data file": "whole.raw" }))).rejects.toMatchObject({
      error: { kind: "UnsupportedFile" },
    });
  });
});

describe("headers that cannot be", () => {
  test.each<readonly [string, Fields, RegExp]>([
    ["no type", { type: undefined }, /no field "type"/],
    ["a block", { type: "block" }, /blocks of bytes/],
    ["no dimension", { dimension: undefined }, /no field "dimension"/],
    ["too few sizes", { sizes: "3 4" }, /2 entries for 3 axes/],
    ["a size of 0", { sizes: "3 0 4" }, /cannot be/],
    ["a fraction of a size", { sizes: "3 1.5 4" }, /cannot be/],
    ["no encoding", { encoding: undefined }, /no field "encoding"/],
    ["flat directions", { "space directions": "(1,0,0) (0,1,0) (1,1,0)" }, /singular/],
    ["vectors of the wrong length", { "space directions": "(1,0) (0,1) (1,1)" }, /not of 3 numbers/],
    ["an origin that is none", { "space origin": "(1,2,x)" }, /finite/],
    ["more voxels than bytes", { sizes: "100000 100000 100000" }, /cut off: 12 of/],
  ])("%s", async (_, fields, message) => {
    await expect(loadImage(nrrd(fields, voxels))).rejects.toThrow(message);
    await expect(loadHeader(nrrd(fields, voxels))).rejects.toThrow(message);
  });
});

describe("writing", () => {
  test.each(dtypeNames)("%s comes back as it was, plain and compressed, in one file and in two", async (dtype) => {
    const data = new dtypes[dtype].array(ramp(24 * dtypes[dtype].bytes).buffer as ArrayBuffer);
    const rest = {
      spacing: [0.5, 1.25, 2],
      origin: [-3, 4.25, 1e-3],
      direction: [0, 0, 1, 1, 0, 0, 0, -1, 0],
    } as const;
    const image = intensityImage({ voxels: voxelsOf(data), grid: gridOf([4, 3, 2], rest) });
    for (const suffix of [".nrrd", ".nhdr"])
      for (const compress of [false, true]) {
        const path = join(folder, `out${suffix}`);
        await saveImage(path, image, { compress });
        const copy = await loadImage(path);
        expect(copy.warnings).toEqual([]);
        expect(copy.grid).toEqual(image.grid);
        expect(copy.voxels.dtype).toBe(dtype);
        expect(bytesOf(copy.voxels.data)).toEqual(bytesOf(data));
      }
    expect(existsSync(join(folder, "out.raw")) && existsSync(join(folder, "out.raw.gz"))).toBe(true);
  });

  test("keys, other fields and the measurement frame survive", async () => {
    const fields = { content: "a phantom", "measurement frame": "(1,0,0) (0,-1,0) (0,0,1)", "sample units": "HU" };
    const keys = ["modality:=DWMRI", "note:=two\\nlines \\\\ and: more"];
    const image = await loadImage(nrrd(fields, voxels, keys));
    const path = join(folder, "kept.nrrd");
    await saveImage(path, image);
    const copy = await loadImage(path);
    expect(copy.metadata.nrrd).toMatchObject({ keys: { modality: "DWMRI", note: "two\nlines \\ and: more" } });
    expect(copy.metadata.nrrd).toMatchObject({ fields: { content: "a phantom", sampleunits: "HU" } });
    expect(copy.metadata.nrrd).toMatchObject({ measurement_frame: fields["measurement frame"] });
  });

  test("rescaled voxels are written as their real numbers", async () => {
    const path = join(folder, "real.nrrd");
    const stored = new Int16Array([0, 24, 1024]);
    await saveImage(path, imageFromArray(stored, { size: [3, 1, 1] }, { rescale: { slope: 2, intercept: -1 } }));
    expect([...((await loadImage(path)).voxels.data as Int32Array)]).toEqual([-1, 47, 2047]);
  });
});
