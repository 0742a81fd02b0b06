/** Mutants of good MetaImage and NRRD files: of the words of a header, of its lines, of its bytes and its length. */
import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, test } from "vitest";
import { reading, searchMutants, seedText, verifying } from "./fuzz.ts";
import { bzipped, gzipped, ramp } from "./handmade.ts";

interface Base {
  /** Lines of the header, without what ends them. */
  readonly lines: readonly string[];
  readonly voxels: Uint8Array;
}
const voxels = ramp(6 * 5 * 4 * 2);
const metaImage = (packed: boolean): Base => ({
  lines: [
    ...["ObjectType = Image", "NDims = 3", "BinaryData = True", "BinaryDataByteOrderMSB = True"],
    ...[`CompressedData = ${packed ? "True" : "False"}`, "TransformMatrix = 1 0 0 0 -1 0 0 0 1"],
    ...["Offset = -5 -4.5 1e2", "ElementSpacing = 2 2 3", "ElementNumberOfChannels = 2", "DimSize = 6 5 4"],
    ...["HeaderSize = 0", "ElementType = MET_UCHAR", "ElementDataFile = LOCAL"],
  ],
  voxels: packed ? deflateSync(voxels) : voxels,
});
const metaText: Base = {
  lines: ["NDims = 2", "DimSize = 4 3", "BinaryData = False", "ElementType = MET_SHORT", "ElementDataFile = LOCAL"],
  voxels: Buffer.from("1 2 3 4 5 6 -7 8 9 10 11 12\n"),
};
const nrrd = (encoding: string, bytes: Uint8Array): Base => ({
  lines: [
    ...["NRRD0005", "# comment", "type: short", "dimension: 4", "space: right-anterior-superior", "sizes: 2 6 5 2"],
    ...["space directions: none (2,0,0) (0,2,0) (0,0,3)", "kinds: vector domain domain domain", "endian: big"],
    ...[`encoding: ${encoding}`, "space origin: (-5,-4.5,1e2)", 'space units: "mm" "mm" "mm"', "key:=value"],
    ...["byte skip: 0", "spacings: nan nan nan nan", ""],
  ],
  voxels: bytes,
});
/** x, list, y, z: voxels that are not in the order of memory. */
const nrrdBetween: Base = {
  lines: ["NRRD0004", "type: ushort", "dimension: 4", "space: LPS", "sizes: 6 2 5 4", "endian: big"].concat([
    "space directions: (1,0,0) none (0,1,0) (0,0,1)",
    "kinds: domain list domain domain",
    "encoding: raw",
    "",
  ]),
  voxels: ramp(6 * 2 * 5 * 4 * 2),
};
const nrrdOld: Base = {
  lines: ["NRRD0001", "type: uchar", "dimension: 3", "sizes: 6 5 4", "spacings: 1 1 2", "axis mins: 0 0 1"].concat([
    "centers: cell node cell",
    "encoding: raw",
    "",
  ]),
  voxels: voxels.subarray(0, 120),
};
const hex = Buffer.from(Buffer.from(voxels).toString("hex"));
const ascii = Buffer.from(Array.from({ length: 120 }, (_, k) => k - 60).join(" "));

/** Words that break readers. */
const words = [
  "0",
  "-1",
  "1e999",
  "nan",
  "NaN",
  "",
  "99999999999999999999",
  "4294967297",
  "1.5",
  "(",
  "(1,2",
  "none",
].concat(
  [
    "(nan,nan,nan)",
    "(0,0,0)",
    "../x",
    "LIST",
    "%d",
    "%999d 1 2 1",
    "x%d.raw 1 9999999999 1",
    "3",
    "16",
    "\0",
    "é",
    ":=",
    "=",
  ],
  ["double", "MET_DOUBLE", "True", "gzip", "bzip2", "hex", "ascii", "big", "RAST", "LOCAL", "-2147483648", "100000"],
);

type Edit = (lines: string[]) => void;
const line = fc.nat(20);
const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.tuple(line, fc.nat(8), fc.constantFrom(...words)).map(
    ([at, word, text]): Edit =>
      (lines) => {
        const parts = (lines[at % lines.length] ?? "").split(" ");
        parts[word % parts.length] = text;
        lines[at % lines.length] = parts.join(" ");
      },
  ),
  line.map(
    (at): Edit =>
      (lines) =>
        lines.splice(at % lines.length, 1),
  ),
  fc.tuple(line, line).map(
    ([from, to]): Edit =>
      (lines) => {
        lines.splice(to % lines.length, 0, lines[from % lines.length] ?? "");
      },
  ),
  fc.tuple(line, line).map(
    ([from, to]): Edit =>
      (lines) => {
        lines[from % lines.length] = (lines[from % lines.length] ?? "").replace(
          /[=:].*/,
          (lines[to % lines.length] ?? "").match(/[=:].*/)?.[0] ?? "",
        );
      },
  ),
);

const mutantOf = (bases: readonly Base[]): fc.Arbitrary<Uint8Array> =>
  fc
    .record({
      base: fc.constantFrom(...bases),
      edits: fc.array(edit, { maxLength: 3 }),
      bytes: fc.array(fc.record({ at: fc.nat(700), value: fc.nat(255) }), { maxLength: 2 }),
      length: fc.option(fc.nat(900), { freq: 5, nil: undefined }),
      packed: fc.boolean(),
    })
    .map(({ base, edits, bytes, length, packed }) => {
      const lines = [...base.lines];
      for (const change of edits) change(lines);
      const file = Buffer.concat([Buffer.from(lines.map((text) => `${text}\n`).join("")), base.voxels]);
      for (const { at, value } of bytes) if (at < file.length) file[at] = value;
      const cut = new Uint8Array(file.subarray(0, length));
      return packed && cut.length % 7 === 0 ? gzipped(cut) : cut;
    });

const search = (...bases: readonly Base[]): Promise<void> => searchMutants(mutantOf(bases), [reading, verifying]);

describe(`mutants are read or refused, never worse (${seedText})`, () => {
  test("MetaImage", { timeout: 120_000 }, () => search(metaImage(false), metaImage(true), metaText));
  test("NRRD", { timeout: 120_000 }, () =>
    search(
      nrrd("raw", voxels),
      nrrd("gzip", gzipped(voxels)),
      nrrd("hex", hex),
      nrrd("bzip2", bzipped),
      nrrd("ascii", ascii),
      nrrdBetween,
      nrrdOld,
    ),
  );
});
