/** Formats that ITK reads and writes for this package, through `@itk-wasm/image-io`. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readImageNode, writeImageNode } from "@itk-wasm/image-io";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { gridOf, sameGrid } from "../../compiler/language/grid.ts";
import { dtypeNames, dtypes, voxelsOf } from "../../compiler/language/voxels.ts";
import { asKind, intensityImage, type MedImage } from "../../src/image.ts";
import { itkFormats } from "../../src/io/itk/formats.ts";
import { loadHeader, loadImage, saveImage } from "../../src/io/load.ts";
import { registerFormat } from "../../src/io/registry.ts";
import { bytesOf, ramp } from "./handmade.ts";
import { dataFolder, hasData, temporaryFolder } from "./shared.ts";

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const removals: (() => void)[] = [];
beforeAll(() => {
  // ITK tells on the console what it cannot do.
  for (const way of ["log", "error"] as const) vi.spyOn(console, way).mockImplementation(() => undefined);
  for (const format of itkFormats()) removals.push(registerFormat(format));
});
afterAll(() => {
  vi.restoreAllMocks();
  for (const remove of removals) remove();
});

type Itk = Parameters<typeof writeImageNode>[0];
const oblique = [0, 0, 1, 1, 0, 0, 0, -1, 0] as const;
const straight = [1, 0, 0, 0, 1, 0, 0, 0, 1] as const;
const size = [4, 3, 2] as const;
const arrays = {
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  float32: Float32Array,
  float64: Float64Array,
};
type Type = keyof typeof arrays;

/** An image as ITK has it, of so many components to a voxel. */
const itkImage = (componentType: Type, direction: readonly number[], pixelType = "Scalar", components = 1): Itk => ({
  imageType: { dimension: 3, componentType, pixelType: pixelType as Itk["imageType"]["pixelType"], components },
  name: "image",
  origin: [-3, 4.25, 1.5],
  spacing: [0.5, 1.25, 2],
  direction: Float64Array.from(direction),
  size: [...size],
  metadata: new Map(),
  data: new arrays[componentType](Array.from({ length: 24 * components }, (_, k) => k + 1)),
});

describe("what ITK writes", () => {
  const cases: readonly (readonly [string, Type, readonly number[]])[] = [
    ...(["uint8", "int16", "float32"] as const).map((type) => ["mgh", type, oblique] as const),
    ["mgz", "int16", oblique],
    ...(["uint8", "int16", "uint16", "float32", "float64"] as const).map((type) => ["gipl", type, straight] as const),
    ["gipl.gz", "int16", straight],
    ...(["uint8", "int16", "uint16", "float32", "float64"] as const).map((type) => ["vtk", type, straight] as const),
    ...(["uint8", "int16", "uint16", "float32"] as const).map((type) => ["mrc", type, straight] as const),
  ];
  test.each(cases)("%s of %s is read, by path and by bytes", async (suffix, type, direction) => {
    const path = at(`itk.${suffix}`);
    await writeImageNode(itkImage(type, direction), path);
    for (const source of [path, new Uint8Array(readFileSync(path))]) {
      const { grid, voxels, channels, warnings } = await loadImage(source);
      expect(warnings).toEqual([]);
      expect(voxels.dtype).toBe(type);
      expect(channels).toEqual({ components: "scalar", shape: [] });
      expect([...voxels.data].map(Number)).toEqual(Array.from({ length: 24 }, (_, k) => k + 1));
      const expected = gridOf(size, {
        spacing: [0.5, 1.25, 2],
        origin: [-3, 4.25, 1.5],
        direction: direction as typeof oblique,
      });
      expect(sameGrid(grid, expected, 1e-5)).toBe(true);
    }
  });

  test.each(["mgh", "gipl", "vtk", "mrc", "isq"])("%s without its last byte is refused", async (suffix) => {
    const path = at(`cut.${suffix}`);
    await writeImageNode(itkImage("int16", straight), path);
    const bytes = new Uint8Array(readFileSync(path));
    // Some formats have more behind the voxels.
    const voxels = Buffer.from(bytes).lastIndexOf(suffix === "mrc" || suffix === "isq" ? "\x18\0" : "\0\x18", "latin1");
    expect(voxels).toBeGreaterThan(0);
    await expect(loadImage(bytes.subarray(0, voxels + 2))).resolves.toBeDefined();
    await expect(loadImage(bytes.subarray(0, voxels + 1))).rejects.toMatchObject({ error: { kind: "MalformedFile" } });
  });

  test("Scanco ISQ, which has no origin", async () => {
    await writeImageNode(itkImage("int16", straight), at("scan.isq"));
    const { grid, voxels } = await loadImage(at("scan.isq"));
    expect(grid).toMatchObject({ size, spacing: [0.5, 1.25, 2], origin: [0, 0, 0] });
    expect(voxels.dtype).toBe("int16");
  });

  test("components lie together in the file, apart in memory", async () => {
    await writeImageNode(itkImage("uint8", straight, "RGB", 3), at("rgb.vtk"));
    const colour = await loadImage(at("rgb.vtk"));
    expect(colour.channels).toEqual({ components: "rgb", shape: [] });
    await writeImageNode(itkImage("float32", straight, "Vector", 3), at("vector.vtk"));
    const vector = await loadImage(at("vector.vtk"));
    expect(vector.channels).toEqual({ components: "scalar", shape: [3] });
    for (const { voxels } of [colour, vector])
      for (let c = 0; c < 3; c++) for (let k = 0; k < 24; k++) expect(voxels.data[c * 24 + k]).toBe(k * 3 + c + 1);
  });

  test("a header is told, a budget held, a damaged file refused", async () => {
    await writeImageNode(itkImage("int16", oblique), at("small.mgh"));
    expect(await loadHeader(at("small.mgh"), { verify: true })).toMatchObject({ format: "MGH", dtype: "int16" });
    await expect(loadImage(at("small.mgh"), { memory: 400 })).resolves.toBeDefined();
    const bytes = new Uint8Array(readFileSync(at("small.mgh")));
    // Far more voxels than bytes.
    const large = Uint8Array.from(bytes);
    for (const k of [4, 8, 12]) new DataView(large.buffer).setInt32(k, 4096);
    await expect(loadImage(large)).rejects.toMatchObject({ error: { kind: "MalformedFile" } });
    // A double of eight bytes takes two as text.
    const points = "DATASET STRUCTURED_POINTS\nDIMENSIONS 100 1 1\nSPACING 1 1 1\nORIGIN 0 0 0\nPOINT_DATA 100\n";
    const text = `# vtk DataFile Version 3.0\nx\nASCII\n${points}SCALARS s double\nLOOKUP_TABLE default\n${"7 ".repeat(100)}\n`;
    const ascii = new TextEncoder().encode(text);
    expect((await loadImage(ascii, { memory: 800 })).voxels.data).toEqual(new Float64Array(100).fill(7));
    await expect(loadImage(ascii, { memory: 799 })).rejects.toMatchObject({ error: { kind: "BudgetExceeded" } });
    await expect(loadImage(ascii.subarray(0, ascii.length - 4))).rejects.toThrow(/99 of 100 numbers of voxels/);
    writeFileSync(at("text.vtk"), "# vtk DataFile Version 3.0\nnothing\n");
    await expect(loadImage(at("text.vtk"))).rejects.toMatchObject({ error: { kind: "MalformedFile" } });
  });
});

