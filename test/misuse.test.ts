/**
 * What types would not let through, but JavaScript, `any` and numbers do: each is refused where it is handed in, in
 * words that say what to do.
 */
import { describe, expect, it, test } from "vitest";
import {
  chance,
  integer,
  normal,
  randomAffine,
  randomFlip,
  randomNoise,
  sometimes,
  uniform,
} from "../src/augment/index.ts";
import { evaluate, explain, imageFromArray, loadImage, rotate, saveImage } from "../src/index.ts";

const image = imageFromArray(new Float32Array(8), { size: [2, 2, 2] });
const turn = rotate("z", 5);

describe("in place of an image", () => {
  it.each([
    ["a promise of one", Promise.resolve(image), /this is a promise: await it/],
    ["an operation", turn, /this is a function: apply the operation to an image, by pipe/],
    ["nothing", undefined, /this is undefined: load or make one/],
    ["a path", "ct.nii.gz", /this is string: load or make one/],
  ])("%s", async (_, found, message) => {
    const source = found as never;
    expect(() => turn(source)).toThrow(message);
    expect(() => explain(source)).toThrow(message);
    await expect(evaluate(source)).rejects.toMatchObject({ error: { kind: "InvalidDocument" } });
  });
});

describe("in place of voxels and grids", () => {
  test.each([
    ["a list of numbers", () => imageFromArray([1, 2] as never, { size: [2, 1, 1] }), /what is no typed array; use/],
    ["two axes", () => imageFromArray(new Int8Array(4), { size: [2, 2] as never }), /size 2×2 is not of three whole/],
  ])("%s", (_, make, message) => expect(make).toThrow(message));
});

describe("numbers to be drawn", () => {
  test.each([
    ["one where two are needed", () => randomAffine({ rotate: 10 as never }), /10 says not from where to where; give/],
    ["a deviation without a range", () => randomNoise({ deviation: 5 as never }), /the deviation: 5 says not/],
    ["limits the wrong way round", () => uniform(1, 0), /from 1 to 0 is no interval/],
    ["no whole number between", () => integer(1.2, 1.8), /no whole number to draw from 1.2 to 1.8/],
    ["a share in percent", () => sometimes(50, randomFlip(["x"])), /50 is no probability; give a number from 0 to 1/],
    ["no probability", () => chance(Number.NaN), /NaN is no probability/],
    ["a deviation under 0", () => normal(0, -1), /the deviation -1 is negative/],
  ])("%s", (_, make, message) => expect(make).toThrow(message));
});

describe("files", () => {
  test("that are not there", async () => {
    await expect(loadImage("/none/ct.nii")).rejects.toThrow("/none/ct.nii: no such file; check its name");
  });
  test("of the web are fetched first", async () => {
    await expect(loadImage("https://example.org/ct.nii")).rejects.toThrow(
      /no such file; a URL is no path: hand in the bytes/,
    );
    const url = new URL("https://example.org/ct.nii") as never;
    await expect(loadImage(url)).rejects.toThrow(/this is a URL; of a URL hand in what fetch gives/);
    await expect(loadImage(undefined as never)).rejects.toThrow(/this is nothing/);
  });
  test("of DICOM are written by another function", async () => {
    await expect(saveImage("ct.dcm", image)).rejects.toThrow(/write a DICOM series by saveDicom of medimages\/dicom/);
  });
});
