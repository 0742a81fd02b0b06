/** The corpus of damaged NIfTI files: each verdict, in bounded time and memory. */
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { MedImagesError } from "../../compiler/errors.ts";
import { loadHeader, loadImage } from "../../src/io/load.ts";
import { canDamage, damagedInputs, makeDamaged, temporaryFolder } from "./shared.ts";

const cases = canDamage ? damagedInputs("nifti/") : [];
const folder = temporaryFolder();

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

describe.skipIf(!canDamage)("damaged NIfTI files (skipped without ../shared/data, pydicom and numpy)", () => {
  beforeAll(() => makeDamaged(folder), 300_000);

  test.each(cases)("$verdict: $file ($what)", { timeout: 10_000 }, async ({ file, verdict }) => {
    const path = join(folder, file);
    for (const read of [() => loadImage(path), () => loadHeader(path, { verify: true })]) {
      const found = await outcome(read);
      if (verdict === "reject") {
        expect(found).toMatch(/^reject/);
        expect(found).toContain(file.replace(/\.[^/]*$/, ""));
      } else if (verdict === "warn") expect(found).toBe("warn");
      else expect(found).not.toMatch(/^reject/);
    }
  });

  test("a bomb within the stated budget is inflated no further than the budget", { timeout: 10_000 }, async () => {
    const path = join(folder, "nifti/gz_bomb_dims_match.nii.gz");
    await expect(loadImage(path, { memory: 2 ** 28 })).rejects.toMatchObject({ error: { kind: "BudgetExceeded" } });
    const verified = loadHeader(path, { memory: 2 ** 28, verify: true });
    await expect(verified).rejects.toMatchObject({ error: { kind: "BudgetExceeded", budget: 2 ** 28 } });
  });

  test("the messages name what is wrong", async () => {
    const saying: readonly (readonly [string, RegExp])[] = [
      ["html_error_page.nii.gz", /HTML page/],
      ["git_lfs_pointer.nii.gz", /Git LFS pointer/],
      ["text.nii", /text file/],
      ["empty.nii", /empty/],
      ["truncated_voxels.nii", /106932 of 213864 bytes/],
      ["one_byte_short.nii", /213863 of 213864 bytes/],
      ["truncated_voxels_gz_ok.nii.gz", /1000 of 213864 bytes/],
      ["truncated_gz.nii.gz", /cut off after \d+ of 213864 bytes/],
      ["gz_corrupt_middle.nii.gz", /neither checksum nor length/],
      ["datatype_float128.nii", /128 bits/],
      ["dim0_nine.nii", /9 dimensions/],
      ["pair_missing_img/ras.hdr", /image file is missing/],
      ["pair_missing_hdr/ras.img", /header is missing/],
      ["gz_bomb_dims_match.nii.gz", /state `memory`/],
      ["gz_bomb_small_header.nii.gz", /goes on after/],
    ];
    for (const [file, pattern] of saying)
      await expect(loadImage(join(folder, "nifti", file)), file).rejects.toThrow(pattern);
  });
});
