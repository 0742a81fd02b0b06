/** Every real DICOM series against pydicom's geometry and values, and against NIfTI files of the same scans. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { invert, transformPoint } from "../../compiler/language/affine.ts";
import { indexToWorld, pointAt } from "../../compiler/language/grid.ts";
import type { Vector3 } from "../../compiler/language/vector.ts";
import { componentCount, type MedImage } from "../../src/image.ts";
import { loadHeader, loadHeaders, loadImage } from "../../src/io/load.ts";
import { statistics } from "../../src/statistics.ts";
import { expectedSeries } from "./dicom-shared.ts";
import { dataFolder, hasData, temporaryFolder } from "./shared.ts";

const all = hasData ? expectedSeries() : [];
const folder = (name: string): string => join(dataFolder, name);

/** Rows of the affine from (column, row, slice) to LPS mm. */
const rows = (image: Pick<MedImage, "grid">): readonly (readonly number[])[] => {
  const { linear, offset } = indexToWorld(image.grid);
  return [0, 1, 2].map((r) => [...linear.slice(3 * r, 3 * r + 3), offset[r]!]);
};

const volumes = all.filter(([, { affine_lps_index_col_row_slice: affine }]) => affine !== undefined);
/** Folders in which one instance lies in many packings: not a series at all. */
const collections = new Set(["dicom/pydicom_small", "dicom/transfer_syntaxes_ct", "dicom/transfer_syntaxes_color"]);
const judged = all.filter(([name, { regular }]) => regular !== undefined && !collections.has(name));

