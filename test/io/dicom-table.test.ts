/**
 * The tables of docs/formats.md: what is read, and what it was verified against. They are made here from what
 * really was read; with UPDATE_DOCS=1 they are written, otherwise they must be those in the document.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { imageFileOf, openFrames, readDicomFile } from "../../src/io/dicom/file.ts";
import { transferSyntaxes } from "../../src/io/dicom/syntax.ts";
import { loadImage } from "../../src/io/load.ts";
import { expectedFiles, expectedSeries, extremes, sha256 } from "./dicom-shared.ts";
import { dataFolder, hasData } from "./shared.ts";

const document = fileURLToPath(new URL("../../docs/formats.md", import.meta.url));

/** Between these lines of the document stands the table of this name. */
const between = (name: string): RegExp => new RegExp(`(<!-- ${name} -->\n)[^]*?(\n<!-- end -->)`);

const judge = (name: string, table: string): void => {
  const text = readFileSync(document, "utf8");
  if (process.env.UPDATE_DOCS === "1") writeFileSync(document, text.replace(between(name), `$1${table}$2`));
  else expect(text.match(between(name))?.[0]).toContain(table);
};

const tableOf = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");

type Structure = "grey" | "colour" | "several frames";
const structures: readonly Structure[] = ["grey", "colour", "several frames"];

interface Count {
  exact: number;
  close: number;
}

/** What no real file of the shared set is packed with: the tests that make such files by hand. */
const handmade: Readonly<Record<string, string>> = {
  "1.2.840.10008.1.2.1.98": "hand-made",
  "1.2.840.10008.1.2.8.1": "hand-made",
  "1.2.840.113619.5.2": "hand-made",
  "1.2.840.10008.1.2.4.202": "a real codestream, hand-made file",
  "1.2.840.10008.1.2.4.203": "a real codestream, hand-made file",
};
/** 12 bits in several scans: no decoder is kept for them, and the reference tools have none either. */
const refused: Readonly<Record<string, string>> = {
  "1.2.840.10008.1.2.4.53": "8 bits; 12 bits: an error that says so",
  "1.2.840.10008.1.2.4.55": "8 bits; 12 bits: an error that says so",
};

const structuresRead: readonly (readonly [structure: string, folder: string, against: string])[] = [
  ["series of single slices, any file names", "ct_axial_small_complete", "pydicom"],
  ["tilted gantry: a sheared grid", "ct_gantry_tilt", "pydicom"],
  ["another rescale in every slice (PET, Philips MR)", "sts002_pet", "pydicom, a NIfTI file of the scan"],
  ["time series as 4-D", "mr_ge_4d", "dcm2niix"],
  ["b-values as 4-D", "mr_ge_dti_4d", "dicom2nifti"],
  ["Siemens mosaic", "mr_siemens_mosaic", "dcm2niix"],
  ["enhanced multi-frame", "mr_enhanced_philips", "dicom2nifti"],
  ["enhanced multi-frame, several echoes or frame types as 4-D", "mr_enhanced_philips_2echo", "dcm2niix"],
  ["enhanced multi-frame, one file a time point, as 4-D", "mr_enhanced_siemens_xa10", "dcm2niix"],
  ["colour, palette: channels red, green, blue", "mr_rgb_j2k", "dicom2nifti"],
  ["float pixels", "float_pixels", "pydicom"],
  ["segmentation (SEG) as labels", "seg_1bit", "the series that it was drawn on"],
  ["frames without places (ultrasound): channels", "us_multiframe_jpeg", "pydicom"],
];

describe.skipIf(!hasData)("the tables of docs/formats.md (skipped without ../shared/data)", () => {
  test("transfer syntaxes", async () => {
    const counts = new Map<string, Record<Structure, Count>>();
    for (const [path, expected] of expectedFiles()) {
      if (expected.stored === undefined) continue;
      const file = imageFileOf(await readDicomFile(join(dataFolder, path), {}));
      const frames = await openFrames(file);
      const arrays = [];
      for (let k = 0; k < file.layout.frames; k++) arrays.push((await frames.read(k)).stored);
      const structure: Structure =
        file.layout.frames > 1
          ? "several frames"
          : file.layout.samples === 3 || expected.photometric.startsWith("PAL")
            ? "colour"
            : "grey";
      const row = counts.get(expected.transfer_syntax) ?? {
        grey: { exact: 0, close: 0 },
        colour: { exact: 0, close: 0 },
        "several frames": { exact: 0, close: 0 },
      };
      counts.set(expected.transfer_syntax, row);
      if (sha256(arrays) === expected.sha256_pixels_le) row[structure].exact++;
      else {
        expect(expected.lossy, path).toBe(true);
        expect(Number.isFinite(extremes(arrays).mean)).toBe(true);
        row[structure].close++;
      }
    }
    const cell = ({ exact, close }: Count): string =>
      [exact > 0 ? `${exact} exact` : "", close > 0 ? `${close} within tolerance` : ""]
        .filter((part) => part !== "")
        .join(", ") || "–";
    const rows = transferSyntaxes.map(({ uid, name }) => {
      const found = counts.get(uid);
      const other = found === undefined ? (handmade[uid] ?? refused[uid] ?? expect.unreachable(uid)) : "";
      return [
        name,
        uid,
        ...structures.map((one, k) => (found === undefined ? (k === 0 ? other : "–") : cell(found[one]))),
      ];
    });
    judge("transfer syntaxes", tableOf(["transfer syntax", "UID", ...structures], rows));
  }, 120_000);

  test("structures", async () => {
    const series = expectedSeries();
    const rows: (readonly string[])[] = [];
    for (const [structure, folder, against] of structuresRead) {
      const expected = series.find(([name]) => name === `dicom/${folder}`)![1];
      const { grid, channels, warnings } = await loadImage(join(dataFolder, "dicom", folder), {
        series: expected.series,
      }).catch(() => loadImage(join(dataFolder, "dicom", folder)));
      const shape = [...grid.size, ...channels.shape].join("×");
      const told = [...new Set(warnings.map(({ kind }) => kind))].join(", ");
      rows.push([
        structure,
        `${shape}${channels.components === "rgb" ? " RGB" : ""}`,
        told === "" ? "–" : told,
        against,
      ]);
    }
    judge("structures", tableOf(["structure", "example in the tests", "warnings", "verified against"], rows));
  });
});
