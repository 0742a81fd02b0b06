/** Segmentations that no real file of the tests shows: by fractions, with segments that are nowhere or overlap. */
import { expect, test } from "vitest";
import { evaluate, pipe, resampleToSpacing } from "../../src/index.ts";
import { loadImage } from "../../src/io/load.ts";
import { statistics } from "../../src/statistics.ts";
import { ctElements, type DicomElement, dicomFile } from "./handmade-dicom.ts";

interface FrameOf {
  readonly segment: number;
  readonly z: number;
  /** 2×2 stored numbers. */
  readonly pixels: readonly number[];
}

const segmentation = (
  frames: readonly FrameOf[],
  labels: readonly string[],
  more: readonly DicomElement[],
): Uint8Array => {
  const shared: DicomElement = [
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
              ["0018,0088", "DS", "2"],
              ["0028,0030", "DS", "1\\1"],
            ],
          ],
        ],
      ],
    ],
  ];
  const perFrame: DicomElement = [
    "5200,9230",
    "SQ",
    frames.map(({ segment, z }): DicomElement[] => [
      ["0020,9113", "SQ", [[["0020,0032", "DS", `0\\0\\${z}`]]]],
      ["0062,000a", "SQ", [[["0062,000b", "US", segment]]]],
    ]),
  ];
  return dicomFile(
    "explicit",
    ctElements(0, 2, 2, [
      ["0008,0016", "UI", "1.2.840.10008.5.1.4.1.1.66.4"],
      ["0008,0060", "CS", "SEG"],
      ["0028,0008", "IS", frames.length],
      ["0028,0100", "US", 8],
      ["0028,0101", "US", 8],
      ["0028,0102", "US", 7],
      [
        "0062,0002",
        "SQ",
        labels.map((label, k): DicomElement[] => [
          ["0062,0004", "US", k + 1],
          ["0062,0005", "LO", label],
        ]),
      ],
      shared,
      perFrame,
      ...more,
      ["7fe0,0010", "OB", Uint8Array.from(frames.flatMap(({ pixels }) => pixels))],
    ]),
  );
};

const fractional: readonly DicomElement[] = [
  ["0062,0001", "CS", "FRACTIONAL"],
  ["0062,000e", "US", 200],
  ["0062,0010", "CS", "PROBABILITY"],
];
const frames: readonly FrameOf[] = [
  { segment: 2, z: 4, pixels: [0, 50, 100, 200] },
  { segment: 1, z: 0, pixels: [200, 150, 0, 0] },
  { segment: 2, z: 0, pixels: [0, 50, 200, 200] },
  { segment: 1, z: 2, pixels: [10, 20, 30, 40] },
];

test("fractions are channels, one a segment, from 0 to 1, and 0 where a frame is left out", async () => {
  const image = await loadImage(segmentation(frames, ["liver", "spleen", "nowhere"], fractional));
  expect(image.kind).toBe("intensity");
  expect(image.grid.size).toEqual([2, 2, 3]);
  expect(image.channels).toEqual({ components: "scalar", shape: [3] });
  expect(image.voxels.rescale.slope).toBeCloseTo(1 / 200, 15);
  const none = [0, 0, 0, 0];
  expect([...image.voxels.data]).toEqual([
    ...[200, 150, 0, 0, 10, 20, 30, 40, ...none],
    ...[0, 50, 200, 200, ...none, 0, 50, 100, 200],
    ...[...none, ...none, ...none],
  ]);
  expect(image.metadata.dicom).toMatchObject({
    fractions: "PROBABILITY",
    segments: [
      { number: 1, label: "liver" },
      { number: 2, label: "spleen" },
      { number: 3, label: "nowhere" },
    ],
    axes: [{ name: "SegmentNumber", values: ["1", "2", "3"] }],
  });
  expect(statistics(image).max).toBe(1);
});

test("fractions are interpolated, as labels must not be", async () => {
  const [, , spleen] = frames;
  const image = await loadImage(segmentation([{ ...spleen!, segment: 1 }], ["spleen"], fractional));
  expect(image.channels.shape).toEqual([]);
  const finer = await evaluate(pipe(image, resampleToSpacing([0.5, 1, 2], { interpolation: "linear", fill: 0 })));
  expect(finer.voxels.dtype).toBe("float32");
  expect(Number(finer.voxels.data[1])).toBeCloseTo(0.125, 6);
});

test("a largest fraction that is none is refused", async () => {
  const zero: readonly DicomElement[] = [
    ["0062,0001", "CS", "FRACTIONAL"],
    ["0062,000e", "US", 0],
  ];
  await expect(loadImage(segmentation(frames, ["a", "b"], zero))).rejects.toThrow(
    /has 0 as its MaximumFractionalValue/,
  );
});

test("where binary segments overlap the last one stands, and a warning says so", async () => {
  const binary: readonly DicomElement[] = [["0062,0001", "CS", "BINARY"]];
  const { kind, voxels, warnings } = await loadImage(segmentation(frames, ["a", "b"], binary), { kind: "label" });
  expect(kind).toBe("label");
  expect([...voxels.data]).toEqual([1, 2, 2, 2, 1, 1, 1, 1, 0, 2, 2, 2]);
  expect(warnings).toMatchObject([{ kind: "overlap", message: expect.stringMatching(/1 voxels belong/) }]);
});
