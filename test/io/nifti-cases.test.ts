/** Kinds of NIfTI that the real files do not show, built by hand, and what writing chooses. */
import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { affineOf } from "../../compiler/language/affine.ts";
import { gridFromAffine, gridOf, pointAt } from "../../compiler/language/grid.ts";
import { type DType, dtypeNames, dtypes, voxelsOf } from "../../compiler/language/voxels.ts";
import { imageFromArray, intensityImage, type MedImage } from "../../src/image.ts";
import { encodeNifti, loadHeader, loadImage, saveImage, saveNifti } from "../../src/io/load.ts";
import { bytesOf, gzipped, handmade, ramp } from "./handmade.ts";
import { temporaryFolder } from "./shared.ts";
import { fileBytes } from "./voxel-order.ts";

const folder = temporaryFolder();

const encoded = async (image: MedImage, compress = false): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of encodeNifti(image, { compress })) chunks.push(chunk.slice());
  return new Uint8Array(Buffer.concat(chunks));
};
const again = async (image: MedImage, compress = false): Promise<MedImage> => loadImage(await encoded(image, compress));
const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset);

describe("dimensions", () => {
  test("a 2-D image is one slice, and is written as 2-D again", async () => {
    const data = ramp(12);
    const image = await loadImage(handmade({ dim: [4, 3], datatype: 2, bitpix: 8, data }));
    expect(image.grid.size).toEqual([4, 3, 1]);
    expect(image.channels.shape).toEqual([]);
    expect(view(await encoded(image)).getInt16(40, true)).toBe(2);
  });

  test("a 1-D image is one row", async () => {
    const image = await loadImage(handmade({ dim: [5], datatype: 2, bitpix: 8, data: ramp(5) }));
    expect(image.grid.size).toEqual([5, 1, 1]);
    expect(view(await encoded(image)).getInt16(40, true)).toBe(1);
  });

  test("a 7-D image keeps the sizes of its axes after the third", async () => {
    const dim = [2, 3, 2, 2, 1, 3, 2];
    const data = ramp(2 * 3 * 2 * 2 * 3 * 2);
    const image = await loadImage(handmade({ dim, datatype: 2, bitpix: 8, data }));
    expect(image.grid.size).toEqual([2, 3, 2]);
    expect(image.channels.shape).toEqual([2, 1, 3, 2]);
    expect(image.voxels.channels).toBe(12);
    const copy = await again(image);
    expect(copy.channels.shape).toEqual([2, 1, 3, 2]);
    expect(fileBytes(copy)).toEqual(data);
  });

  test("a size beyond 32767 is written as NIfTI-2", async () => {
    const image = imageFromArray(new Uint8Array(40_000).fill(7), { size: [40_000, 1, 1] });
    const bytes = await encoded(image);
    expect(view(bytes).getInt32(0, true)).toBe(540);
    expect((await loadImage(bytes)).grid.size).toEqual([40_000, 1, 1]);
  });

  test("more than seven dimensions are refused", () => {
    const image = intensityImage({
      voxels: voxelsOf(new Uint8Array(1)),
      grid: gridOf([1, 1, 1]),
      channels: { components: "scalar", shape: [1, 1, 1, 1, 1] },
    });
    expect(() => encodeNifti(image)).toThrow(/7 dimensions/);
  });
});

