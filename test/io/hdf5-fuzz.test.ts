/** Mutants of an HDF5 file: whatever is done to its bytes, it is read or refused, soon, and by this library's errors. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { MedImagesError } from "../../compiler/errors.ts";
import { imageFromArray } from "../../src/image.ts";
import { loadHdf5, saveHdf5 } from "../../src/io/hdf5.ts";
import { temporaryFolder } from "./shared.ts";

const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);
const runs = Number(process.env.FUZZ_RUNS ?? 20_000);
const budget = 2 ** 20;
const folder = temporaryFolder();

test(`mutants of HDF5 files (FUZZ_SEED=${seed}, FUZZ_RUNS=${runs})`, { timeout: 300_000 }, async () => {
  const path = join(folder, "base.h5");
  await saveHdf5(
    path,
    imageFromArray(
      Int16Array.from({ length: 480 }, (_, k) => k),
      { size: [10, 8, 6] },
    ),
  );
  const base = readFileSync(path);
  // Lengths in the heap of texts are what the library steps by.
  const heap = base.indexOf("GCOL");
  expect(heap).toBeGreaterThan(0);
  const byte = fc.record({
    at: fc.oneof({ weight: 4, arbitrary: fc.nat(base.length - 1) }, fc.integer({ min: heap, max: heap + 400 })),
    value: fc.oneof(fc.constantFrom(0, 1, 127, 128, 255), fc.nat(255)),
  });
  const mutant = fc
    .record({
      bytes: fc.array(byte, { minLength: 1, maxLength: 4 }),
      length: fc.option(fc.integer({ min: 1, max: base.length }), { freq: 5, nil: base.length }),
    })
    .map(({ bytes, length }) => {
      const file = Uint8Array.from(base);
      for (const { at, value } of bytes) file[at] = value;
      return file.subarray(0, length);
    });
  const sound = await loadHdf5(new Uint8Array(base));
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(mutant, async (bytes) => {
      const start = performance.now();
      try {
        const { voxels } = await loadHdf5(bytes, { memory: budget });
        expect(voxels.data.byteLength).toBeLessThanOrEqual(budget);
      } catch (thrown) {
        if (!(thrown instanceof MedImagesError)) throw thrown;
        expect(["MalformedFile", "UnsupportedFile", "BudgetExceeded"]).toContain(thrown.error.kind);
        refused++;
      }
      expect(performance.now() - start).toBeLessThan(2000);
    }),
    { seed, numRuns: runs },
  );
  // Whatever a damaged file did to the library, sound ones are still read.
  expect(await loadHdf5(new Uint8Array(base))).toEqual(sound);
  expect(refused).toBeGreaterThan(runs / 20);
  expect(refused).toBeLessThan(0.95 * runs);
});
