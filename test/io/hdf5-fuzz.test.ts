/** Mutants of HDF5 files of every layout: of the structure above all, of which the library behind it believes much. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { imageFromArray, type MedImage } from "../../src/image.ts";
import { listHdf5, loadHdf5, saveHdf5 } from "../../src/io/hdf5.ts";
import { searchMutants, seedText, verifying, type Way } from "./fuzz.ts";
import { dataFolder, hasData, temporaryFolder } from "./shared.ts";

const folder = temporaryFolder();
const numbers = Int16Array.from({ length: 480 }, (_, k) => k);

const bases: Uint8Array[] = [];
let sound: readonly MedImage[] = [];
const soundImages = (): Promise<readonly MedImage[]> =>
  Promise.all(
    bases.map(async (bytes) => {
      const [image = ""] = await listHdf5(bytes);
      return loadHdf5(bytes, { image });
    }),
  );

beforeAll(async () => {
  const path = join(folder, "base.h5");
  await saveHdf5(path, imageFromArray(numbers, { size: [10, 8, 6] }));
  bases.push(new Uint8Array(readFileSync(path)));
  const julia = fileURLToPath(new URL("../fixtures/medimages-jl/images.h5", import.meta.url));
  bases.push(new Uint8Array(readFileSync(julia)));
  if (hasData) bases.push(new Uint8Array(readFileSync(join(dataFolder, "hdf5/small.mnc"))));
  sound = await soundImages();
});

const named: Way = async (bytes, options) => {
  const [image = ""] = await listHdf5(bytes, options);
  await loadHdf5(bytes, { ...options, image });
};
const slices: Way = async (bytes, options) => {
  const [image = ""] = await listHdf5(bytes, options);
  await loadHdf5(bytes, { ...options, image, slices: { first: 0, count: 1 } });
};

const value = fc.oneof(fc.constantFrom(0, 1, 127, 128, 255), fc.nat(255));
const parts = fc.record({
  base: fc.nat(2),
  bytes: fc.array(
    // Where bytes that are not zero stand, the structure is; lengths in heaps are what the library steps by.
    fc.record({ place: fc.constantFrom("anywhere", "written", "heap"), at: fc.nat(2 ** 24), value }),
    { minLength: 1, maxLength: 5 },
  ),
  length: fc.option(fc.nat(2 ** 24), { freq: 8, nil: undefined }),
});

const places = new Map<Uint8Array, { readonly written: readonly number[]; readonly heap: number }>();
const placesOf = (base: Uint8Array): { readonly written: readonly number[]; readonly heap: number } => {
  const known = places.get(base);
  if (known !== undefined) return known;
  const written = [...base.keys()].filter((k) => base[k] !== 0 && k < 12_000);
  const found = { written, heap: Math.max(0, Buffer.from(base).indexOf("GCOL")) };
  places.set(base, found);
  return found;
};

const mutants = parts.map(({ base: which, bytes, length }) => {
  const base = bases[which % bases.length]!;
  const { written, heap } = placesOf(base);
  const file = Uint8Array.from(base);
  for (const { place, at, value } of bytes) {
    const where = { anywhere: at % base.length, written: written[at % written.length]!, heap: heap + (at % 400) }[
      place
    ];
    file[where] = value;
  }
  return length === undefined ? file : file.subarray(0, 1 + (length % base.length));
});

test(`mutants are read or refused, never worse (${seedText})`, { timeout: 300_000 }, () =>
  searchMutants(mutants, [named, verifying, slices], async () => {
    expect(await soundImages()).toEqual(sound);
  }),
);
