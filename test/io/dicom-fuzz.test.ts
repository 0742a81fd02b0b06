/**
 * Mutants of good DICOM files: whatever is done to headers, sequences, fragments or length, reading ends soon,
 * allocates no more than the budget, and rejects with this library's errors only.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { platform } from "#platform";
import { MedImagesError } from "../../compiler/errors.ts";
import { loadHeaders, loadImage } from "../../src/io/load.ts";
import { ctElements, type DicomElement, dicomFile, encapsulated } from "./handmade-dicom.ts";
import { dataFolder, hasData } from "./shared.ts";

const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);
const runs = Number(process.env.FUZZ_RUNS ?? 20_000);
const budget = 2 ** 22;

const ramp = (length: number): Uint8Array => Uint8Array.from({ length }, (_, k) => (k * 7 + 3) % 256);
const pixels = (length: number): DicomElement => ["7fe0,0010", "OW", ramp(length)];

const group = (z: number, index: number): DicomElement[] => [
  ["0020,9111", "SQ", [[["0020,9157", "UL", [1, index]]]]],
  ["0020,9113", "SQ", [[["0020,0032", "DS", `0\\0\\${z}`]]]],
];
const enhanced: readonly DicomElement[] = [
  ["0028,0008", "IS", "3"],
  [
    "5200,9229",
    "SQ",
    [
      [
        ["0020,9116", "SQ", [[["0020,0037", "DS", "1\\0\\0\\0\\1\\0"]]]],
        [
          "0028,9110",
          "SQ",
          [
            [
              ["0018,0050", "DS", "2"],
              ["0028,0030", "DS", "1\\1"],
            ],
          ],
        ],
      ],
    ],
  ],
  ["5200,9230", "SQ", [group(0, 1), group(2, 2), group(4, 3)]],
];
const rleFrame = (() => {
  const segment = (value: number): number[] => [129, value, 0, value ^ 1, 257 - 15, value];
  const planes = [segment(3), segment(200)];
  const head = new Uint32Array(16);
  head.set([2, 64, 64 + planes[0]!.length]);
  // 128 + 1 + 15 … bytes of each plane: enough for 8×8.
  return Uint8Array.from([...new Uint8Array(head.buffer), ...planes.flat()]);
})();

const bases: readonly Uint8Array[] = [
  dicomFile("explicit", ctElements(1, 8, 8, [pixels(128)])),
  dicomFile("implicit", ctElements(1, 8, 8, [pixels(128)])),
  dicomFile("big", ctElements(1, 8, 8, [pixels(128)])),
  dicomFile("deflated", ctElements(1, 8, 8, [pixels(128)])),
  dicomFile("explicit", ctElements(1, 8, 8, [...enhanced, pixels(384)])),
  dicomFile(
    "explicit",
    ctElements(1, 8, 8, [
      [
        "0028,3000",
        "SQ",
        [
          [
            ["0028,3002", "US", [16, 8, 16]],
            ["0028,3006", "US", Array.from(ramp(16))],
          ],
        ],
      ],
      pixels(128),
    ]),
  ),
  dicomFile(
    "explicit",
    ctElements(1, 8, 8, [
      ...enhanced,
      ["0008,0016", "UI", "1.2.840.10008.5.1.4.1.1.66.4"],
      ["0028,0100", "US", 8],
      ["0028,0101", "US", 8],
      ["0028,0102", "US", 7],
      ["0062,0001", "CS", "FRACTIONAL"],
      ["0062,0002", "SQ", [[["0062,0004", "US", 1]], [["0062,0004", "US", 2]]]],
      ["0062,000e", "US", 255],
      pixels(192),
    ]),
  ),
  dicomFile("rle", ctElements(1, 12, 12), encapsulated([rleFrame])),
  dicomFile("deflated frames", ctElements(1, 8, 8), encapsulated([deflateRawSync(ramp(128))])),
  dicomFile(
    "encapsulated uncompressed",
    ctElements(1, 8, 8, [["0028,0008", "IS", "2"]]),
    encapsulated([ramp(128), ramp(128)], [0, 136]),
  ),
  dicomFile(
    "explicit",
    ctElements(1, 8, 8, [
      ["0028,0002", "US", 3],
      ["0028,0004", "CS", "YBR_FULL_422"],
      ["0028,0100", "US", 8],
      ["0028,0101", "US", 8],
      ["0028,0102", "US", 7],
      pixels(128),
    ]),
  ),
];

interface Mutation {
  /** From the start, or from the end where negative. */
  readonly at: number;
  readonly bytes: Uint8Array;
}
const nasty = [0, 1, -1, 2, 7, 8, 12, 64, 255, 256, 65535, 0xfffee000 | 0, 2 ** 31 - 1, -(2 ** 31)];
const field = fc.tuple(fc.constantFrom(...nasty), fc.boolean(), fc.constantFrom(2, 4)).map(([value, little, width]) => {
  const view = new DataView(new ArrayBuffer(4));
  if (width === 2) view.setInt16(0, value, little);
  else view.setInt32(0, value, little);
  return new Uint8Array(view.buffer, 0, width);
});
const words = fc
  .constantFrom("SQ", "UN", "OB", "US", "1e9", "-1", "NaN", "\\\\", "0\\0", "99999999", "YBR_FULL", "MOSAIC")
  .map((text) => new Uint8Array(Buffer.from(text)));
