/** Modality lookup tables, held against what pydicom makes of the same files, and by the rules of PS3.3 C.11.1. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadImage } from "../../src/io/load.ts";
import { ctElements, type DicomElement, dicomFile, type SyntaxName } from "./handmade-dicom.ts";
import { canDamage, python3, temporaryFolder } from "./shared.ts";

const folder = temporaryFolder();

const words = (numbers: readonly number[], littleEndian = true): Uint8Array => {
  const view = new DataView(new ArrayBuffer(2 * numbers.length));
  numbers.forEach((n, k) => {
    view.setUint16(2 * k, n & 0xffff, littleEndian);
  });
  return new Uint8Array(view.buffer);
};

/** A table of `entries` from stored number `first` on, `bits` deep. */
const table = (first: number, bits: number, entries: DicomElement, vr = "US"): DicomElement => {
  const count = entries[2] instanceof Uint8Array ? entries[2].length : (entries[2] as readonly number[]).length;
  return ["0028,3000", "SQ", [[["0028,3002", vr, [count, first, bits]], ["0028,3004", "LO", "OD"], entries]]];
};

/** 4×2 stored numbers with a table. */
const file = (
  numbers: readonly number[],
  lookup: DicomElement,
  { signed = false, syntax = "explicit" as SyntaxName, z = 0, more = [] as readonly DicomElement[] } = {},
): Uint8Array =>
  dicomFile(
    syntax,
    ctElements(z, 4, 2, [
      ["0028,0101", "US", 16],
      ["0028,0102", "US", 15],
      ["0028,0103", "US", signed ? 1 : 0],
      lookup,
      ...more,
      ["7fe0,0010", "OW", words(numbers, syntax !== "big")],
    ]),
  );

const squares = Array.from({ length: 12 }, (_, k) => 100 * k * k);
const cases: readonly (readonly [what: string, bytes: Uint8Array])[] = [
  [
    "16 bits, with numbers beyond both ends",
    file([0, 3, 4, 5, 9, 15, 16, 999], table(4, 16, ["0028,3006", "US", squares])),
  ],
  [
    "signed numbers",
    file([-9, -5, -4, -1, 0, 1, 6, 7], table(-5, 16, ["0028,3006", "US", squares], "SS"), { signed: true }),
  ],
  ["implicit VR", file([4, 5, 6, 7, 8, 9, 10, 11], table(4, 16, ["0028,3006", "US", squares]), { syntax: "implicit" })],
  ["big endian", file([4, 5, 6, 7, 8, 9, 10, 11], table(4, 16, ["0028,3006", "US", squares]), { syntax: "big" })],
  [
    "a rescale beside it, which does not count",
    file([4, 5, 6, 7, 8, 9, 10, 11], table(4, 16, ["0028,3006", "US", squares]), {
      more: [
        ["0028,1052", "DS", "-5"],
        ["0028,1053", "DS", "3"],
      ],
    }),
  ],
];

describe.skipIf(!canDamage)("modality tables beside pydicom (skipped without it)", () => {
  test.each(cases)("%s", async (_, bytes) => {
    const path = join(folder, "table.dcm");
    writeFileSync(path, bytes);
    const { voxels } = await loadImage(path);
    const expected = JSON.parse(
      python3(
        "import sys, json, pydicom\nfrom pydicom.pixel_data_handlers.util import apply_modality_lut\nd = pydicom.dcmread(sys.argv[1])\nprint(json.dumps(apply_modality_lut(d.pixel_array, d).ravel().tolist()))",
        path,
      ),
    );
    expect([...voxels.data]).toEqual(expected);
    expect(voxels.rescale).toEqual({ slope: 1, intercept: 0 });
  });
});

test("numbers beyond a table have the value of its end, and become as deep as its entries", async () => {
  const { voxels } = await loadImage(cases[0]![1]);
  expect(voxels.dtype).toBe("uint16");
  expect([...voxels.data]).toEqual([0, 0, 0, 100, 2500, 12100, 12100, 12100]);
  // pydicom refuses 12 bits, and reads a first number of signed pixels as unsigned where its VR is US.
  const deep = await loadImage(file([0, 1, 2, 3, 4, 5, 6, 7], table(0, 12, ["0028,3006", "US", [9, 8, 7, 6, 4095]])));
  expect([...deep.voxels.data]).toEqual([9, 8, 7, 6, 4095, 4095, 4095, 4095]);
  const signed = await loadImage(
    file([-9, -2, -1, 0, 1, 2, 3, 4], table(0xfffe, 16, ["0028,3006", "US", [5, 6, 7]]), { signed: true }),
  );
  expect([...signed.voxels.data]).toEqual([5, 5, 6, 7, 7, 7, 7, 7]);
  const narrow = await loadImage(
    file([0, 1, 2, 3, 0, 0, 0, 9], table(0, 8, ["0028,3006", "OW", Uint8Array.of(9, 7, 5, 3)])),
  );
  expect(narrow.voxels.dtype).toBe("uint8");
  expect([...narrow.voxels.data]).toEqual([9, 7, 5, 3, 9, 9, 9, 3]);
});

test("each slice of a series has its own, and one with a rescale fits among them", async () => {
  const numbers = [4, 5, 6, 7, 8, 9, 10, 11];
  const plain: DicomElement = ["0028,3000", "SQ", []];
  const series = [
    file(numbers, table(4, 16, ["0028,3006", "US", squares]), { z: 0 }),
    file(numbers, table(4, 16, ["0028,3006", "US", squares.map((n) => n + 1)]), { z: 2 }),
    file(numbers, plain, { z: 4, more: [["0028,1052", "DS", "-1"]] }),
  ];
  const { voxels } = await loadImage(series);
  expect(voxels.dtype).toBe("float64");
  const value = squares.slice(0, 8);
  expect([...voxels.data]).toEqual([...value, ...value.map((n) => n + 1), ...numbers.map((n) => n - 1)]);
});

test("a table that is cut off is an error that says so", async () => {
  const short: DicomElement = [
    "0028,3000",
    "SQ",
    [
      [
        ["0028,3002", "US", [300, 0, 16]],
        ["0028,3006", "US", squares],
      ],
    ],
  ];
  await expect(loadImage(file([0, 0, 0, 0, 0, 0, 0, 0], short))).rejects.toThrow(
    /has a modality lookup table of 24 bytes for 300 entries/,
  );
});

test("frames of enhanced files have their rescale, and a table beside it is not applied on top", async () => {
  const groups: readonly DicomElement[] = [
    [
      "5200,9230",
      "SQ",
      [
        [
          [
            "0028,9145",
            "SQ",
            [
              [
                ["0028,1052", "DS", "-7"],
                ["0028,1053", "DS", "2"],
              ],
            ],
          ],
        ],
      ],
    ],
  ];
  const numbers = [4, 5, 6, 7, 8, 9, 10, 11];
  const { voxels } = await loadImage(file(numbers, table(4, 16, ["0028,3006", "US", squares]), { more: groups }));
  expect([...voxels.data]).toEqual(numbers);
  expect(voxels.rescale).toEqual({ slope: 2, intercept: -7 });
});
