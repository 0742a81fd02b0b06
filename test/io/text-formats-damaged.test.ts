/** The corpus of damaged MetaImage and NRRD files: each verdict, in bounded time and memory. */
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { MedImagesError } from "../../compiler/errors.ts";
import { loadHeader, loadImage } from "../../src/io/load.ts";
import { canDamage, damagedInputs, makeDamaged, temporaryFolder } from "./shared.ts";

const cases = canDamage ? [...damagedInputs("metaimage/"), ...damagedInputs("nrrd/")] : [];
const folder = temporaryFolder();

describe.skipIf(!canDamage)("damaged MetaImage and NRRD files (skipped without ../shared/data, pydicom, numpy)", () => {
  beforeAll(() => makeDamaged(folder), 300_000);

  test.each(cases)("$verdict: $file ($what)", { timeout: 10_000 }, async ({ file, verdict }) => {
    expect(verdict).toBe("reject");
    const path = join(folder, file);
    const before = process.memoryUsage().rss;
    for (const read of [() => loadImage(path), () => loadHeader(path, { verify: true })]) {
      const thrown: unknown = await read().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (!(thrown instanceof MedImagesError)) throw thrown ?? new Error(`${file} was read`);
      expect(thrown.error.kind).toBe("MalformedFile");
      expect(thrown.message.split("\n")).toHaveLength(1);
      expect(thrown.message).toContain(file);
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 28);
  });

  test("the messages name what is wrong", async () => {
    const saying: readonly (readonly [string, RegExp])[] = [
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
    ];
    for (const [file, pattern] of saying) await expect(loadImage(join(folder, file)), file).rejects.toThrow(pattern);
  });
});
