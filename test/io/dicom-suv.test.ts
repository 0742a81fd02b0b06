/** Standardized uptake values: against what pydicom computes, the rules of QIBA, and what must be refused. */
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { anonymize, suvFactor, toSUV, uptakeStatistics } from "../../src/dicom.ts";
import { imageFromArray, labelImage, type MedImage, type Metadata } from "../../src/image.ts";
import { loadHeader, loadImage } from "../../src/io/load.ts";
import { statistics } from "../../src/statistics.ts";
import { expectedSeries } from "./dicom-shared.ts";
import { canDamage, dataFolder, hasData, makeDamaged, temporaryFolder } from "./shared.ts";

/** F-18, 350 MBq at 9:00, scanned at 10:00, a man of 80 kg and 1.8 m. */
const drug: Metadata = {
  RadiopharmaceuticalStartTime: "090000",
  RadionuclideTotalDose: 350e6,
  RadionuclideHalfLife: 6588,
};
const base: Metadata = {
  Units: "BQML",
  DecayCorrection: "START",
  CorrectedImage: ["ATTN", "DECY"],
  PatientWeight: 80,
  PatientSize: 1.8,
  PatientSex: "M",
  SeriesDate: "20240301",
  SeriesTime: "100000.00",
  AcquisitionDate: "20240301",
  AcquisitionTime: "100000",
  RadiopharmaceuticalInformationSequence: [drug],
};
const pet = (
  elements: Metadata,
  acquisitionTimes: readonly string[] = ["100000"],
): { readonly metadata: Metadata } => ({
  metadata: { dicom: { elements: { ...base, ...elements }, acquisitionTimes } },
});
const withDrug = (changes: Metadata): Metadata => ({
  RadiopharmaceuticalInformationSequence: [{ ...drug, ...changes }],
});
const decayed = (seconds: number): number => 80_000 / (350e6 * 2 ** (-seconds / 6588));

type Moment = readonly [what: string, elements: Metadata, expected: number, note: RegExp | undefined];

describe("which moment the dose is decayed to", () => {
  const moments: readonly Moment[] = [
    ["the series time", {}, decayed(3600), undefined],
    [
      "the time of injection, when that is what it was corrected to",
      { DecayCorrection: "ADMIN" },
      decayed(0),
      undefined,
    ],
    [
      "the acquisition, when it was not corrected",
      { DecayCorrection: "NONE", AcquisitionTime: "101000" },
      decayed(4200),
      /not decay-corrected/,
    ],
    [
      "a full date and time of injection",
      withDrug({ RadiopharmaceuticalStartDateTime: "20240301093000.00" }),
      decayed(1800),
      undefined,
    ],
    [
      "the day before, when the injection was before midnight",
      { ...withDrug({ RadiopharmaceuticalStartTime: "233000" }), SeriesTime: "003000", AcquisitionTime: "003000" },
      decayed(3600),
      /day before/,
    ],
    [
      "GE's scan time, when the series was made later",
      { SeriesTime: "120000", "(0009,0010)": "GEMS_PETD_01", "(0009,100D)": "20240301095500" },
      decayed(3300),
      /\(0009,100D\)/,
    ],
    [
      "the acquisition less the reference time, when the series was made later",
      { SeriesTime: "120000", FrameReferenceTime: 300_000, ActualFrameDuration: 60_000 },
      0,
      /FrameReferenceTime/,
    ],
  ];
  test.each(moments)("%s", (_, elements, expected, note) => {
    const { factor, notes } = suvFactor(pet(elements));
    const lambda = Math.LN2 / 6588;
    const average = (1 / lambda) * Math.log((lambda * 60) / (1 - Math.exp(-lambda * 60)));
    expect(factor).toBeCloseTo(expected === 0 ? decayed(3600 - 300 + average) : expected, 12);
    expect(notes.length).toBe(note === undefined ? 0 : 1);
    if (note !== undefined) expect(notes[0]).toMatch(note);
  });

  test("of several acquisitions the earliest counts", () => {
    const late = pet({ SeriesTime: "120000", AcquisitionTime: "100500" }, ["100500", "100000", "101000"]);
    expect(suvFactor(late).factor).toBeCloseTo(decayed(3600), 12);
  });
});

