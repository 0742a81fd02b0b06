/**
 * Mutants of good DICOM files: whatever is done to headers, sequences, fragments or length, reading ends soon,
 * allocates no more than the budget, and rejects with this library's errors only.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadHeaders, loadImage } from "../../src/io/load.ts";
import { readingAs, runs, searchMutants, seedText, type Way } from "./fuzz.ts";
import {
  ctElements,
  type DicomElement,
  dicomFile,
  encapsulated,
  frameGroup,
  segmentationFile,
  sharedGroups,
} from "./handmade-dicom.ts";
import { dataFolder, hasData } from "./shared.ts";

const ramp = (length: number): Uint8Array => Uint8Array.from({ length }, (_, k) => (k * 7 + 3) % 256);
const pixels = (length: number): DicomElement => ["7fe0,0010", "OW", ramp(length)];

const enhanced: readonly DicomElement[] = [
  ["0028,0008", "IS", "3"],
  sharedGroups,
  [
    "5200,9230",
    "SQ",
    [0, 2, 4].map((z, k) => frameGroup(z, [["0020,9111", "SQ", [[["0020,9157", "UL", [1, k + 1]]]]]])),
  ],
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
  segmentationFile(
    8,
    8,
    [1, 2, 1].map((segment, k) => ({ segment, z: 2 * k, pixels: ramp(64) })),
    ["liver", "spleen"],
    [
      ["0062,0001", "CS", "FRACTIONAL"],
      ["0062,000e", "US", 255],
    ],
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

/** What was cut short, or out of the middle, is refused for little else. */
const seldom = <A>(arbitrary: fc.Arbitrary<A>): fc.Arbitrary<A | undefined> =>
  fc.oneof({ weight: 7, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });

const mutant = (of: readonly Uint8Array[], mutation: fc.Arbitrary<Mutation>): fc.Arbitrary<Uint8Array> =>
  fc
    .record({
      base: fc.constantFrom(...of),
      mutations: fc.array(mutation, { maxLength: 4 }),
      length: seldom(fc.nat(1500)),
      cut: seldom(fc.record({ at: fc.nat(1100), length: fc.integer({ min: 1, max: 40 }) })),
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

/** As the files of a series, and the headers of all series with the voxels thrown away. */
const ways: readonly Way[] = [
  readingAs((bytes) => [bytes]),
  async (bytes, options) => {
    await loadHeaders(bytes, { ...options, verify: true });
  },
];

test("the files that mutants are made of are sound", async () => {
  for (const base of bases) expect((await loadImage(base)).grid.size[0]).toBeGreaterThan(7);
});

test(`mutants of headers and fragments are read or refused, never worse (${seedText})`, {
  timeout: 300_000,
}, async () => {
  await searchMutants(mutant(bases, inHeader), ways);
});

const small = ["MR_small_RLE", "MR_small_jp2klossless", "MR_small_jpeg_ls_lossless", "SC_rgb_jpeg_dcmtk"];
describe.skipIf(!hasData)("mutants of codestreams (skipped without ../shared/data)", () => {
  test(`they are read or refused, never worse (${seedText})`, { timeout: 300_000 }, async () => {
    const files = small.map(
      (name) => new Uint8Array(readFileSync(join(dataFolder, `dicom/pydicom_small/${name}.dcm`))),
    );
    await searchMutants(mutant(files, inCodestream), ways, undefined, Math.ceil(runs / 10));
  });
});
