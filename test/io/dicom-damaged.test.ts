/** The corpus of damaged DICOM folders: each verdict, in bounded time and memory, with an error that says why. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { MedImagesError } from "../../compiler/errors.ts";
import { loadHeaders, loadImage } from "../../src/io/load.ts";
import { statistics } from "../../src/statistics.ts";
import { canDamage, damagedInputs, dataFolder, makeDamaged, temporaryFolder } from "./shared.ts";

const cases = canDamage ? damagedInputs("dicom/") : [];
const folder = temporaryFolder();
const limits = { memory: 400 * 2 ** 20 };

type Outcome = { readonly kind: "read" | "warn" | "reject"; readonly said: string };

const outcome = async (path: string): Promise<Outcome> => {
  try {
    const { warnings } = await loadImage(path, limits);
    return { kind: warnings.length > 0 ? "warn" : "read", said: warnings.map(({ message }) => message).join("\n") };
  } catch (thrown) {
    if (!(thrown instanceof MedImagesError)) throw thrown;
    expect(thrown.error.kind).not.toBe("InternalError");
    expect(thrown.error.kind).not.toBe("InvalidDocument");
    expect(thrown.message.split("\n")).toHaveLength(1);
    return { kind: "reject", said: thrown.message };
  }
};

/** What must be named: the file where one is to blame, and the cause in words. */
const saying: Readonly<Record<string, RegExp>> = {
  missing_pixeldata_all: /without pixels/,
  missing_pixeldata_one: /slice008\.dcm|4 mm between slice007\.dcm and slice009\.dcm/,
  missing_ipp_all: /ImagePositionPatient/,
  missing_ipp_one: /slice008\.dcm.*ImagePositionPatient/,
  missing_iop_all: /ImageOrientationPatient/,
  missing_pixelspacing_all: /pixel spacing/,
  missing_rows: /slice008\.dcm.*Rows/,
  missing_bitsallocated: /BitsAllocated/,
  missing_slice_middle: /4 mm between slice007\.dcm and slice008\.dcm: 1 missing/,
  missing_slices_many: /between .*: 4 missing/,
  two_series_one_folder: /2 series: .*17 files.*12 files/,
  two_series_interleaved: /2 series: .*1\.2\.3\.4\.5\.6\.7 \(17 files/,
  duplicate_files: /is a copy of/,
  duplicate_position_other_pixels: /slice008\.dcm, slice017\.dcm/,
  inconsistent_rows: /slice008\.dcm has 88×100 pixels/,
  inconsistent_spacing: /slice008\.dcm has pixels of 1×1 mm/,
  inconsistent_orientation: /slice008\.dcm has the orientation/,
  inconsistent_bits: /uint8/,
  inconsistent_frame_of_reference: /slice008\.dcm.*FrameOfReferenceUID/,
  truncated_last_file: /slice016\.dcm.*cut off/,
  truncated_in_header: /slice016\.dcm/,
  garbage_among_slices: /slice017\.dcm: is no DICOM file/,
  zero_byte_among_slices: /slice017\.dcm: is empty/,
  no_preamble: /preamble/,
  no_meta_implicit: /neither preamble nor file meta information/,
  positions_all_equal: /17 slices at the one position/,
  ipp_text: /slice008\.dcm.*ImagePositionPatient/,
  iop_zero: /ImageOrientationPatient/,
  iop_not_unit: /length is not 1/,
  iop_not_orthogonal: /right angles/,
  pixelspacing_zero: /PixelSpacing.*not positive/,
  pixelspacing_negative: /PixelSpacing.*not positive/,
  rescale_slope_zero: /rescale slope 0/,
  pixeldata_short_2_bytes: /slice008\.dcm.*22526 bytes of pixels.*22528/,
  pixeldata_long_pad: /slice008\.dcm.*512 bytes of pixels more/,
  rows_65535: /65535×65535/,
  bits_allocated_12: /12 bits allocated/,
  bits_allocated_0: /0 as its BitsAllocated/,
  number_of_frames_100: /88×128×100/,
  number_of_frames_0: /NumberOfFrames/,
  samples_per_pixel_3_short: /3 sample/,
  transfer_syntax_unknown: /1\.2\.3\.4\.5/,
  transfer_syntax_lies_jpeg: /JPEG Lossless/,
  transfer_syntax_lies_explicit: /implicit VR; read as such/,
  transfer_syntax_lies_big_endian: /other byte order/,
  element_length_huge: /\(0029,1010\).*4294967280 bytes/,
  pixeldata_undefined_length_native: /no stated length/,
  sequence_nested_20000: /nested too deeply|cut off|cannot be read/,
  elements_out_of_order: /elements after its pixels/,
  j2k_truncated: /cut off/,
  jpegls_truncated: /cut off/,
  jpeg_lossless_truncated: /cut off/,
  rle_truncated: /cut off/,
  jpeg_baseline_truncated: /cut off/,
  rle_bad_offsets: /RLE segment 1 should be bytes 64 to 2147483647/,
  rle_60_segments: /60 segments/,
  deflated_truncated: /deflated data are cut off/,
  deflate_bomb: /inflated data set/,
  bot_offsets_wrong: /table of frame offsets/,
};
/** Decoders deliver a damaged picture of these, which nothing in the file gives away. */
const silentDamage: ReadonlySet<string> = new Set([
  "rle_corrupt",
  "jpeg_lossless_corrupt",
  "j2k_corrupt",
  "jpeg_baseline_corrupt",
]);
/** What is wrong with these matters to standardized uptake values only, and is told by them. */
const isPet = (name: string): boolean => name.startsWith("pet_");

describe.skipIf(!canDamage)("damaged DICOM files (skipped without ../shared/data, pydicom and numpy)", () => {
  beforeAll(() => makeDamaged(folder), 300_000);

  test.each(cases)("$verdict: $file ($what)", { timeout: 10_000 }, async ({ file, verdict }) => {
    const name = file.split("/")[1]!;
    const { kind, said } = await outcome(join(folder, file));
    if (verdict === "reject") expect(kind).toBe("reject");
    // Read with a warning, or refused: MALFORMED.tsv allows both, but not silence.
    else if (verdict === "warn" && !silentDamage.has(name) && !isPet(name)) expect(["warn", "reject"]).toContain(kind);
    else if (verdict === "read") expect(kind).not.toBe("reject");
    if (saying[name] !== undefined) expect(said).toMatch(saying[name]);
    if (kind === "reject") expect(said).toContain(name);
  });

  test("every folder is described or refused, never worse", async () => {
    for (const { file } of cases)
      try {
        for (const { grid } of await loadHeaders(join(folder, file), { ...limits, verify: true }))
          expect([...grid.origin, ...grid.spacing, ...grid.direction].every(Number.isFinite)).toBe(true);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(MedImagesError);
        expect((thrown as MedImagesError).error.kind).not.toBe("InternalError");
      }
  });

  test("what is sound is read as the series that it was made from", async () => {
    const base = await loadImage(join(dataFolder, "dicom/ct_axial_small_complete"));
    for (const name of ["valid_shuffled_names", "other_files_among_slices", "duplicate_files", "no_meta_implicit"]) {
      const image = await loadImage(join(folder, "dicom", name));
      expect(image.grid).toEqual(base.grid);
      expect(image.voxels.data).toEqual(base.voxels.data);
    }
    const { metadata } = await loadImage(join(folder, "dicom/other_files_among_slices"));
    expect((metadata.dicom as { skipped: readonly unknown[] }).skipped).toHaveLength(4);
  });

  test("the rescale of each slice is honoured", async () => {
    const base = await loadImage(join(dataFolder, "dicom/ct_axial_small_complete"));
    const image = await loadImage(join(folder, "dicom/inconsistent_rescale"));
    const plane = 88 * 128;
    for (let k = 0; k < 17 * plane; k += 101) {
      const stored = Number(base.voxels.data[k]);
      expect(image.voxels.data[k]).toBe(Math.floor(k / plane) === 8 ? 2 * stored - 10 : stored);
    }
    expect(statistics(image).nonfinite).toBe(0);
  });

  test("memory stays within the budget and the file", async () => {
    const before = process.memoryUsage().rss;
    for (const name of ["rows_65535", "element_length_huge", "deflate_bomb", "sequence_nested_20000"]) {
      const path = join(folder, "dicom", name);
      await outcome(path);
      const [first] = readdirSync(path);
      await outcome(join(path, first!));
      await loadImage(new Uint8Array(readFileSync(join(path, first!))), limits).catch(() => undefined);
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(500 * 2 ** 20);
  });
});
