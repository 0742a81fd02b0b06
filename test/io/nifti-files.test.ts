/** Every real NIfTI file against what nibabel reads in it, and through a round trip. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { MedImage } from "../../src/image.ts";
import { loadHeader, loadImage, saveImage } from "../../src/io/load.ts";
import { rasAffine } from "../../src/io/nifti/geometry.ts";
import { dataFolder, expectedNifti, hasData, hasNibabel, python3, temporaryFolder } from "./shared.ts";
import { fileBytes, realParts, statistics } from "./voxel-order.ts";

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const files = hasData ? expectedNifti() : [];
const folder = temporaryFolder();

const close = (actual: number, expected: number, relative: number): void =>
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(relative * Math.max(1e-3, Math.abs(expected)));

/** A sample of expected.json: a number, colour components, or a complex number as Python prints it. */
const partsOf = (value: unknown): readonly number[] => {
  if (typeof value === "number") return [value];
  if (Array.isArray(value)) return value as readonly number[];
  const text = String(value).replace(/[()j]/g, "");
  const split = text.search(/(?<=[\d.])[+-](?=[\d.]+(e[+-]?\d+)?$)/);
  return split < 0 ? [0, Number(text)] : [Number(text.slice(0, split)), Number(text.slice(split))];
};

const rows = (image: Pick<MedImage, "grid">): readonly (readonly number[])[] => {
  const { linear, offset } = rasAffine(image.grid);
  return [0, 1, 2].map((r) => [...linear.slice(r * 3, r * 3 + 3), offset[r]!]);
};
const float32Rows = (image: MedImage): readonly (readonly number[])[] =>
  rows(image).map((row) => row.map((x) => Math.fround(x)));

describe.skipIf(!hasData)("real NIfTI files (skipped without ../shared/data)", () => {
  test.each(files)("%s agrees with nibabel", async (file, expected) => {
    const image = await loadImage(join(dataFolder, file));
    const shape = [...expected.shape];
    while (shape.length < 3) shape.push(1);
    expect([...image.grid.size, ...image.channels.shape]).toEqual(shape);
    rows(image).forEach((row, r) => {
      for (const [c, value] of row.entries())
        expect(Math.abs(value - expected.affine_ras[r]![c]!)).toBeLessThanOrEqual(1e-4);
    });
    expect(sha256(fileBytes(image))).toBe(expected.sha256_voxels_le);
    const { min, max, mean } = expected.scaled;
    if (min !== undefined && max !== undefined && mean !== undefined) {
      const found = statistics(image);
      close(found.min, min, 1e-5);
      close(found.max, max, 1e-5);
      close(found.mean, mean, 1e-5);
    }
    for (const { index, value } of expected.samples_scaled) {
      const parts = realParts(image, index);
      partsOf(value).forEach((part, k) => {
        close(parts[k]!, part, 1e-5);
      });
    }
  });

  test.each(files)("%s survives a round trip", async (file, expected) => {
    const first = await loadImage(join(dataFolder, file));
    for (const suffix of [".nii.gz", ".nii", ".hdr.gz"]) {
      const path = join(folder, `copy${suffix}`);
      await saveImage(path, first);
      const second = await loadImage(path);
      expect(second.warnings).toEqual([]);
      expect(second.grid.size).toEqual(first.grid.size);
      expect(second.channels).toEqual(first.channels);
      expect(second.voxels.dtype).toBe(first.voxels.dtype);
      expect(second.voxels.rescale).toEqual(first.voxels.rescale);
      expect(sha256(fileBytes(second))).toBe(expected.sha256_voxels_le);
      expect(float32Rows(second)).toEqual(float32Rows(first));
      expect(second.display).toEqual(first.display);
      const [kept, again] = [first.metadata.nifti, second.metadata.nifti] as Record<string, unknown>[];
      for (const key of ["dim", "extensions", "descrip", "aux_file", "intent_code", "intent_p", "intent_name"])
        expect(again![key]).toEqual(kept![key]);
      for (const key of ["version", "time_units", "pixdim_rest", "toffset", "dim_info", "slice_code", "slice_end"])
        expect(again![key]).toEqual(kept![key]);
      if ((kept!.sform_code as number) > 0) expect(again!.sform_code).toBe(kept!.sform_code);
      if ((kept!.qform_code as number) > 0) expect([kept!.qform_code, 0]).toContain(again!.qform_code);
    }
  });

  test.each(files)("%s has the same header with and without its voxels", async (file) => {
    const header = await loadHeader(join(dataFolder, file), { verify: true });
    const image = await loadImage(join(dataFolder, file));
    expect(header.grid).toEqual(image.grid);
    expect(header.warnings).toEqual(image.warnings);
    expect(header.dtype).toBe(image.voxels.dtype);
    expect(header.rescale).toEqual(image.voxels.rescale);
    expect(header.metadata).toEqual(image.metadata);
  });

  test("a file that is no image is refused in one sentence", async () => {
    const path = join(dataFolder, "nifti/not-nifti.nii");
    await expect(loadImage(path)).rejects.toThrow(path);
  });

  test("both names of a pair give the same image", async () => {
    for (const stem of ["ras", "dtypes/minimal"]) {
      const byHeader = await loadImage(join(dataFolder, `nifti/${stem}.hdr`));
      const byImage = await loadImage(join(dataFolder, `nifti/${stem}.img`));
      expect(byImage.voxels.data).toEqual(byHeader.voxels.data);
      expect(byImage.grid).toEqual(byHeader.grid);
    }
  });

  test.skipIf(!hasNibabel)("nibabel reads what was written (skipped without nibabel)", async () => {
    const names: string[] = [];
    for (const [k, [file]] of files.entries()) {
      const image = await loadImage(join(dataFolder, file));
      for (const suffix of [".nii.gz", ".img"]) {
        names.push(file, join(folder, `written${k}${suffix}`));
        await saveImage(join(folder, `written${k}${suffix}`), image);
      }
    }
    const script = `
import sys, nibabel as nib, numpy as np
base, names = sys.argv[1], sys.argv[2:]
for a, b in zip(names[::2], names[1::2]):
    x, y = nib.load(base + '/' + a), nib.load(b)
    assert x.shape == y.shape, (a, x.shape, y.shape)
    assert np.allclose(x.affine, y.affine, atol=1e-4, rtol=1e-6), (a, x.affine, y.affine)
    assert x.get_data_dtype().newbyteorder('<') == y.get_data_dtype(), a
    assert np.asarray(x.dataobj).tobytes() == np.asarray(y.dataobj).tobytes() or np.array_equal(np.asarray(x.dataobj), np.asarray(y.dataobj), equal_nan=True), a
    q = y.header.get_qform(coded=True)
    if q[1] > 0: assert np.allclose(q[0], y.affine, atol=2e-3), (a, q[0], y.affine)
    assert [e.get_code() for e in x.header.extensions] == [e.get_code() for e in y.header.extensions], a
print(len(names) // 2)
`;
    expect(python3(script, dataFolder, ...names).trim()).toBe(String(names.length / 2));
  });
});
