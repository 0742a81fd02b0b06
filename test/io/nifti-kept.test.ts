/** What a NIfTI header said and an image does not contradict is written again as it was. */

import { pipe } from "fp-ts/lib/function.js";
import { describe, expect, test } from "vitest";
import { evaluate } from "../../src/evaluate.ts";
import type { MedImage } from "../../src/image.ts";
import { encodeNifti, loadImage } from "../../src/io/load.ts";
import { layouts, readField } from "../../src/io/nifti/layout.ts";
import { crop } from "../../src/ops/crop.ts";
import { changeOrientation } from "../../src/ops/orient.ts";
import { resampleToSpacing } from "../../src/ops/resample.ts";
import { handmade, ramp } from "./handmade.ts";

const layout = layouts[1];
type Field = keyof typeof layout.numbers;

const bytesOfFile = async (image: MedImage): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of encodeNifti(image)) chunks.push(chunk.slice());
  return new Uint8Array(Buffer.concat(chunks));
};
const field = (bytes: Uint8Array, name: Field): readonly number[] =>
  readField(new DataView(bytes.buffer), layout.numbers[name], true);

const mni = [2, 0, 0, -90, 0, 2, 0, -126, 0, 0, 2, -72];
/** A file in MNI space whose qform still says where the patient lay in the scanner, with slices of its own size. */
const twoForms = (change: (view: DataView, bytes: Uint8Array) => void = () => {}): Uint8Array => {
  const bytes = handmade({
    ...{ dim: [4, 5, 6], datatype: 2, bitpix: 8, srow: mni, sform_code: 4, units: 2 | 8, data: ramp(120) },
    pixdim: [-1, 1.5, 1.75, 2.5, 1, 1, 1, 1],
  });
  const view = new DataView(bytes.buffer);
  view.setInt16(252, 1, true);
  [0.1, -0.2, 0.3].forEach((x, k) => {
    view.setFloat32(256 + 4 * k, x, true);
  });
  [11, -22, 33].forEach((x, k) => {
    view.setFloat32(268 + 4 * k, x, true);
  });
  change(view, bytes);
  return bytes;
};
const forms: readonly Field[] = ["qform_code", "sform_code", "quatern", "qoffset", "srow", "pixdim", "xyzt_units"];

describe("sform and qform", () => {
  test("stay two different spaces while the grid is the one that was read", async () => {
    const before = twoForms();
    const after = await bytesOfFile(await loadImage(before));
    for (const name of forms) expect(field(after, name), name).toEqual(field(before, name));
  });

  test("both get the code of the form that was read once the grid is another", async () => {
    const cropped = await evaluate(pipe(await loadImage(twoForms()), crop([1, 1, 1], [2, 2, 2])));
    const after = await bytesOfFile(cropped);
    expect([...field(after, "sform_code"), ...field(after, "qform_code")]).toEqual([4, 4]);
    expect(field(after, "qoffset")).toEqual([-88, -124, -70]);
    expect(field(after, "quatern")).toEqual([0, 0, 0]);
    expect(field(after, "pixdim").slice(0, 4)).toEqual([1, 2, 2, 2]);

    const byQform = await evaluate(
      pipe(await loadImage(twoForms((view) => view.setInt16(254, 0, true))), crop([1, 1, 1], [2, 2, 2])),
    );
    const again = await bytesOfFile(byQform);
    expect([...field(again, "sform_code"), ...field(again, "qform_code")]).toEqual([1, 1]);
  });

  test.each([
    [0, 1],
    [4, 0],
    [0, 0],
  ])("an absent code stays absent: sform %i, qform %i", async (sform, qform) => {
    const before = twoForms((view) => {
      view.setInt16(252, qform, true);
      view.setInt16(254, sform, true);
    });
    const image = await loadImage(before);
    const after = await bytesOfFile(image);
    expect([...field(after, "sform_code"), ...field(after, "qform_code")]).toEqual([sform, qform]);
    const again = await loadImage(after);
    for (const part of ["spacing", "origin", "direction"] as const)
      again.grid[part].forEach((x, k) => {
        expect(x).toBeCloseTo(image.grid[part][k]!, 5);
      });
  });

  test("a form that could not be read is not written again", async () => {
    const before = twoForms((view) => view.setFloat32(256, 5, true));
    const image = await loadImage(before);
    expect(image.warnings).toHaveLength(1);
    const after = await bytesOfFile(image);
    expect([...field(after, "sform_code"), ...field(after, "qform_code")]).toEqual([4, 4]);
    expect((await loadImage(after)).warnings).toEqual([]);
  });

  test("a qform in metres is kept in millimetres", async () => {
    const before = twoForms((view, bytes) => {
      bytes[123] = 1;
      mni.forEach((x, k) => {
        view.setFloat32(280 + 4 * k, x / 1000, true);
      });
      [11, -22, 33].forEach((x, k) => {
        view.setFloat32(268 + 4 * k, x / 1000, true);
      });
      [1.5, 1.75, 2.5].forEach((x, k) => {
        view.setFloat32(80 + 4 * k, x / 1000, true);
      });
    });
    const after = await bytesOfFile(await loadImage(before));
    expect(field(after, "xyzt_units")).toEqual([2]);
    [11, -22, 33].forEach((x, k) => {
      expect(field(after, "qoffset")[k]).toBeCloseTo(x, 4);
    });
    [-1, 1.5, 1.75, 2.5].forEach((x, k) => {
      expect(field(after, "pixdim")[k]).toBeCloseTo(x, 4);
    });
  });
});

