/**
 * The corpus of damaged files, all but the DICOM folders, which have tests of their own: each verdict, in bounded time
 * and memory, with an error in one line that names the file and what is wrong with it.
 */
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { MedImagesError } from "../../compiler/errors.ts";
import { imageFromArray } from "../../src/image.ts";
import { loadHdf5, saveHdf5 } from "../../src/io/hdf5.ts";
import { loadHeader, loadImage } from "../../src/io/load.ts";
import { canDamage, damagedInputs, makeDamaged, temporaryFolder } from "./shared.ts";

const cases = canDamage ? damagedInputs("").filter(({ file }) => !file.startsWith("dicom/")) : [];
const folder = temporaryFolder();
const sound = imageFromArray(new Uint8Array(24), { size: [4, 3, 2] });

const outcome = async (work: () => Promise<{ readonly warnings: readonly unknown[] }>): Promise<string> => {
  try {
    return (await work()).warnings.length > 0 ? "warn" : "read";
  } catch (thrown) {
    if (!(thrown instanceof MedImagesError)) throw thrown;
    expect(thrown.error.kind).not.toBe("InternalError");
    expect(thrown.message.split("\n")).toHaveLength(1);
    return `reject: ${thrown.message}`;
  }
};

describe.skipIf(!canDamage)("damaged files (skipped without ../shared/data, pydicom and numpy)", () => {
  beforeAll(() => makeDamaged(folder), 300_000);

  test("of every kind that there is", () => {
    const kinds = new Set(damagedInputs("").map(({ file }) => file.split("/")[0]));
    expect([...kinds].sort()).toEqual(["dicom", "hdf5", "metaimage", "nifti", "nrrd"]);
    expect(damagedInputs("").length).toBeGreaterThanOrEqual(187);
  });

  test.each(cases)("$verdict: $file ($what)", { timeout: 10_000 }, async ({ file, verdict }) => {
    const path = join(folder, file);
    const before = process.memoryUsage().rss;
    for (const read of [() => loadImage(path), () => loadHeader(path, { verify: true })]) {
      const found = await outcome(read);
      if (found.startsWith("reject")) expect(found).toContain(file.replace(/\.[^/]*$/, ""));
      if (verdict === "reject") expect(found).toMatch(/^reject/);
      // Bytes anywhere in a file of another layout: there is no image in it to warn about.
      else if (file === "hdf5/random_damage.h5") expect(found).not.toBe("read");
      else if (verdict === "warn") expect(found).toBe("warn");
      else expect(found).not.toMatch(/^reject/);
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(500 * 2 ** 20);
    if (!file.startsWith("hdf5/")) return;
    // The library behind it is none the worse.
    await saveHdf5(join(folder, "after.h5"), sound);
    expect(await loadHdf5(join(folder, "after.h5"))).toEqual(sound);
  });

  test("a bomb within the stated budget is inflated no further than the budget", { timeout: 10_000 }, async () => {
    const path = join(folder, "nifti/gz_bomb_dims_match.nii.gz");
    await expect(loadImage(path, { memory: 2 ** 28 })).rejects.toMatchObject({ error: { kind: "BudgetExceeded" } });
    const verified = loadHeader(path, { memory: 2 ** 28, verify: true });
    await expect(verified).rejects.toMatchObject({ error: { kind: "BudgetExceeded", budget: 2 ** 28 } });
  });

  test.each<readonly [string, RegExp]>([
    ["nifti/html_error_page.nii.gz", /HTML page/],
    ["nifti/git_lfs_pointer.nii.gz", /Git LFS pointer/],
    ["nifti/text.nii", /text file/],
    ["nifti/empty.nii", /empty/],
    ["nifti/truncated_voxels.nii", /106932 of 213864 bytes/],
    ["nifti/one_byte_short.nii", /213863 of 213864 bytes/],
    ["nifti/truncated_voxels_gz_ok.nii.gz", /1000 of 213864 bytes/],
    ["nifti/truncated_gz.nii.gz", /cut off after \d+ of 213864 bytes/],
    ["nifti/gz_corrupt_middle.nii.gz", /neither checksum nor length/],
    ["nifti/datatype_float128.nii", /128 bits/],
    ["nifti/dim0_nine.nii", /9 dimensions/],
    ["nifti/pair_missing_img/ras.hdr", /image file is missing/],
    ["nifti/pair_missing_hdr/ras.img", /header is missing/],
    ["nifti/gz_bomb_dims_match.nii.gz", /state `memory`/],
    ["nifti/gz_bomb_small_header.nii.gz", /goes on after/],
    ["nrrd/truncated.nrrd", /gzip stream is cut off after \d+ of 226800 bytes/],
    ["nrrd/header_only.nrrd", /has no voxels|empty line before the voxels is missing/],
    ["nrrd/no_blank_line.nrrd", /empty line before the voxels missing/],
    ["nrrd/encoding_unknown.nrrd", /encoding "zstd"/],
    ["nrrd/sizes_negative.nrrd", /"sizes" is "-/],
    ["nrrd/sizes_missing.nrrd", /no field "sizes"/],
    ["nrrd/directions_nan.nrrd", /finite/],
    ["nrrd/missing_datafile.nhdr", /missing/],
    ["nrrd/path_traversal.nhdr", /outside its own folder/],
    ["metaimage/truncated.mha", /zlib stream is cut off after \d+ of 303104 bytes/],
    ["metaimage/dimsize_negative.mha", /DimSize/],
    ["metaimage/spacing_zero.mha", /spacing 0/],
    ["metaimage/matrix_singular.mha", /singular/],
    ["metaimage/type_unknown.mha", /MET_HALF/],
    ["metaimage/missing_raw.mhd", /missing/],
    ["metaimage/path_traversal.mhd", /outside its own folder/],
    ["hdf5/truncated.mnc", /HDF5 structure is damaged/],
    ["hdf5/bad_signature.h5", /is not an image that can be read here/],
  ])("%s is told by %s", async (file, pattern) => {
    await expect(loadImage(join(folder, file))).rejects.toThrow(pattern);
  });
});
