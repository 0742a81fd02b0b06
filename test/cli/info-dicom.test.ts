/** `medimages info --json --stats` of every real DICOM file and series, against what pydicom reads in them. */
import { describe, expect, test } from "vitest";
import type { FileRecord, SeriesRecord } from "../../src/cli/image-record.ts";
import { loadHeader } from "../../src/io/load.ts";
import { expectedFiles, expectedSeries } from "../io/dicom-shared.ts";
import { call, hasShared, lines, shared } from "./harness.ts";

const record = async (...words: readonly string[]): Promise<SeriesRecord> => {
  const { status, out, err } = await call("info", "--json", ...words);
  expect(err).toBe("");
  expect(status).toBe(0);
  expect(lines(out)).toHaveLength(1);
  const { format, series } = JSON.parse(out) as FileRecord;
  expect(format).toBe("DICOM");
  expect(series).toHaveLength(1);
  return series[0]!;
};

/** Folders in which one instance lies in many packings, and files of many scanners: no series. */
const collections = new Set(["dicom/pydicom_small", "dicom/transfer_syntaxes_ct", "dicom/transfer_syntaxes_color"]);
const all = expectedSeries().filter(([path, { series }]) => !collections.has(path) && series !== "");

describe.skipIf(!hasShared)("series (skipped without ../shared/data)", () => {
  test("there are dozens", () => expect(all.length).toBeGreaterThan(35));

  test.each(all)("%s", async (path, expected) => {
    const { affine_lps_index_col_row_slice: affine, rescaled, series: uid } = expected;
    const found = await record(shared(`data/${path}`), "--series", uid, ...(affine === undefined ? [] : ["--stats"]));
    expect(found.uid).toBe(uid);
    expect(found.files).toBe(expected.files);
    const { direction, spacing, origin, stats } = found;
    if (expected.regular !== undefined) expect(found.regular).toBe(expected.regular);
    affine?.slice(0, 3).forEach((row, r) => {
      const own = [...[0, 1, 2].map((k) => direction[3 * r + k]! * spacing[k]!), origin[r]!];
      for (const [c, value] of own.entries()) expect(Math.abs(value - row[c]!)).toBeLessThanOrEqual(1e-3);
    });
    if (rescaled === undefined || affine === undefined) return;
    expect(stats).toMatchObject({ min: rescaled.min, max: rescaled.max });
    expect(Math.abs(stats!.mean - rescaled.mean)).toBeLessThanOrEqual(1e-6);
  });
});

/** Grey and not damaged on the way: the stored numbers are those of the image, but for its rescale. */
const files = expectedFiles().filter(
  ([path, { stored, lossy, samples, frames, photometric }]) =>
    stored !== undefined &&
    !lossy &&
    samples === 1 &&
    frames === 1 &&
    photometric.startsWith("MONOCHROME") &&
    !path.includes("mosaic"),
);

describe.skipIf(!hasShared)("single files (skipped without ../shared/data)", () => {
  test("there are hundreds", () => expect(files.length).toBeGreaterThan(400));

  test.each(files)("%s", async (path, { stored, rows, columns }) => {
    const { rescale } = await loadHeader(shared(`data/${path}`));
    const { size, stats } = await record(shared(`data/${path}`), "--stats");
    expect(size).toEqual([columns, rows, 1]);
    const real = (n: number): number => n * rescale.slope + rescale.intercept;
    expect(stats).toMatchObject({ min: real(stored!.min), max: real(stored!.max) });
    const tolerance = 1e-6 * Math.max(1, Math.abs(rescale.slope));
    expect(Math.abs(stats!.mean - real(stored!.mean))).toBeLessThanOrEqual(tolerance);
  });
});
