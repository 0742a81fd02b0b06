/** Derived series: read again here, and by dcmdump, pydicom and dcm2niix where they are installed. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { saveDicom } from "../../src/dicom.ts";
import { evaluate, imageFromArray, type MedImage, pipe, rectify, resampleToSpacing, zScore } from "../../src/index.ts";
import { loadImage } from "../../src/io/load.ts";
import { statistics } from "../../src/statistics.ts";
import { canDamage, dataFolder, hasData, python3, temporaryFolder } from "./shared.ts";

const room = temporaryFolder();
const newFolder = (): string => mkdtempSync(join(room, "out-"));
const has = (command: string): boolean => spawnSync(command, ["--version"], { stdio: "ignore" }).error === undefined;

const sameGeometry = (a: MedImage, b: MedImage): void => {
  expect(a.grid.size).toEqual(b.grid.size);
  for (const key of ["spacing", "origin", "direction"] as const)
    a.grid[key].forEach((value, k) => {
      expect(value).toBeCloseTo(b.grid[key][k]!, 6);
    });
};

/** An oblique float volume that came from nowhere. */
const oblique = (): MedImage => {
  const [c, s] = [Math.cos(0.3), Math.sin(0.3)];
  return imageFromArray(
    Float32Array.from({ length: 4 * 3 * 5 }, (_, k) => Math.sin(k) * 100),
    { size: [4, 3, 5], spacing: [0.7, 0.8, 2.1], origin: [-12.5, 3.25, 100], direction: [c, -s, 0, s, c, 0, 0, 0, 1] },
  );
};

test("integers and geometry come back as they were", async () => {
  const folder = newFolder();
  const data = Int16Array.from({ length: 60 }, (_, k) => k * 31 - 900);
  const image = imageFromArray(data, oblique().grid, { rescale: { slope: 2, intercept: -5 } });
  const paths = await saveDicom(folder, image, { derivation: "made by a test" });
  expect(paths).toHaveLength(5);
  const again = await loadImage(folder);
  sameGeometry(again, image);
  expect(again.voxels).toMatchObject({ dtype: "int16", rescale: { slope: 2, intercept: -5 } });
  expect([...again.voxels.data]).toEqual([...data]);
  expect(again.warnings).toEqual([]);
});

test("other values come back to a part in 65535 of their range", async () => {
  const folder = newFolder();
  const image = oblique();
  await saveDicom(folder, image, { derivation: "made by a test", description: "näher" });
  const again = await loadImage(folder);
  sameGeometry(again, image);
  const { slope, intercept } = again.voxels.rescale;
  image.voxels.data.forEach((value: number | bigint, k: number) => {
    const real = Number(again.voxels.data[k]) * slope + intercept;
    expect(Math.abs(real - Number(value))).toBeLessThanOrEqual(200 / 65535 / 1.9);
  });
  expect(again.study.seriesDescription).toBe("näher");
});

test("the window is that of the values that are written, and the kind of uptake value is kept", async () => {
  const folder = newFolder();
  const read: MedImage<"intensity"> = {
    ...imageFromArray(
      Float32Array.from({ length: 60 }, (_, k) => k),
      oblique().grid,
    ),
    modality: { kind: "PET" },
    // More digits than a decimal string has room for.
    display: { window: { center: -1132.5388876173038, width: 1000 / 3 } },
    metadata: { dicom: { elements: { WindowCenter: 40, WindowWidth: 400, Units: "GML", SUVType: "LBMJANMA" } } },
  };
  await saveDicom(folder, read, { derivation: "" });
  const again = await loadImage(folder);
  expect(again.display.window?.center).toBeCloseTo(-1132.5388876173, 8);
  expect(again.display.window?.width).toBeCloseTo(1000 / 3, 8);
  expect(again.metadata.dicom).toMatchObject({ elements: { Units: "GML", SUVType: "LBMJANMA" } });
  const another = newFolder();
  await saveDicom(another, await evaluate(zScore()(read)), { derivation: "" });
  expect((await loadImage(another)).display.window).toBeUndefined();
});