describe.skipIf(!hasData)("real DICOM series (skipped without ../shared/data)", () => {
  test.each(volumes)("%s stands where pydicom puts it and has its values", async (name, expected) => {
    const image = await loadImage(folder(name), { series: expected.series });
    expect(image.grid.size).toEqual(expected.shape_cols_rows_slices);
    rows(image).forEach((row, r) => {
      for (const [c, value] of row.entries())
        expect(Math.abs(value - expected.affine_lps_index_col_row_slice![r]![c]!)).toBeLessThanOrEqual(1e-3);
    });
    const { rescaled } = expected;
    if (rescaled !== undefined) {
      const { min, max, mean } = statistics(image);
      expect({ min, max }).toEqual({ min: rescaled.min, max: rescaled.max });
      expect(Math.abs(mean - rescaled.mean)).toBeLessThanOrEqual(1e-6);
    }
    const tilted = image.warnings.some(({ kind }) => kind === "sheared");
    expect(tilted).toBe(expected.tilt_angle_deg! > 0.5);
  });

  test.each(judged)("%s is found to be regular, or not", async (name, expected) => {
    const header = await loadHeader(folder(name), { series: expected.series });
    expect(header.regular).toBe(expected.regular);
    expect(header.files).toBe(expected.files);
    expect(header.grid.size[2]).toBe(expected.distinct_positions);
    if (expected.regular === true) return;
    await expect(loadImage(folder(name), { series: expected.series })).rejects.toMatchObject({
      error: { kind: "UnsupportedFile" },
    });
  });

  test("headers of all series of a folder, and one by its UID", async () => {
    const name = folder("dicom/dicomdir_multi_series");
    const headers = await loadHeaders(name);
    expect(headers.map(({ modality, files }) => [modality, files])).toEqual([
      [{ kind: "CT" }, 4],
      [{ kind: "other", name: "CR" }, 1],
      [{ kind: "other", name: "CR" }, 1],
      [{ kind: "other", name: "CR" }, 1],
    ]);
    await expect(loadImage(name)).rejects.toThrow(/holds 4 series: .*--series UID/);
    await expect(loadImage(name, { series: "1.2.3" })).rejects.toThrow(/holds no series 1\.2\.3; it holds 1\.3\.6/);
    const uid = headers[1]!.study.seriesUid!;
    expect((await loadImage(name, { series: uid })).grid.size).toEqual([16, 16, 1]);
  });

  test("a DICOMDIR stands for the files that it names, in any case, and says which are not there", async () => {
    const from = folder("dicom/dicomdir_multi_series");
    const disc = temporaryFolder();
    const index = join(disc, "DICOMDIR");
    copyFileSync(join(from, "DICOMDIR"), index);
    await expect(loadImage(index)).rejects.toThrow(
      /holds no images.*77654033\/CR1\/6154, .* more, which are not there/,
    );
    const files = { "77654033/CR1": ["6154"], "77654033/cr2": ["6247"], "77654033/CT2": ["17136", "17166", "17196"] };
    for (const [where, names] of Object.entries(files)) {
      mkdirSync(join(disc, where), { recursive: true });
      for (const name of names) symlinkSync(join(from, name), join(disc, where, name));
    }
    // What it does not name is not read.
    symlinkSync(join(from, "17106"), join(disc, "77654033/CT2/17107"));
    const headers = await loadHeaders(index);
    expect(headers.map(({ modality, files: count }) => [modality, count])).toEqual([
      [{ kind: "other", name: "CR" }, 1],
      [{ kind: "other", name: "CR" }, 1],
      [{ kind: "CT" }, 3],
    ]);
    const ct = headers[2]!;
    expect(ct.warnings).toMatchObject([{ kind: "missing", message: expect.stringMatching(/77654033\/CR3\/6278/) }]);
    const { skipped } = ct.metadata.dicom as { skipped: readonly { readonly file: string }[] };
    expect(skipped.map(({ file }) => file)).toContain("77654033/CT2/17106");
    await expect(loadImage(index)).rejects.toThrow(/DICOMDIR: .*holds 3 series/);
    const image = await loadImage(index, { series: ct.study.seriesUid! });
    const alone = await loadImage(["17136", "17166", "17196"].map((name) => join(from, name)));
    expect(image.grid).toEqual(alone.grid);
    expect(image.voxels.data).toEqual(alone.voxels.data);
    // However its own path is written.
    expect(await loadHeaders(`${disc}/./77654033/../DICOMDIR`)).toHaveLength(3);
    // Bytes have no folder.
    await expect(loadImage(new Uint8Array(readFileSync(index)))).rejects.toThrow(/DICOMDIR.*by its path/);
  });

  test("a list of sources is a folder, too", async () => {
    const [first] = await loadHeaders(folder("dicom/ct_tiny_24x38x3"));
    const files = readdirSync(folder("dicom/ct_tiny_24x38x3")).map(
      (name) => new Uint8Array(readFileSync(join(folder("dicom/ct_tiny_24x38x3"), name))),
    );
    const image = await loadImage(files.reverse());
    expect(image.grid).toEqual(first!.grid);
    expect(statistics(image).max).toBe(1);
  });

  test("a segmentation is a label image on the grid of its source", async () => {
    const labels = await loadImage(folder("dicom/seg_1bit/label.seg"), { kind: "label" });
    const source = await loadImage(folder("dicom/ct_tiny_24x38x3"));
    expect(labels.kind).toBe("label");
    rows(labels).forEach((row, r) => {
      for (const [c, value] of row.entries()) expect(value).toBeCloseTo(rows(source)[r]![c]!, 3);
    });
    // The source's voxels are its own mask.
    expect([...labels.voxels.data]).toEqual([...source.voxels.data].map(Number));
    expect(labels.metadata.dicom).toMatchObject({ segments: [{ number: 1, label: "Liver" }] });
  });

  test("one instance in 15 packings is one image, but for what is lossy", async () => {
    const name = "dicom/transfer_syntaxes_ct/CTImage.dcm_LittleEndianExplicitTransferSyntax_1.2.840.10008.1.2.1.dcm";
    const image = await loadImage(folder(name));
    expect(image.grid.size).toEqual([512, 512, 1]);
    expect(image.voxels.rescale).toEqual({ slope: 1, intercept: -1024 });
  });
});

// ---------------------------------------------------------------- pairs