describe("datatypes", () => {
  const codes: Readonly<Record<DType, number>> = {
    uint8: 2,
    int16: 4,
    int32: 8,
    float32: 16,
    float64: 64,
    int8: 256,
    uint16: 512,
    uint32: 768,
    int64: 1024,
    uint64: 1280,
  };
  const cases = dtypeNames.flatMap((dtype) =>
    ([1, 2] as const).flatMap((version) => [true, false].map((littleEndian) => ({ dtype, version, littleEndian }))),
  );
  test.each(cases)(
    "$dtype in NIfTI-$version, little endian: $littleEndian",
    async ({ dtype, version, littleEndian }) => {
      const width = dtypes[dtype].bytes;
      const values = ramp(3 * 5 * 4 * width);
      if (dtype.startsWith("float")) for (let k = width - 1; k < values.length; k += width) values[k]! &= 0x3f;
      const data = values.slice();
      if (!littleEndian) for (let at = 0; at < data.length; at += width) data.subarray(at, at + width).reverse();
      const file = { version, littleEndian, dim: [3, 5, 4], datatype: codes[dtype], bitpix: 8 * width, data };
      for (const bytes of [handmade(file), gzipped(handmade(file))]) {
        const image = await loadImage(bytes);
        expect(image.warnings).toEqual([]);
        expect(image.voxels.dtype).toBe(dtype);
        expect(bytesOf(image.voxels.data)).toEqual(values);
        const copy = await again(image, true);
        expect(copy.voxels.dtype).toBe(dtype);
        expect(bytesOf(copy.voxels.data)).toEqual(values);
      }
    },
  );

  test("uint64 and int64 are exact beyond 2^53", async () => {
    const unsigned = BigUint64Array.of(2n ** 64n - 1n, 2n ** 53n + 1n, 0n);
    const signed = BigInt64Array.of(-(2n ** 63n), -(2n ** 53n) - 1n, 1n);
    for (const [datatype, array] of [
      [1280, unsigned],
      [1024, signed],
    ] as const) {
      const image = await loadImage(handmade({ dim: [3, 1, 1], datatype, bitpix: 64, data: bytesOf(array) }));
      expect([...(image.voxels.data as BigInt64Array)]).toEqual([...array]);
      expect([...((await again(image)).voxels.data as BigInt64Array)]).toEqual([...array]);
    }
  });

  test("RGBA is four channels, each a volume, per time point", async () => {
    const data = ramp(2 * 3 * 1 * 2 * 4);
    const image = await loadImage(handmade({ dim: [2, 3, 1, 2], datatype: 2304, bitpix: 32, data }));
    expect(image.channels).toEqual({ components: "rgba", shape: [2] });
    expect(image.voxels.channels).toBe(8);
    // Green of the second voxel of the second time point.
    expect(image.voxels.data[(4 + 1) * 6 + 1]).toBe(data[(6 + 1) * 4 + 1]);
    const bytes = await encoded(image);
    expect(view(bytes).getInt16(70, true)).toBe(2304);
    expect(bytes.slice(352)).toEqual(data);
  });

  test("large colour and complex volumes are put apart across pieces of the stream", async () => {
    const size = [67, 61, 59] as const;
    const count = size[0] * size[1] * size[2];
    for (const [datatype, width] of [
      [128, 3],
      [1792, 16],
    ] as const) {
      const data = ramp(count * width);
      if (width === 16) for (let k = 7; k < data.length; k += 8) data[k]! &= 0x3f;
      for (const littleEndian of [true, false]) {
        const stored = data.slice();
        if (!littleEndian && width === 16)
          for (let at = 0; at < stored.length; at += 8) stored.subarray(at, at + 8).reverse();
        const file = handmade({ dim: size, datatype, bitpix: width * 8, littleEndian, data: stored });
        const image = await loadImage(gzipped(file));
        expect(Buffer.compare(fileBytes(image), data)).toBe(0);
        expect(Buffer.compare((await encoded(image)).subarray(352), data)).toBe(0);
      }
    }
  });

  test("colours that are not bytes are written as a vector along the fifth axis", async () => {
    const image = intensityImage({
      voxels: voxelsOf(
        Float32Array.from({ length: 2 * 3 * 2 }, (_, k) => k / 2),
        { channels: 6 },
      ),
      grid: gridOf([2, 1, 1]),
      channels: { components: "rgb", shape: [2] },
    });
    const bytes = await encoded(image);
    expect(Array.from({ length: 6 }, (_, k) => view(bytes).getInt16(40 + 2 * k, true))).toEqual([5, 2, 1, 1, 2, 3]);
    expect(view(bytes).getInt16(68, true)).toBe(2003);
    // Red of both time points first.
    expect([...(await loadImage(bytes)).voxels.data].slice(0, 4)).toEqual([0, 0.5, 3, 3.5]);
  });

  test("complex integers are refused", () => {
    const image = intensityImage({
      voxels: voxelsOf(new Int16Array(2), { channels: 2 }),
      grid: gridOf([1, 1, 1]),
      channels: { components: "complex", shape: [] },
    });
    expect(() => encodeNifti(image)).toThrow(/complex/);
  });
});