const bytesPut = fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 4 }), field, words);
const inHeader: fc.Arbitrary<Mutation> = fc.record({
  at: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 128, max: 1100 }) },
    { weight: 1, arbitrary: fc.integer({ min: -400, max: -1 }) },
  ),
  bytes: bytesPut,
});
const inCodestream: fc.Arbitrary<Mutation> = fc.record({ at: fc.integer({ min: -6000, max: -1 }), bytes: bytesPut });

const mutant = (of: readonly Uint8Array[], mutation: fc.Arbitrary<Mutation>): fc.Arbitrary<Uint8Array> =>
  fc
    .record({
      base: fc.constantFrom(...of),
      mutations: fc.array(mutation, { maxLength: 4 }),
      length: fc.option(fc.nat(1500), { freq: 10, nil: undefined }),
      cut: fc.option(fc.record({ at: fc.nat(1100), length: fc.integer({ min: 1, max: 40 }) }), {
        freq: 6,
        nil: undefined,
      }),
    })
    .map(({ base, mutations, length, cut }) => {
      const bytes = base.slice();
      for (const { at, bytes: patch } of mutations) {
        const from = Math.min(bytes.length, at < 0 ? Math.max(0, bytes.length + at) : at % bytes.length);
        bytes.set(patch.subarray(0, bytes.length - from), from);
      }
      const short =
        cut === undefined
          ? bytes
          : new Uint8Array([...bytes.subarray(0, cut.at), ...bytes.subarray(cut.at + cut.length)]);
      return short.slice(0, length);
    });

const fuzz = async (
  of: readonly Uint8Array[],
  mutation: fc.Arbitrary<Mutation>,
  numRuns: number,
): Promise<{ readonly refused: number; readonly largest: number }> => {
  const allocate = platform.allocateBuffer;
  let largest = 0;
  let refused = 0;
  const spied = platform as { allocateBuffer: typeof allocate };
  spied.allocateBuffer = (bytes) => {
    largest = Math.max(largest, bytes);
    return allocate(bytes);
  };
  const settles = async (work: Promise<unknown>): Promise<void> => {
    try {
      await work;
    } catch (thrown) {
      if (!(thrown instanceof MedImagesError)) throw thrown;
      expect(thrown.error.kind).not.toBe("InternalError");
      expect(thrown.error.kind).not.toBe("InvalidDocument");
      refused++;
    }
  };
  try {
    await fc.assert(
      fc.asyncProperty(mutant(of, mutation), async (bytes) => {
        const start = performance.now();
        await settles(
          loadImage([bytes], { memory: budget }).then(({ grid, voxels }) => {
            expect([...grid.origin, ...grid.spacing, ...grid.direction].every(Number.isFinite)).toBe(true);
            expect(Number.isFinite(voxels.rescale.slope) && Number.isFinite(voxels.rescale.intercept)).toBe(true);
          }),
        );
        await settles(loadHeaders(bytes, { memory: budget, verify: true }));
        expect(performance.now() - start).toBeLessThan(2000);
      }),
      { seed, numRuns, includeErrorInReport: true },
    );
  } finally {
    spied.allocateBuffer = allocate;
  }
  return { refused, largest };
};

test("the files that mutants are made of are sound", async () => {
  for (const base of bases) expect((await loadImage(base)).grid.size[0]).toBeGreaterThan(7);
});

test(`mutants of headers and fragments are read or refused, never worse (FUZZ_SEED=${seed})`, {
  timeout: 300_000,
}, async () => {
  const { refused, largest } = await fuzz(bases, inHeader, runs);
  expect(largest).toBeLessThanOrEqual(budget);
  // Both outcomes must occur, or the mutants are too tame or too wild to tell anything.
  expect(refused).toBeGreaterThan(runs / 10);
  expect(refused).toBeLessThan(1.9 * runs);
});

const small = ["MR_small_RLE", "MR_small_jp2klossless", "MR_small_jpeg_ls_lossless", "SC_rgb_jpeg_dcmtk"];
describe.skipIf(!hasData)("mutants of codestreams (skipped without ../shared/data)", () => {
  test(`they are read or refused, never worse (FUZZ_SEED=${seed})`, { timeout: 300_000 }, async () => {
    const files = small.map(
      (name) => new Uint8Array(readFileSync(join(dataFolder, `dicom/pydicom_small/${name}.dcm`))),
    );
    const { largest } = await fuzz(files, inCodestream, Math.ceil(runs / 10));
    expect(largest).toBeLessThanOrEqual(budget);
  });
});