/** The same scan as NIfTI; `volume` where the NIfTI file has only one of several. */
interface Pair {
  readonly dicom: string;
  readonly nifti: string;
  readonly volume?: number;
  /** dcm2niix writes Philips' own floating-point values, which are in proportion to the standard's. */
  readonly proportional?: boolean;
  /** The scanner's own NIfTI export is half a pixel away from the standard's position along x and y. */
  readonly halfPixel?: boolean;
}
const pairs: readonly Pair[] = [
  { dicom: "mr_ge_4d", nifti: "dcm_qa/DCM2NIIX_regression_test_4.nii" },
  { dicom: "mr_siemens_mosaic", nifti: "dcm_qa/EPI_PE=AP_3.nii" },
  { dicom: "mr_siemens_phase", nifti: "dcm_qa/Si_3_gre_field_magph_e2_ph.nii" },
  { dicom: "mr_enhanced_siemens_xa10", nifti: "dcm_qa/Siemens_REST1_w_SMS_PF7-8_6.nii" },
  { dicom: "mr_enhanced_philips_2echo", nifti: "dcm_qa/Philips_WIP_B0_NS_801_e1.nii", volume: 1, proportional: true },
  {
    dicom: "mr_enhanced_philips_2echo",
    nifti: "dcm_qa/Philips_WIP_B0_NS_801_e2_fieldmaphz.nii",
    volume: 0,
    proportional: true,
  },
  { dicom: "mr_ge_sagittal", nifti: "dicom2nifti/ge_anatomical_001_ground_truth.nii.gz" },
  { dicom: "mr_ge_dti_4d", nifti: "dicom2nifti/ge_dti_001_ground_truth.nii.gz" },
  { dicom: "mr_nonisotropic_slopes", nifti: "dicom2nifti/generic_anatomical_002_non_isotropic_ground_truth.nii.gz" },
  { dicom: "mr_series_compressed_j2k", nifti: "dicom2nifti/generic_compressed_001_ground_truth.nii.gz" },
  { dicom: "mr_series_compressed_jpeg", nifti: "dicom2nifti/generic_compressed_001_ground_truth.nii.gz" },
  { dicom: "mr_series_compressed_jpegls", nifti: "dicom2nifti/generic_compressed_001_ground_truth.nii.gz" },
  { dicom: "mr_series_compressed_rle", nifti: "dicom2nifti/generic_compressed_001_ground_truth.nii.gz" },
  { dicom: "mr_rgb_j2k", nifti: "dicom2nifti/generic_rgb_001_ground_truth.nii.gz" },
  { dicom: "mr_hitachi_oblique", nifti: "dicom2nifti/hitachi_anatomical_001_ground_truth.nii.gz" },
  { dicom: "mr_philips_coronal", nifti: "dicom2nifti/philips_anatomical_001_ground_truth.nii.gz" },
  { dicom: "mr_enhanced_philips", nifti: "dicom2nifti/philips_enhanced_anatomical_001_ground_truth.nii.gz" },
  { dicom: "mr_siemens_sagittal", nifti: "dicom2nifti/siemens_anatomical_001_ground_truth.nii.gz" },
  { dicom: "sts002_ct", nifti: "sts002/CT_image.nii.gz" },
  { dicom: "sts002_mr_t1", nifti: "sts002/MR_T1_image.nii.gz" },
  { dicom: "sts002_pet", nifti: "sts002/PET_image.nii.gz" },
  { dicom: "mr_enhanced_balls/T1.dcm", nifti: "balls/T1.nii.gz", halfPixel: true },
  { dicom: "mr_enhanced_balls/T2_.dcm", nifti: "balls/T2_.nii.gz", halfPixel: true },
];

const valueAt = (image: MedImage, index: Vector3, channel: number): number => {
  const [nx, ny, nz] = image.grid.size;
  const { data, rescale } = image.voxels;
  const at = ((channel * nz + index[2]) * ny + index[1]) * nx + index[0];
  return Number(data[at]) * rescale.slope + rescale.intercept;
};

describe.skipIf(!hasData)("DICOM beside NIfTI of the same scan (skipped without ../shared/data)", () => {
  test.each(pairs)("$dicom and $nifti: the same value at the same point", async (pair) => {
    const { dicom, nifti, volume, proportional = false, halfPixel = false } = pair;
    const image = await loadImage(folder(`dicom/${dicom}`));
    const other = await loadImage(folder(`nifti/${nifti}`));
    const toOther = invert(indexToWorld(other.grid));
    const [nx, ny, nz] = image.grid.size;
    const colours = componentCount[image.channels.components];
    const { channels } = image.voxels;
    const compared = volume === undefined ? Array.from({ length: channels }, (_, c) => c) : [volume];
    // RGBA of one value everywhere is RGB with a channel that says nothing.
    expect(other.voxels.channels).toBe(colours === 3 ? 4 : compared.length);
    const shift = halfPixel ? 0.5 : 0;
    let [worstPlace, largest, dot, square] = [0, 0, 0, 0];
    const values: (readonly [number, number])[] = [];
    for (let z = 0; z < nz; z++)
      for (let y = 0; y < ny; y += 3)
        for (let x = 0; x < nx; x += 3) {
          const here = pointAt(image.grid, [x - shift, y - shift, z]);
          const nearest = transformPoint(toOther, here).map(Math.round) as unknown as Vector3;
          const back = pointAt(other.grid, nearest);
          worstPlace = Math.max(worstPlace, Math.hypot(...here.map((v, k) => v - back[k]!)));
          compared.forEach((c, k) => {
            const [a, b] = [valueAt(image, [x, y, z], c), valueAt(other, nearest, k)];
            values.push([a, b]);
            dot += a * b;
            square += a * a;
            largest = Math.max(largest, Math.abs(b));
          });
        }
    expect.soft(worstPlace).toBeLessThanOrEqual(0.01);
    const factor = proportional ? dot / square : 1;
    // Slopes of NIfTI files are float32; those of Philips' private elements, too.
    const tolerance = (proportional ? 2e-5 : 2e-7) * largest + 1e-9;
    const worstValue = values.reduce((worst, [a, b]) => Math.max(worst, Math.abs(a * factor - b)), 0);
    expect.soft(worstValue).toBeLessThanOrEqual(tolerance);
    expect(largest).toBeGreaterThan(0);
  });
});