describe("geometry and scaling", () => {
  const sheared = [2, 0.5, 0, 10, 0, 3, 0.25, -20, 0, 0, 4, 30];

  test("a sheared sform is kept, without a qform", async () => {
    const file = handmade({ dim: [3, 3, 3], datatype: 2, bitpix: 8, srow: sheared, sform_code: 1, data: ramp(27) });
    const image = await loadImage(file);
    // RAS (2 + 0.5 + 10, 3 + 0.25 − 20, 4 + 30) in LPS.
    const point = pointAt(image.grid, [1, 1, 1]);
    [-12.5, 16.75, 34].forEach((x, k) => {
      expect(point[k]).toBeCloseTo(x, 10);
    });
    const bytes = await encoded(image);
    expect(view(bytes).getInt16(252, true)).toBe(0);
    expect(Array.from({ length: 12 }, (_, k) => view(bytes).getFloat32(280 + 4 * k, true))).toEqual(sheared);
  });

  test("metres and micrometres become millimetres, and are written as such", async () => {
    for (const [units, factor] of [
      [1, 1000],
      [3, 0.001],
      [0, 1],
    ] as const) {
      const srow = [1, 0, 0, 5, 0, 2, 0, 6, 0, 0, 3, 7];
      const file = handmade({ dim: [2, 2, 2], datatype: 2, bitpix: 8, srow, sform_code: 1, units, data: ramp(8) });
      const image = await loadImage(file);
      [1, 2, 3].forEach((s, k) => {
        expect(image.grid.spacing[k]).toBeCloseTo(s * factor, 9);
      });
      expect(image.grid.origin[2]).toBeCloseTo(7 * factor, 9);
      const bytes = await encoded(image);
      expect(bytes[123]! & 7).toBe(units === 0 ? 0 : 2);
      const copy = await loadImage(bytes);
      expect(Math.abs(copy.grid.origin[0] - image.grid.origin[0])).toBeLessThan(1e-6 * factor * 5);
    }
  });

  test("a slice whose third axis was left out gets the one across it", async () => {
    const srow = [2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0];
    const image = await loadImage(
      handmade({ dim: [2, 2], datatype: 2, bitpix: 8, srow, sform_code: 1, data: ramp(4) }),
    );
    expect(image.grid.spacing).toEqual([2, 2, 1]);
  });

  test("NIfTI-2 keeps geometry and scaling in float64", async () => {
    const srow = [0.1, 0, 0, 1 / 3, 0, 0.2, 0, 2 / 3, 0, 0, 0.3, 5 / 7];
    const data = ramp(8);
    const slope = 0.1;
    const file = {
      version: 2,
      dim: [2, 2, 2],
      datatype: 2,
      bitpix: 8,
      srow,
      sform_code: 3,
      slope,
      inter: 1 / 3,
      data,
    } as const;
    const image = await loadImage(handmade(file));
    expect(image.voxels.rescale).toEqual({ slope: 0.1, intercept: 1 / 3 });
    const copy = await again(image);
    expect(copy.voxels.rescale).toEqual(image.voxels.rescale);
    expect(copy.grid).toEqual(image.grid);
    expect((await loadHeader(handmade(file))).format).toBe("NIfTI-2");
  });

  test("the intercept of complex voxels goes to the real parts only", async () => {
    const data = bytesOf(Float32Array.of(1, 2, 3, 4));
    const image = await loadImage(handmade({ dim: [2, 1, 1], datatype: 32, bitpix: 64, slope: 2, inter: 10, data }));
    expect(image.voxels.rescale).toEqual({ slope: 2, intercept: 0 });
    expect([...image.voxels.data]).toEqual([6, 8, 2, 4]);
    expect(image.warnings).toHaveLength(1);
  });

  test("all 48 axis orders and an oblique one come back from the qform alone", async () => {
    const orders = [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ];
    for (const order of orders)
      for (let signs = 0; signs < 8; signs++) {
        const linear = Array<number>(9).fill(0);
        order.forEach((row, c) => {
          linear[row * 3 + c] = ((signs >> c) & 1 ? -1 : 1) * (c + 1);
        });
        const map = affineOf<"index", "world">(linear as never, [1, 2, 3]);
        const image = imageFromArray(ramp(24), gridFromAffine([2, 3, 4], map));
        const bytes = await encoded(image);
        // Without its sform the file is read by its qform.
        view(bytes).setInt16(254, 0, true);
        const copy = await loadImage(bytes);
        copy.grid.direction.forEach((x, k) => {
          expect(Math.abs(x - image.grid.direction[k]!)).toBeLessThan(1e-6);
        });
        expect(copy.grid.origin).toEqual(image.grid.origin);
      }
  });

  test("an image from elsewhere is in scanner space, with both forms", async () => {
    const bytes = await encoded(imageFromArray(ramp(8), { size: [2, 2, 2] }));
    expect([view(bytes).getInt16(252, true), view(bytes).getInt16(254, true)]).toEqual([1, 1]);
  });
});