test("what single slices cannot say is refused before anything is written", async () => {
  const folder = newFolder();
  const sheared: MedImage = { ...oblique(), grid: { ...oblique().grid, direction: [1, 0, 0, 0, 1, 0.6, 0, 0, 0.8] } };
  await expect(saveDicom(folder, sheared, { derivation: "" })).rejects.toThrow(/askew.*rectify/);
  await saveDicom(newFolder(), await evaluate(pipe(sheared, rectify())), { derivation: "" });
  const channels = imageFromArray(new Float32Array(24), { size: [2, 2, 2] }, { channels: 3 });
  await expect(saveDicom(folder, channels, { derivation: "" })).rejects.toThrow(/3 channels/);
  await expect(saveDicom(join(folder, "none"), oblique(), { derivation: "" })).rejects.toThrow(/is not a folder/);
  expect(readdirSync(folder)).toEqual([]);
});

describe.skipIf(!hasData)("a derived CT series (skipped without ../shared/data)", () => {
  const derive = async (): Promise<{
    readonly folder: string;
    readonly source: MedImage;
    readonly image: MedImage;
  }> => {
    const folder = newFolder();
    const source = await loadImage(join(dataFolder, "dicom/ct_axial_small_complete"));
    const image = await evaluate(pipe(source, resampleToSpacing([2.5, 2.5, 2.5], { fill: 0 })));
    await saveDicom(folder, image, { derivation: "resampled to 2.5 mm" });
    return { folder, source, image };
  };

  test("has new UIDs, and names its source", async () => {
    const { folder, source, image } = await derive();
    const again = await loadImage(folder);
    sameGeometry(again, image);
    expect(statistics(again).mean).toBeCloseTo(statistics(image).mean, 1);
    expect(again.study.studyUid).toBe(source.study.studyUid);
    expect(again.study.frameOfReferenceUid).toBe(source.study.frameOfReferenceUid);
    expect(again.study.seriesUid).not.toBe(source.study.seriesUid);
    const { elements } = again.metadata.dicom as { elements: Record<string, unknown> };
    expect(elements.DerivationDescription).toBe("resampled to 2.5 mm");
    expect(elements.ImageType).toEqual(["DERIVED", "SECONDARY", "AXIAL"]);
    expect(elements.SourceImageSequence).toHaveLength(17);
    expect((source.metadata.dicom as { instances: readonly string[] }).instances).toContain(
      (elements.SourceImageSequence as { ReferencedSOPInstanceUID: string }[])[0]!.ReferencedSOPInstanceUID,
    );
  });

  test.skipIf(!has("dcmdump"))("dcmdump reads it without a complaint (skipped without dcmtk)", async () => {
    const { folder } = await derive();
    for (const name of readdirSync(folder)) {
      const { status, stderr, stdout } = spawnSync("dcmdump", [join(folder, name)], { encoding: "utf8" });
      expect(stderr).toBe("");
      expect(status).toBe(0);
      expect(stdout).toContain("DerivationDescription");
    }
  });

  test.skipIf(!canDamage)("pydicom reads its pixels (skipped without pydicom)", async () => {
    const { folder, image } = await derive();
    const script = `
import sys, glob, pydicom, numpy as np
slices = sorted((pydicom.dcmread(p) for p in glob.glob(sys.argv[1] + '/*')), key=lambda d: float(d.ImagePositionPatient[2]))
v = np.stack([d.pixel_array * float(d.RescaleSlope) + float(d.RescaleIntercept) for d in slices])
print(len(slices), v.min(), v.max(), v.mean(), slices[0].is_little_endian)
`;
    const [count, min, max, mean] = python3(script, folder).split(" ").map(Number);
    const { min: least, max: most, mean: middle } = statistics(image);
    const step = (most - least) / 65535;
    expect(count).toBe(image.grid.size[2]);
    expect(Math.abs(min! - least)).toBeLessThanOrEqual(step);
    expect(Math.abs(max! - most)).toBeLessThanOrEqual(step);
    expect(Math.abs(mean! - middle)).toBeLessThanOrEqual(step);
  });

  test.skipIf(!has("dcm2niix"))("dcm2niix makes the same volume of it (skipped without dcm2niix)", async () => {
    const { folder, image } = await derive();
    const out = join(folder, "nifti");
    mkdirSync(out);
    execFileSync("dcm2niix", ["-b", "n", "-z", "n", "-o", out, "-f", "x", folder], { stdio: "ignore" });
    const again = await loadImage(join(out, readdirSync(out).find((name) => name.endsWith(".nii"))!));
    expect([...again.grid.size].sort()).toEqual([...image.grid.size].sort());
    const [a, b] = [statistics(again), statistics(image)];
    expect(Math.abs(a.mean - b.mean)).toBeLessThanOrEqual(1e-2);
    expect(Math.abs(a.max - b.max)).toBeLessThanOrEqual(1e-1);
  });
});