describe("what is written through ITK", () => {
  const made = (type: Type, direction: readonly number[], channels = 1): MedImage<"intensity"> =>
    intensityImage({
      voxels: voxelsOf(new dtypes[type].array(ramp(24 * channels * dtypes[type].bytes).map((b) => b & 63).buffer), {
        channels,
      }),
      grid: gridOf(size, { spacing: [0.5, 1.25, 2], origin: [-3, 4.25, 1.5], direction: direction as typeof oblique }),
    });
  test.each([
    [".mgh", "int16", oblique, 1],
    [".mgz", "uint8", oblique, 1],
    [".mgh", "uint8", straight, 3],
    [".gipl", "uint16", straight, 1],
    [".vtk", "float64", straight, 1],
    [".vtk", "float32", straight, 3],
    [".mrc", "float32", straight, 1],
  ] as const)("%s of %s comes back, and is read by ITK", async (suffix, type, direction, channels) => {
    const image = made(type, direction, channels);
    const path = at(`ours${suffix}`);
    await saveImage(path, image);
    const copy = await loadImage(path);
    expect(bytesOf(copy.voxels.data)).toEqual(bytesOf(image.voxels.data));
    expect(sameGrid(copy.grid, image.grid, 1e-5)).toBe(true);
    expect(copy.channels).toEqual(image.channels);
    const theirs = await readImageNode(path);
    expect(theirs.size).toEqual([...size]);
    expect(theirs.imageType).toMatchObject({ componentType: type, components: channels });
  });

  /** The rows of the table in docs/formats.md. */
  const kept = [
    ...readFileSync(fileURLToPath(new URL("../../docs/formats.md", import.meta.url)), "utf8").matchAll(
      /^\| (MGH|GIPL|VTK|MRC|Scanco ISQ) \| ([^|]*) \| ([^|]*) \| ([^|]*) \|$/gm,
    ),
  ].map(([, name = "", types = "", channels = ""]) => ({ name, types: types.split(", "), channels }));
  test.each(kept)(
    "$name keeps $types, and what it keeps is what the documents say",
    async ({ name, types, channels }) => {
      const { suffixes } = itkFormats().find((format) => format.name === name)!;
      const path = at(`kept${suffixes[0]}`);
      const image = (dtype: (typeof dtypeNames)[number], count: number): MedImage<"intensity"> => {
        const bytes = ramp(24 * count * dtypes[dtype].bytes).map((b) => b & 63);
        return intensityImage({
          voxels: voxelsOf(new dtypes[dtype].array(bytes.buffer), { channels: count }),
          grid: gridOf(size, { spacing: [0.5, 1.25, 2] }),
        });
      };
      const keeps = async (one: MedImage): Promise<boolean> => {
        try {
          await saveImage(path, one);
        } catch (thrown) {
          expect(thrown).toMatchObject({ error: { kind: "UnsupportedVoxels" } });
          return false;
        }
        const copy = await loadImage(path);
        expect(copy.voxels.dtype).toBe(one.voxels.dtype);
        expect(bytesOf(copy.voxels.data)).toEqual(bytesOf(one.voxels.data));
        return true;
      };
      const found: string[] = [];
      for (const dtype of dtypeNames) if (await keeps(image(dtype, 1))) found.push(dtype);
      expect(found).toEqual(dtypeNames.filter((dtype) => types.includes(dtype)));
      const [first] = found as (typeof dtypeNames)[number][];
      expect(await keeps(image(first!, 5))).toBe(channels.startsWith("any number"));
      expect(await keeps(image("uint8", 3))).toBe(/^any number|bytes of three/.test(channels));
    },
  );

  test("what a format cannot hold is refused, and nothing is left behind", async () => {
    await expect(saveImage(at("turned.gipl"), made("int16", oblique))).rejects.toThrow(/direction cannot be kept/);
    await expect(saveImage(at("vector.gipl"), made("int16", straight, 3))).rejects.toThrow(/channels cannot be kept/);
    await expect(saveImage(at("wide.mgh"), made("float64", straight))).rejects.toThrow(/float64 cannot be kept/);
    for (const name of ["turned.gipl", "vector.gipl", "wide.mgh"])
      expect(() => readFileSync(at(name))).toThrow(/ENOENT/);
  });

  test("labels and rescaled voxels", async () => {
    const label = asKind("label", made("uint8", straight));
    await saveImage(at("label.mgz"), label);
    expect((await loadImage(at("label.mgz"), { kind: "label" })).kind).toBe("label");
    const stored = made("int16", straight);
    const image = { ...stored, voxels: { ...stored.voxels, rescale: { slope: 0.5, intercept: 1 } } };
    await saveImage(at("real.mgz"), image);
    const copy = await loadImage(at("real.mgz"));
    expect(copy.voxels.dtype).toBe("float32");
    expect(copy.voxels.data[3]).toBe(0.5 * Number(stored.voxels.data[3]) + 1);
  });
});