describe.skipIf(!hasData)("a field map whose NIfTI export is wrong (skipped without ../shared/data)", () => {
  test("the export mixes slices of both volumes, under one slope", async () => {
    const image = await loadImage(folder("dicom/mr_enhanced_balls/fieldmap.dcm"));
    const other = await loadImage(folder("nifti/balls/fieldmap.nii.gz"));
    expect(image.channels.shape).toEqual([2]);
    const frames = [10, 0, 11, 1, 2, 12, 3, 13, 14, 4];
    for (const [z, frame] of frames.entries())
      for (let y = 0; y < 80; y += 7)
        for (let x = 0; x < 80; x += 7) {
          const stored = Number(other.voxels.data[(z * 80 + y) * 80 + x]);
          const real = frame < 10 ? stored * 10.4004884004884 : stored * 0.24420024420024 - 500;
          expect(valueAt(image, [x, y, frame % 10], frame < 10 ? 0 : 1)).toBeCloseTo(real, 6);
        }
  });
});

// ---------------------------------------------------------------- mending

describe.skipIf(!hasData)("mending on request (skipped without ../shared/data)", () => {
  test("a missing slice becomes the blend of its neighbours", async () => {
    const image = await loadImage(folder("dicom/ct_missing_slice"), { mend: "fill-missing" });
    expect(image.grid.size[2]).toBe(5);
    expect(image.grid.spacing[2]).toBeCloseTo(5, 2);
    expect(image.warnings.map(({ kind }) => kind)).toContain("fill-missing");
    for (const [x, y] of [
      [100, 200],
      [256, 256],
      [300, 111],
    ] as const) {
      const at = (z: number): number => Number(image.voxels.data[(z * 512 + y) * 512 + x]);
      expect(at(3)).toBe(Math.floor((at(2) + at(4)) / 2 + 0.5));
    }
  });

  test("of slices at one place the first instance is taken", async () => {
    const mend = ["drop-duplicates", "largest-regular-run"] as const;
    const image = await loadImage(folder("dicom/ct_duplicate_position"), { mend });
    expect(image.grid.size[2]).toBe(2);
    expect(image.warnings.map(({ kind }) => kind)).toEqual(["drop-duplicates", "largest-regular-run"]);
  });

  test("the largest regular run of a PET series with one odd gap", async () => {
    const image = await loadImage(folder("dicom/pet_bqml_ge"), { mend: "largest-regular-run" });
    expect(image.grid.spacing[2]).toBeCloseTo(3.27, 2);
    expect(image.grid.size[2]).toBeGreaterThan(20);
    expect(image.grid.size[2]).toBeLessThan(40);
  });

  test("instances of one place become volumes when that is asked for", async () => {
    const together = temporaryFolder();
    const ct = folder("dicom/transfer_syntaxes_ct");
    for (const packing of ["JPEG2000LosslessOnly", "RLELossless", "JPEGLSLossless"]) {
      const name = readdirSync(ct).find((one) => one.includes(packing))!;
      mkdirSync(together, { recursive: true });
      symlinkSync(join(ct, name), join(together, `${packing}.dcm`));
    }
    await expect(loadImage(together)).rejects.toThrow(/as-4d/);
    const image = await loadImage(together, { mend: "as-4d" });
    expect(image.channels.shape).toEqual([3]);
    const plane = 512 * 512;
    expect(image.voxels.data.subarray(0, plane)).toEqual(image.voxels.data.subarray(plane, 2 * plane));
  });
});
