/** Segmentations that no real file of the tests shows: by fractions, with segments that are nowhere or overlap. */
import { expect, test } from "vitest";
import { evaluate, pipe, resampleToSpacing } from "../../src/index.ts";
import { loadImage } from "../../src/io/load.ts";
import { statistics } from "../../src/statistics.ts";
import { type DicomElement, type SegmentFrame, segmentationFile } from "./handmade-dicom.ts";

const segmentation = (
  frames: readonly SegmentFrame[],
  labels: readonly string[],
  more: readonly DicomElement[],
): Uint8Array => segmentationFile(2, 2, frames, labels, more);

const fractional: readonly DicomElement[] = [
  ["0062,0001", "CS", "FRACTIONAL"],
  ["0062,000e", "US", 200],
  ["0062,0010", "CS", "PROBABILITY"],
];
const frames: readonly SegmentFrame[] = [
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
