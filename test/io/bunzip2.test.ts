/** bzip2 in NRRD files: whatever happens to a stream, the voxels that it was made of come out, or an error. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MedImagesError } from "../../compiler/errors.ts";
import { loadImage } from "../../src/io/load.ts";
import { bzipped, ramp } from "./handmade.ts";
import { hasPython, python3Bytes } from "./shared.ts";

const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);

/** A line of voxels. */
const nrrd = (length: number, packed: Uint8Array): Uint8Array => {
  const header = ["NRRD0004", "type: uchar", "dimension: 1", `sizes: ${length}`, "encoding: bzip2", "spacings: 1", ""];
  return Buffer.concat([Buffer.from(`${header.join("\n")}\n`), packed]);
};
const voxelsOf = async (length: number, packed: Uint8Array): Promise<Uint8Array> =>
  (await loadImage(nrrd(length, packed))).voxels.data as Uint8Array;

const flipped = (bytes: Uint8Array, bit: number): Uint8Array => {
  const copy = Uint8Array.from(bytes);
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
};

/** Whether it was refused; what was read must be what was packed. */
const refuses = async (plain: Uint8Array, length: number, packed: Uint8Array): Promise<boolean> => {
  try {
    expect(Buffer.compare(await voxelsOf(length, packed), plain.subarray(0, length))).toBe(0);
    return false;
  } catch (thrown) {
    if (!(thrown instanceof MedImagesError)) throw thrown;
    expect(thrown.error.kind).toBe("MalformedFile");
    return true;
  }
};

describe("a stream of one block", () => {
  test("and several streams one after the other", async () => {
    expect(await voxelsOf(240, bzipped)).toEqual(ramp(240));
    const twice = Buffer.concat([bzipped, bzipped]);
    expect(await voxelsOf(480, twice)).toEqual(Uint8Array.from([...ramp(240), ...ramp(240)]));
    await expect(voxelsOf(481, twice)).rejects.toThrow(/cut off: 480 of 481 bytes/);
  });

  // A header that asks for less than there is must not keep a checksum from being looked at.
  test.each([240, 12])("every one of its bits turned over, of which %i bytes are wanted", async (length) => {
    let refused = 0;
    for (let bit = 0; bit < bzipped.length * 8; bit++)
      refused += Number(await refuses(ramp(240), length, flipped(bzipped, bit)));
    // Others change nothing: the size of blocks, codes of symbols that do not occur, the end that is not read.
    expect(refused).toBeGreaterThan(0.95 * bzipped.length * 8);
  });

  test("cut off anywhere", async () => {
    for (let length = 0; length < bzipped.length; length++)
      expect(await refuses(ramp(240), 240, bzipped.subarray(0, length))).toBe(true);
  });
});

describe.skipIf(!hasPython)(`streams of several blocks (skipped without Python; FUZZ_SEED=${seed})`, () => {
  const plain = Uint8Array.from({ length: 250_000 }, (_, k) => (k * k * 31 + (k >> 7)) % 251);
  const pack = "import bz2, sys; sys.stdout.buffer.write(bz2.compress(sys.stdin.buffer.read(), 1))";

  test("bits turned over", { timeout: 120_000 }, async () => {
    const packed = python3Bytes(pack, plain);
    expect(Buffer.compare(await voxelsOf(plain.length, packed), plain)).toBe(0);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 32, max: packed.length * 8 - 9 }),
        fc.constantFrom(plain.length, 90_000, 150_000),
        async (bit, length) => {
          const refused = await refuses(plain, length, flipped(packed, bit));
          if (length === plain.length) expect(refused).toBe(true);
        },
      ),
      { seed, numRuns: 150 },
    );
  });
});