describe.skipIf(!hasData)("our files of real images are read by ITK (skipped without ../shared/data)", () => {
  const files = [
    "nrrd/FLAIR.nrrd",
    "nrrd/TinyPatientCT.nrrd",
    "nrrd/avf_float_32.nrrd",
    "metaimage/BrainProtonDensity3Slices.mha",
    "metaimage/fuel.mha",
    "nifti/someones_anatomy.nii.gz",
  ];
  test.each(files)("%s", { timeout: 120_000 }, async (file) => {
    const image = await loadImage(join(dataFolder, file));
    for (const suffix of [".mha", ".mhd", ".nrrd", ".nhdr", ".nii", ".nii.gz"])
      for (const compress of suffix.startsWith(".n") ? [undefined] : [false, true]) {
        const path = at(`ours${suffix}`);
        await saveImage(path, image, compress === undefined ? {} : { compress });
        const { size: theirSize, spacing, origin, direction, imageType, data } = await readImageNode(path);
        expect(theirSize).toEqual([...image.grid.size]);
        const { slope, intercept } = image.voxels.rescale;
        if (slope === 1 && intercept === 0) expect(imageType.componentType).toBe(image.voxels.dtype);
        const grid = gridOf(image.grid.size, {
          spacing: spacing as unknown as typeof image.grid.spacing,
          origin: origin as unknown as typeof image.grid.origin,
          direction: [...direction].map(Number) as unknown as typeof image.grid.direction,
        });
        expect(sameGrid(grid, image.grid, 1e-3)).toBe(true);
        const theirs = data as Float32Array;
        const different = theirs.findIndex(
          (one, k) => one !== Math.fround(slope * Number(image.voxels.data[k]) + intercept),
        );
        expect(theirs).toHaveLength(image.voxels.data.length);
        expect(different).toBe(-1);
      }
  });
});

test("colours and vectors of ours are read by ITK", async () => {
  const image = intensityImage({
    voxels: voxelsOf(ramp(24 * 3), { channels: 3 }),
    grid: gridOf(size),
    channels: { components: "rgb", shape: [] },
  });
  for (const suffix of [".mha", ".nrrd", ".nii"]) {
    await saveImage(at(`rgb${suffix}`), image);
    const { imageType, data } = await readImageNode(at(`rgb${suffix}`));
    expect(imageType.components).toBe(3);
    for (let k = 0; k < 24; k++)
      for (let c = 0; c < 3; c++) expect((data as Uint8Array)[k * 3 + c]).toBe(image.voxels.data[c * 24 + k]);
  }
});