describe("what cannot be is refused, by name", () => {
  test.each<readonly [string, Metadata, RegExp]>([
    ["no weight", { PatientWeight: "" }, /PatientWeight \(0010,1030\) is missing/],
    ["weight 0", { PatientWeight: 0 }, /PatientWeight \(0010,1030\) is 0/],
    ["no drug", { RadiopharmaceuticalInformationSequence: [] }, /RadiopharmaceuticalInformationSequence/],
    ["no dose", withDrug({ RadionuclideTotalDose: 0 }), /RadionuclideTotalDose \(0018,1074\) is 0/],
    ["MBq", withDrug({ RadionuclideTotalDose: 350 }), /350 Bq.*MBq/],
    ["no half-life", withDrug({ RadionuclideHalfLife: "" }), /RadionuclideHalfLife/],
    ["counts", { Units: "CNTS" }, /counts/],
    ["no units", { Units: "" }, /Units \(0054,1001\) is missing/],
    ["an injection one day late", withDrug({ RadiopharmaceuticalStartDateTime: "20240302090000" }), /one day late/],
    [
      "an injection after the scan",
      withDrug({ RadiopharmaceuticalStartTime: "113000" }),
      /injection is after the scan/,
    ],
    [
      "an injection days ago",
      withDrug({ RadiopharmaceuticalStartDateTime: "20240228090000" }),
      /half-lives before the scan/,
    ],
    ["no time of injection", withDrug({ RadiopharmaceuticalStartTime: "" }), /StartTime \(0018,1072\)/],
    ["a correction that is none", { DecayCorrection: "MAYBE" }, /MAYBE/],
  ])("%s", (_, elements, message) => {
    expect(() => suvFactor(pet(elements))).toThrow(message);
    expect(() => suvFactor(pet(elements))).toThrow(
      expect.objectContaining({ error: expect.objectContaining({ kind: "UnsupportedVoxels" }) }),
    );
  });

  test("slices of several times that were not corrected", () => {
    expect(() => suvFactor(pet({ DecayCorrection: "NONE" }, ["100000", "100500"]))).toThrow(/several times/);
  });
  test("an image that is not from DICOM", () => {
    expect(() => suvFactor({ metadata: {} })).toThrow(/not read from DICOM/);
  });
});

describe("what the dose is shared out over", () => {
  const factorOf = (variant: Parameters<typeof suvFactor>[1] & object, elements: Metadata = {}): number =>
    suvFactor(pet({ DecayCorrection: "ADMIN", ...elements }), variant).factor * 350e6;
  test("body weight, lean mass and surface of a man of 80 kg and 1.8 m", () => {
    expect(factorOf({ variant: "body-weight" })).toBeCloseTo(80_000, 6);
    // 9.27e6 · 80 / (6680 + 216 · 24.6914) = 7.416e8 / 12013.33
    expect(factorOf({ variant: "lean-body-mass" })).toBeCloseTo(61_731.4, 1);
    expect(factorOf({ variant: "lean-body-mass-james" })).toBeCloseTo(1000 * (88 - 128 * (80 / 180) ** 2), 6);
    expect(factorOf({ variant: "body-surface-area" })).toBeCloseTo(1.9964 * 1e4, -1);
  });
  test("of a woman", () => {
    expect(factorOf({ variant: "lean-body-mass-james" }, { PatientSex: "F" })).toBeCloseTo(
      1000 * (85.6 - 148 * (80 / 180) ** 2),
      6,
    );
    expect(() => factorOf({ variant: "lean-body-mass" }, { PatientSex: "" })).toThrow(/PatientSex/);
  });
  test("uptake by body weight becomes uptake by lean mass", () => {
    const { factor } = suvFactor(pet({ Units: "GML" }), { variant: "lean-body-mass-james" });
    expect(factor).toBeCloseTo((88 - 128 * (80 / 180) ** 2) / 80, 12);
    expect(suvFactor(pet({ Units: "GML" })).factor).toBe(1);
  });
  test("Philips' factors for counts", () => {
    expect(suvFactor(pet({ Units: "CNTS", "(7053,1000)": 0.00042 })).factor).toBe(0.00042);
    const bytes = new Uint8Array(Buffer.from("2.5 "));
    expect(suvFactor(pet({ Units: "CNTS", "(7053,1009)": bytes })).factor).toBeCloseTo(2.5 * decayed(3600), 12);
  });
});