describe("units", () => {
  test("that were not given are not given, unless the geometry is another", async () => {
    const image = await loadImage(
      twoForms((_, bytes) => {
        bytes[123] = 8;
      }),
    );
    expect(field(await bytesOfFile(image), "xyzt_units")).toEqual([8]);
    const larger = await evaluate(pipe(image, resampleToSpacing([3, 3, 3])));
    expect(field(await bytesOfFile(larger), "xyzt_units")).toEqual([2 | 8]);
  });
});

describe("slice timing and the roles of axes", () => {
  const timed = twoForms((view, bytes) => {
    bytes[39] = 0b110110;
    view.setInt16(74, 1, true);
    view.setInt16(120, 4, true);
    bytes[122] = 3;
    view.setFloat32(132, 0.05, true);
    // Sizes that tell no axis from another.
    [4, 4, 4].forEach((n, k) => {
      view.setInt16(42 + 2 * k, n, true);
    });
  });
  const fields: readonly Field[] = ["dim_info", "slice_start", "slice_end", "slice_code", "slice_duration"];

  test("hold while the axes are those that were read", async () => {
    const image = await loadImage(timed);
    for (const kept of [image, await evaluate(pipe(image, changeOrientation("RAS")))]) {
      const after = await bytesOfFile(kept);
      for (const name of fields) expect(field(after, name), name).toEqual(field(timed, name));
    }
  });
  test.each(["RAI", "ASR"])("are left out of an image that was brought to %s", async (orientation) => {
    const turned = await evaluate(pipe(await loadImage(timed), changeOrientation(orientation)));
    const after = await bytesOfFile(turned);
    for (const name of fields) expect(field(after, name), name).toEqual([0]);
  });
});

test("descriptions keep what stands behind a zero byte", async () => {
  const before = twoForms((_, bytes) => {
    bytes.set(new TextEncoder().encode("FSL\0te=30;phase\0\0x"), 148);
    bytes.set(new TextEncoder().encode("a\0b"), 228);
    bytes.set(new TextEncoder().encode("c\0d"), 328);
  });
  const after = await bytesOfFile(await loadImage(before));
  for (const [start, end] of [
    [148, 228],
    [228, 252],
    [328, 344],
  ] as const)
    expect(after.slice(start, end)).toEqual(before.slice(start, end));
});
