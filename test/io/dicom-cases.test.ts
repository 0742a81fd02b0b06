/** What the real files do not show: hand-made ones, each for one rule of the standard. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { textDecoder } from "../../src/io/dicom/text.ts";
import { loadHeader, loadImage } from "../../src/io/load.ts";
import { ctElements, type DicomElement, dicomFile, encapsulated } from "./handmade-dicom.ts";
import { dataFolder } from "./shared.ts";

const words = (numbers: readonly number[]): Uint8Array =>
  new Uint8Array(Uint16Array.from(numbers, (n) => n & 0xffff).buffer);
const pixels = (numbers: readonly number[]): DicomElement => ["7fe0,0010", "OW", words(numbers)];
const values = async (file: Uint8Array): Promise<readonly number[]> =>
  [...(await loadImage(file)).voxels.data].map(Number);

describe("stored bits", () => {
  test("what stands above the high bit is masked away", async () => {
    const file = dicomFile("explicit", ctElements(0, 2, 2, [pixels([0xf001, 0x0fff, 0x8123, 0x7000])]));
    expect(await values(file)).toEqual([1, 0xfff, 0x123, 0]);
  });

  test("signed numbers are extended from the high bit, not from the last one", async () => {
    const file = dicomFile(
      "explicit",
      ctElements(0, 2, 2, [["0028,0103", "US", 1], pixels([0x0fff, 0x0800, 0x07ff, 0xf801])]),
    );
    expect(await values(file)).toEqual([-1, -2048, 2047, -2047]);
  });

  test("a high bit above the stored ones shifts down", async () => {
    const file = dicomFile("explicit", ctElements(0, 2, 1, [["0028,0102", "US", 15], pixels([0x1230, 0xffff])]));
    expect(await values(file)).toEqual([0x123, 0xfff]);
  });

  test("single bits come from the lowest of each byte, across the ends of frames", async () => {
    const bits: DicomElement[] = [
      ["0028,0008", "IS", "2"],
      ["0028,0100", "US", 1],
      ["0028,0101", "US", 1],
      ["0028,0102", "US", 0],
      ["0028,1052", "DS", "0"],
      ["7fe0,0010", "OB", Uint8Array.of(0b10100101, 0b00000011)],
    ];
    const file = dicomFile("explicit", ctElements(0, 3, 2, bits));
    const { voxels } = await loadImage(file);
    expect([...voxels.data]).toEqual([1, 0, 1, 0, 0, 1, 0, 1, 1, 1, 0, 0]);
  });
});

describe("packings that no real file of the tests has", () => {
  const numbers = Array.from({ length: 16 }, (_, k) => k * 37);

  test("encapsulated uncompressed frames, with and without a table of offsets", async () => {
    const frames = [words(numbers), words(numbers.map((n) => n + 1))];
    for (const offsets of [[], [0, 40], [0, 4000]]) {
      const more: DicomElement[] = [["0028,0008", "IS", "2"]];
      const file = dicomFile("encapsulated uncompressed", ctElements(0, 4, 4, more), encapsulated(frames, offsets));
      const { voxels, warnings } = await loadImage(file);
      expect([...voxels.data]).toEqual([...numbers, ...numbers.map((n) => n + 1)]);
      expect(warnings.some(({ message }) => message.includes("table of frame offsets"))).toBe(offsets[1] === 4000);
    }
  });

  test("deflated frames", async () => {
    const file = dicomFile("deflated frames", ctElements(0, 4, 4), encapsulated([deflateRawSync(words(numbers))]));
    expect(await values(file)).toEqual(numbers);
    const short = dicomFile(
      "deflated frames",
      ctElements(0, 4, 4),
      encapsulated([deflateRawSync(words(numbers.slice(1)))]),
    );
    await expect(loadImage(short)).rejects.toThrow(/30 of 32 bytes/);
  });

  test("GE's implicit VR with big-endian pixels", async () => {
    const swapped = numbers.map((n) => ((n & 255) << 8) | (n >> 8));
    const file = dicomFile("GE", ctElements(0, 4, 4, [pixels(swapped)]));
    expect(await values(file)).toEqual(numbers);
  });

  const codestream = join(dataFolder, "codestream");
  test.skipIf(!existsSync(codestream))(
    "a real HTJ2K codestream under its three syntaxes (skipped without ../shared/data)",
    async () => {
      const packed = new Uint8Array(readFileSync(join(codestream, "CT2.j2c")));
      const raw = readFileSync(join(codestream, "CT2.RAW"));
      const expected = new Int16Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.byteLength));
      const signed: DicomElement[] = [
        ["0028,0101", "US", 16],
        ["0028,0102", "US", 15],
        ["0028,0103", "US", 1],
      ];
      for (const syntax of ["HTJ2K lossless", "HTJ2K lossless RPCL", "HTJ2K"] as const) {
        const { voxels } = await loadImage(dicomFile(syntax, ctElements(0, 512, 512, signed), encapsulated([packed])));
        expect(voxels.dtype).toBe("int16");
        expect(
          Buffer.compare(Buffer.from(voxels.data.buffer as ArrayBuffer, 0, raw.length), Buffer.from(expected.buffer)),
        ).toBe(0);
      }
      // Fragments without a table: the frame is all of them.
      const halves = [packed.subarray(0, 1000), packed.subarray(1000)];
      const { voxels } = await loadImage(dicomFile("HTJ2K", ctElements(0, 512, 512, signed), encapsulated(halves)));
      expect(voxels.data[1000]).toBe(expected[1000]);
    },
  );
});

describe("colour", () => {
  const grey: DicomElement[] = [
    ["0028,0100", "US", 8],
    ["0028,0101", "US", 8],
    ["0028,0102", "US", 7],
  ];
  test("luminance and differences become red, green and blue", async () => {
    const more: DicomElement[] = [
      ...grey,
      ["0028,0002", "US", 3],
      ["0028,0004", "CS", "YBR_FULL"],
      ["0028,0006", "US", 0],
      ["7fe0,0010", "OB", Uint8Array.of(76, 85, 255, 150, 44, 21)],
    ];
    const { voxels, channels } = await loadImage(dicomFile("explicit", ctElements(0, 2, 1, more)));
    expect(channels.components).toBe("rgb");
    // Red, and the green of half of the way.
    expect([...voxels.data]).toEqual([254, 0, 0, 255, 0, 1]);
  });

  test("planes are as good as pixels", async () => {
    const of = (planar: number, bytes: readonly number[]): Uint8Array =>
      dicomFile(
        "explicit",
        ctElements(0, 2, 1, [
          ...grey,
          ["0028,0002", "US", 3],
          ["0028,0004", "CS", "RGB"],
          ["0028,0006", "US", planar],
          ["7fe0,0010", "OB", Uint8Array.from(bytes)],
        ]),
      );
    expect(await values(of(0, [1, 2, 3, 4, 5, 6]))).toEqual([1, 4, 2, 5, 3, 6]);
    expect(await values(of(1, [1, 4, 2, 5, 3, 6]))).toEqual([1, 4, 2, 5, 3, 6]);
  });

  test("a palette gives the colours of numbers, and its ends to those beyond it", async () => {
    const table = (tag: string, entries: readonly number[]): DicomElement[] => [
      [`0028,110${tag}`, "US", [entries.length, 10, 16]],
      [`0028,120${tag}`, "OW", words(entries)],
    ];
    const more: DicomElement[] = [
      ...grey,
      ["0028,0004", "CS", "PALETTE COLOR"],
      ...table("1", [100, 200, 300]),
      ...table("2", [1, 2, 3]),
      ...table("3", [7, 8, 9]),
      ["7fe0,0010", "OB", Uint8Array.of(10, 11, 0, 255)],
    ];
    const { voxels } = await loadImage(dicomFile("explicit", ctElements(0, 4, 1, more)));
    expect([...voxels.data]).toEqual([100, 200, 100, 300, 1, 2, 1, 3, 7, 8, 7, 9]);
  });
});

describe("slices", () => {
  const numbers = Array.from({ length: 6 }, (_, k) => k);
  const slice = (z: number, more: readonly DicomElement[] = []): Uint8Array => {
    const own = more.some(([tag]) => tag === "7fe0,0010") ? [] : [pixels(numbers.map((n) => n + 10 * z))];
    return dicomFile("explicit", ctElements(z, 3, 2, [...own, ...more]));
  };

  test("are sorted by position, whatever their order and instance numbers", async () => {
    const files = [4, 0, 6, 2].map((z) => slice(z, [["0020,0013", "IS", String(100 - z)]]));
    const { grid, voxels } = await loadImage(files);
    expect(grid).toEqual({
      size: [3, 2, 4],
      spacing: [0.8, 0.7, 2],
      origin: [-10, -20, 0],
      direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    });
    expect([...voxels.data.subarray(6, 12)]).toEqual(numbers.map((n) => n + 20));
  });

  test("two echoes of a series are two volumes, in the order of their times", async () => {
    const files = [8.5, 2.1].flatMap((echo) =>
      [0, 2, 4].map((z) =>
        slice(z, [
          ["0018,0081", "DS", String(echo)],
          ["0008,0018", "UI", `1.2.${z}.${echo * 10}`],
          ["0020,0013", "IS", "1"],
        ]),
      ),
    );
    const { channels, metadata } = await loadImage(files);
    expect(channels.shape).toEqual([2]);
    expect(metadata.dicom).toMatchObject({ axes: [{ name: "EchoTime", values: ["2.1", "8.5"] }] });
  });

  test("times and echoes make two axes, the first of them fastest", async () => {
    const files = [1, 2, 3].flatMap((time) =>
      [10, 20].flatMap((echo) =>
        [0, 2].map((z) =>
          slice(z, [
            ["0020,0100", "IS", String(time)],
            ["0018,0081", "DS", String(echo)],
            ["0008,0018", "UI", `1.${time}.${echo}.${z}`],
            pixels(numbers.map(() => time * 100 + echo + z)),
          ]),
        ),
      ),
    );
    const { channels, voxels } = await loadImage(files);
    expect(channels.shape).toEqual([3, 2]);
    const first = Array.from({ length: 6 }, (_, c) => Number(voxels.data[c * 12]));
    expect(first).toEqual([110, 210, 310, 120, 220, 320]);
  });

  test("three orientations are named, and the largest run is taken when that is asked for", async () => {
    const sagittal: DicomElement[] = [
      ["0020,0037", "DS", "0\\1\\0\\0\\0\\-1"],
      ["0008,0018", "UI", "9.9"],
    ];
    const files = [slice(0), slice(2), slice(4), slice(1, sagittal)];
    await expect(loadImage(files)).rejects.toThrow(
      /has the orientation 0\\1\\0\\0\\0\\-1, where 3 other slices have the orientation 1\\0\\0\\0\\1\\0/,
    );
    expect((await loadHeader(files)).regular).toBe(false);
    expect((await loadImage(files, { mend: "largest-regular-run" })).grid.size).toEqual([3, 2, 3]);
  });

  test("a copy is left out with a word, another image at one place is not chosen", async () => {
    const files = [slice(0), slice(2), slice(4)];
    const { warnings, grid } = await loadImage([...files, slice(2)]);
    expect(grid.size[2]).toBe(3);
    expect(warnings).toMatchObject([{ kind: "copy" }]);
    const other = slice(2, [["0008,0018", "UI", "9.9"]]);
    await expect(loadImage([...files, other])).rejects.toThrow(/several slices at 1 of 3 positions.*drop-duplicates/);
  });

  test("a doubled rescale, and numbers as they are stored", async () => {
    const files = [0, 2, 4].map((z) => slice(z, [["0028,1053", "DS", z === 2 ? "2" : "1"]]));
    const { voxels } = await loadImage(files);
    expect(voxels.dtype).toBe("float64");
    expect([...voxels.data.subarray(6, 8)]).toEqual([20 * 2 - 1024, 21 * 2 - 1024]);
    const same = await loadImage([0, 2, 4].map((z) => slice(z)));
    expect(same.voxels.dtype).toBe("uint16");
    expect(same.voxels.rescale).toEqual({ slope: 1, intercept: -1024 });
  });
});

describe("text", () => {
  const decode = (sets: readonly string[], bytes: readonly number[]): string =>
    textDecoder(sets).decode(Uint8Array.from(bytes));
  const latin = (text: string): readonly number[] => [...Buffer.from(text, "latin1")];

  // The examples of PS3.5 annexes H and I.
  test("Japanese with escapes", () => {
    const name = [
      ...latin("Yamada^Tarou="),
      0x1b,
      ...latin("$B;3ED"),
      0x1b,
      ...latin("(B^"),
      0x1b,
      ...latin("$BB@O:"),
      0x1b,
      ...latin("(B"),
    ];
    expect(decode(["", "ISO 2022 IR 87"], name)).toBe("Yamada^Tarou=山田^太郎");
  });
  test("Korean with escapes", () => {
    const name = [
      ...latin("Hong^Gildong="),
      0x1b,
      ...latin("$)C"),
      0xfb,
      0xf3,
      ...latin("^"),
      0x1b,
      ...latin("$)C"),
      0xd1,
      0xce,
      0xd4,
      0xd7,
    ];
    expect(decode(["", "ISO 2022 IR 149"], name)).toBe("Hong^Gildong=洪^吉洞");
  });
  test("one character set a file", () => {
    expect(decode(["ISO_IR 192"], [...Buffer.from("Wang^XiaoDong=王^小东", "utf8")])).toBe("Wang^XiaoDong=王^小东");
    expect(decode(["GB18030"], [...latin("Wang="), 0xcd, 0xf5, 0x5e, 0xd0, 0xa1, 0xb6, 0xab])).toBe("Wang=王^小东");
    expect(decode(["ISO_IR 100"], latin("Buc^Jérôme"))).toBe("Buc^Jérôme");
    expect(decode(["ISO_IR 144"], [0xbb, 0xee, 0xda])).toBe("Люк");
    expect(textDecoder(["ISO_IR 999"]).unknown).toEqual(["ISO_IR 999"]);
  });
});

test("where no representation is written, the dictionary's holds: signed where pixels are, in sequences too", async () => {
  const elements: readonly DicomElement[] = [
    ["0028,0106", "SS", -5],
    ["0028,0120", "SS", -2000],
    ["0040,9096", "SQ", [[["0040,9216", "SS", -7]]]],
    ["0008,1140", "SQ", [[["0008,1155", "UI", "1.2.3"]]]],
    ["0018,9087", "FD", 1000],
    ["0028,0103", "US", 1],
    pixels([1, 2, 3, 4]),
  ];
  const of = async (more: readonly DicomElement[]): Promise<unknown> =>
    (await loadHeader(dicomFile("implicit", ctElements(0, 2, 2, more)))).metadata.dicom;
  expect(await of(elements)).toMatchObject({
    elements: {
      SmallestImagePixelValue: -5,
      PixelPaddingValue: -2000,
      RealWorldValueMappingSequence: [{ RealWorldValueFirstValueMapped: -7 }],
      ReferencedImageSequence: [{ ReferencedSOPInstanceUID: "1.2.3" }],
      DiffusionBValue: 1000,
    },
  });
  expect(await of([["0028,0106", "SS", -5], pixels([1, 2, 3, 4])])).toMatchObject({
    elements: { SmallestImagePixelValue: 2 ** 16 - 5 },
  });
});

test("what a file says of itself is told in one line, without codes for terminals", async () => {
  const file = dicomFile("explicit", ctElements(0, 2, 2, [pixels([1, 2, 3, 4])]));
  const at = Buffer.from(file).indexOf("1.2.840.10008.1.2.1\0");
  file.set([0x0a, 0x07], at + 2);
  await expect(loadImage(file)).rejects.toThrow(/has the transfer syntax 1\.\\x0a\\x07840\.10008\.1\.2\.1, which/);
});