describe.skipIf(!hasData)("real PET series (skipped without ../shared/data)", () => {
  test("the factor of a series in Bq/mL is that of the reference", async () => {
    const [name, { pet: told }] = expectedSeries().find(([folder]) => folder === "dicom/pet_bqml_ge")!;
    const image = await loadImage(join(dataFolder, name), { mend: "largest-regular-run" });
    const { factor, notes } = suvFactor(image);
    expect(factor / told!.suvbw_per_bqml_using_SeriesTime!).toBeCloseTo(1, 9);
    expect(notes).toEqual([]);
    const uptake = toSUV(image);
    expect(statistics(uptake).max).toBeCloseTo(statistics(image).max * factor, 9);
    expect(uptake.voxels.data).toBe(image.voxels.data);
    expect(suvFactor(uptake).factor).toBe(1);
  });

  test("a series of uptake values stays as it is, and its wrong date is named", async () => {
    const { factor, notes } = suvFactor(await loadHeader(join(dataFolder, "dicom/sts002_pet")));
    expect(factor).toBe(1);
    expect(notes[0]).toMatch(/2006-01-29 13:51:00.*after the scan \(2006-01-28 14:57:59\)/);
  });

  test("an anonymized image tells nothing of the patient, and has its voxels", async () => {
    const image = await loadImage(join(dataFolder, "dicom/sts002_pet"));
    const clean = anonymize(image);
    const text = JSON.stringify([clean.metadata, clean.study, clean.clinical, clean.warnings]);
    const { elements } = image.metadata.dicom as { elements: Metadata };
    for (const keyword of [
      "PatientID",
      "PatientName",
      "StudyDate",
      "SeriesInstanceUID",
      "SOPInstanceUID",
      "PatientWeight",
    ]) {
      expect(elements[keyword]).toBeDefined();
      expect(text).not.toContain(`"${keyword}"`);
    }
    for (const value of [
      elements.PatientName,
      elements.StudyInstanceUID,
      elements.FrameOfReferenceUID,
      elements.StudyDate,
    ])
      expect(text).not.toContain(String(value));
    expect(text).not.toMatch(/\(\d{3}[13579],/);
    expect(clean.voxels).toBe(image.voxels);
    expect(clean.grid).toBe(image.grid);
    expect(clean.modality.kind).toBe("PET");
  });
});

describe.skipIf(!canDamage)("damaged PET series (skipped without ../shared/data and pydicom)", () => {
  const folder = temporaryFolder();
  beforeAll(() => makeDamaged(folder), 300_000);
  test.each([
    ["no_weight", /PatientWeight/],
    ["weight_zero", /PatientWeight/],
    ["no_radiopharm", /RadiopharmaceuticalInformationSequence/],
    ["dose_zero", /RadionuclideTotalDose/],
    ["half_life_missing", /RadionuclideHalfLife/],
    ["injection_after_scan", /injection is after the scan/],
    ["units_cnts", /counts/],
  ])("%s: voxels are read, uptake values are refused", async (name, message) => {
    const image = await loadImage(join(folder, `dicom/pet_${name}`));
    expect(statistics(image).max).toBeGreaterThan(0);
    expect(() => toSUV(image)).toThrow(message);
  });
  test("decay_none: the correction is made, and said", async () => {
    const uptake = toSUV(await loadImage(join(folder, "dicom/pet_decay_none")));
    expect(uptake.warnings).toContainEqual({ kind: "suv", message: expect.stringMatching(/not decay-corrected/) });
  });
});

test("uptake in a mask", () => {
  const size = [20, 20, 20] as const;
  const data = Float32Array.from({ length: 8000 }, (_, k) => (k % 20 === 10 ? 5 : 1));
  const image: MedImage = imageFromArray(data, { size, spacing: [2, 2, 2] });
  const labels = Uint8Array.from({ length: 8000 }, (_, k) => (k % 20 >= 9 && k % 20 <= 10 ? 3 : 0));
  const { voxels, grid } = imageFromArray(labels, { size, spacing: [2, 2, 2] });
  const found = uptakeStatistics(image, labelImage({ voxels, grid }), { label: 3 });
  expect(found).toMatchObject({ min: 1, max: 5, mean: 3, voxels: 800 });
  expect(found.volume).toBeCloseTo(6.4, 9);
  expect(found.total).toBeCloseTo(19.2, 9);
  // A ball of 6.2 mm around a plane of 2 mm that is 5 where all else is 1.
  expect(found.peak).toBeGreaterThan(1.7);
  expect(found.peak).toBeLessThan(2.3);
  expect(() => uptakeStatistics(image, labelImage({ voxels, grid }), { label: 9 })).toThrow(/empty/);
});
