/** `medimages info` and `convert` on files made elsewhere, against what nibabel reads in them. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { SeriesRecord } from "../../src/cli/image-record.ts";
import { imageFromArray } from "../../src/image.ts";
import { loadImage, saveImage } from "../../src/io/load.ts";
import { phantom } from "../../src/phantom/index.ts";
import { call, hasShared, lines, shared, temporaryFolder } from "./harness.ts";

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const small = phantom({ size: [12, 10, 8] });

interface Expected {
  readonly shape: readonly number[];
  readonly affine_ras: readonly (readonly number[])[];
  readonly scaled: {
    readonly min?: number;
    readonly max?: number;
    readonly mean?: number;
    readonly nonfinite?: number;
  };
  readonly reference_tool_error?: string;
}
const expected: readonly (readonly [string, Expected])[] = hasShared
  ? Object.entries<Expected>(JSON.parse(readFileSync(shared("data/expected.json"), "utf8")).files).filter(
      ([path, file]) =>
        path.startsWith("nifti/") && file.affine_ras !== undefined && existsSync(shared(`data/${path}`)),
    )
  : [];

/** The same matrix in RAS as nibabel has it. */
const affineRas = ({ direction, spacing, origin }: SeriesRecord): readonly (readonly number[])[] =>
  [0, 1, 2].map((row) => {
    const sign = row < 2 ? -1 : 1;
    return [...[0, 1, 2].map((k) => sign * direction[row * 3 + k]! * spacing[k]!), sign * origin[row]!];
  });

describe.skipIf(!hasShared)("info --json --stats on real files (../shared/data)", () => {
  test("there are files", () => expect(expected.length).toBeGreaterThan(40));
  test.each(expected)("%s", async (path, { shape, affine_ras, scaled }) => {
    const { status, out } = await call("info", shared(`data/${path}`), "--json", "--stats");
    expect(status).toBe(0);
    expect(lines(out)).toHaveLength(1);
    const record = JSON.parse(out);
    expect(record.path).toBe(shared(`data/${path}`));
    expect(record.series).toHaveLength(1);
    const series: SeriesRecord = record.series[0];
    expect(series.regular).toBe(true);
    expect(series.size).toEqual([0, 1, 2].map((k) => shape[k] ?? 1));
    affineRas(series).forEach((row, r) => {
      row.forEach((value, c) => {
        expect(Math.abs(value - affine_ras[r]![c]!), `affine ${r}, ${c}`).toBeLessThan(1e-4);
      });
    });
    const { min, max, mean, nonfinite } = series.stats!;
    if (scaled.mean === undefined) return;
    const tolerance = 1e-5 * Math.max(Math.abs(scaled.min!), Math.abs(scaled.max!));
    expect(Math.abs(min - scaled.min!)).toBeLessThanOrEqual(tolerance);
    expect(Math.abs(max - scaled.max!)).toBeLessThanOrEqual(tolerance);
    expect(Math.abs(mean - scaled.mean)).toBeLessThanOrEqual(1e-5 * Math.abs(scaled.mean) + 1e-12);
    expect(nonfinite).toBe(scaled.nonfinite);
  });
});

describe("info", () => {
  test("prints one object a path with the fields of the contract", async () => {
    await saveImage(at("a.nii"), small);
    const { status, out, err } = await call("info", "--json", at("a.nii"), at("a.nii"));
    expect({ status, err }).toEqual({ status: 0, err: "" });
    expect(lines(out)).toHaveLength(2);
    const record = JSON.parse(lines(out)[0]!);
    expect(Object.keys(record)).toEqual(["path", "format", "series"]);
    expect(record).toMatchObject({ path: at("a.nii"), format: "NIfTI-1" });
    expect(record.series[0]).toMatchObject({
      size: [12, 10, 8],
      channels: 1,
      direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
      orientation: "LPS",
      dtype: "int16",
      regular: true,
      warnings: [],
    });
    expect(record.series[0]).not.toHaveProperty("stats");
  });

  test("prints a table for people", async () => {
    const { out } = await call("info", "--stats", at("a.nii"));
    expect(out).toContain("12 × 10 × 8 voxels");
    expect(out).toContain("orientation  LPS");
    expect(out).toMatch(/values +-\d+ to \d+, mean -/);
  });

  test("--memory refuses larger images before they are inflated", async () => {
    await saveImage(at("zeros.nii.gz"), imageFromArray(new Uint8Array(2 ** 22), { size: [256, 128, 128] }));
    for (const stats of [[], ["--stats"]]) {
      const { status, out, err } = await call("info", "--memory", "3", ...stats, at("zeros.nii.gz"));
      expect({ status, out }).toEqual({ status: 1, out: "" });
      expect(err).toMatch(/zeros\.nii\.gz: the image needs 4 MiB, over the limit of 3 MiB/);
    }
    expect((await call("info", "--memory", "4", at("zeros.nii.gz"))).status).toBe(0);
  });

  test("damaged files end with status 1, and the others are still shown", async () => {
    const bytes = readFileSync(at("a.nii"));
    writeFileSync(at("cut.nii"), bytes.subarray(0, bytes.length - 100));
    writeFileSync(at("page.nii"), "<!doctype html><p>404");
    for (const stats of [[], ["--stats"]]) {
      const { status, out, err } = await call("info", "--json", ...stats, at("cut.nii"), at("page.nii"), at("a.nii"));
      expect(status).toBe(1);
      expect(JSON.parse(out).path).toBe(at("a.nii"));
      expect(lines(err)).toHaveLength(2);
      expect(err).toMatch(/cut\.nii: /);
      expect(err).toMatch(/page\.nii: is an HTML page/);
    }
  });
});

describe("convert", () => {
  test("keeps voxels, geometry and dtype", async () => {
    expect(await call("convert", at("a.nii"), at("b.nii.gz"))).toEqual({ status: 0, out: "", err: "" });
    const [before, after] = [await loadImage(at("a.nii")), await loadImage(at("b.nii.gz"))];
    expect(after.voxels).toEqual(before.voxels);
    expect(after.grid).toEqual(before.grid);
  });
  test("changes the dtype when asked to: rounded and saturated", async () => {
    expect((await call("convert", at("a.nii"), at("c.nii"), "--dtype", "uint8")).status).toBe(0);
    const { voxels } = await loadImage(at("c.nii"));
    expect(voxels.dtype).toBe("uint8");
    const wanted = Uint8ClampedArray.from(small.voxels.data as Int16Array);
    expect([...(voxels.data as Uint8Array)]).toEqual([...wanted]);
  });
});