describe("reading and writing", () => {
  const image = imageFromArray(ramp(6), { size: [3, 2, 1] });

  test("labels are read as such on demand", async () => {
    const bytes = await encoded(image);
    expect((await loadImage(bytes, { kind: "label" })).kind).toBe("label");
    expect((await loadImage(bytes)).kind).toBe("intensity");
  });

  test("blobs, buffers and paths give the same image", async () => {
    const bytes = await encoded(image, true);
    const path = join(folder, "same.nii.gz");
    await writeFile(path, bytes);
    const sources = [
      path,
      bytes,
      bytes.slice().buffer as ArrayBuffer,
      new Blob([bytes.slice()]),
      new File([bytes.slice()], "a.nii.gz"),
    ];
    for (const source of sources) expect((await loadImage(source)).voxels.data).toEqual(image.voxels.data);
  });

  test("the name only helps: suffixes in any case, partners in any case", async () => {
    await saveImage(join(folder, "LOUD.HDR"), image);
    expect(existsSync(join(folder, "LOUD.IMG"))).toBe(true);
    expect((await loadImage(join(folder, "LOUD.IMG"))).voxels.data).toEqual(image.voxels.data);
    await saveImage(join(folder, "LOUD.NII.GZ"), image);
    expect((await readFile(join(folder, "LOUD.NII.GZ")))[0]).toBe(0x1f);
  });

  test("an unknown suffix is refused, naming the known ones", async () => {
    await expect(saveImage(join(folder, "a.xyz"), image)).rejects.toThrow(/\.nii\.gz/);
    await expect(saveNifti(join(folder, "a.xyz"), image)).rejects.toThrow(/\.nii\.gz/);
  });

  test("a budget is kept and named", async () => {
    const bytes = await encoded(imageFromArray(new Uint8Array(2 ** 21), { size: [128, 128, 128] }), true);
    await expect(loadImage(bytes, { memory: 2 ** 20 })).rejects.toMatchObject({
      error: { kind: "BudgetExceeded", needed: 2 ** 21, budget: 2 ** 20 },
    });
    await expect(loadImage(bytes, { memory: 2 ** 21 })).resolves.toBeDefined();
    await expect(loadHeader(bytes, { memory: 2 ** 20, verify: true })).rejects.toMatchObject({
      error: { kind: "BudgetExceeded", needed: 2 ** 21, budget: 2 ** 20 },
    });
    await expect(loadHeader(bytes, { memory: 2 ** 21, verify: true })).resolves.toBeDefined();
    await expect(loadHeader(bytes, { memory: 2 ** 20 })).resolves.toBeDefined();
  });

  test("aborting stops reading and writing, and leaves nothing behind", async () => {
    const bytes = await encoded(image);
    const signal = AbortSignal.abort();
    await expect(loadImage(bytes, { signal })).rejects.toMatchObject({ error: { kind: "Aborted" } });
    const before = await readdir(folder);
    await expect(saveImage(join(folder, "aborted.nii"), image, { signal })).rejects.toMatchObject({
      error: { kind: "Aborted" },
    });
    expect(await readdir(folder)).toEqual(before);
  });

  test("progress goes up to 1", async () => {
    const seen: number[] = [];
    const large = imageFromArray(new Uint8Array(2 ** 23), { size: [2 ** 10, 2 ** 10, 8] });
    const path = join(folder, "progress.nii.gz");
    await saveImage(path, large, { onProgress: (f) => seen.push(f) });
    await loadImage(path, { onProgress: (f) => seen.push(f) });
    expect(seen.length).toBeGreaterThan(2);
    expect(seen.at(-1)).toBe(1);
    expect(seen.every((f) => f > 0 && f <= 1)).toBe(true);
  });

  test("half of a pair without a path is refused with a way out", async () => {
    await saveImage(join(folder, "half.hdr"), image);
    const blob = new File([await readFile(join(folder, "half.hdr"))], "half.hdr");
    await expect(loadImage(blob)).rejects.toThrow(/single \.nii/);
  });
});
