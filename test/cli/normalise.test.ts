/** Normalisations on the command line: the same as in code, with masks and references from files. */
import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  argMax,
  evaluate,
  histogramMatch,
  loadImage,
  type MedImage,
  minMax,
  nyulApply,
  nyulTrain,
  oneHot,
  phantom,
  pipe,
  referenceHistogram,
  type Source,
  saveImage,
  scale,
  smooth,
  zScore,
} from "../../src/index.ts";
import { call, temporaryFolder } from "./harness.ts";

const folder = temporaryFolder();
const at = (name: string): string => `${folder}/${name}`;
const mr = phantom({ kind: "mr", size: [20, 18, 12] });
const labels = phantom({ kind: "labels", size: [20, 18, 12] });
await Promise.all([
  saveImage(at("ct.nii"), phantom({ kind: "ct", size: [20, 18, 12] })),
  saveImage(at("mr.nii"), mr),
  saveImage(at("mask.nii"), labels),
]);
// A file keeps spacings in float32.
const ct = await loadImage(at("ct.nii"));
const landmarks = await nyulTrain([mr, ct]);
writeFileSync(at("landmarks.json"), JSON.stringify(landmarks));
writeFileSync(at("bad.json"), '{"percentiles": [1], "values": [1]}');
writeFileSync(at("steps.json"), '[{"op": "zScore", "mask": {"image": "mask.nii"}}]');

const mask = await loadImage(at("mask.nii"), { kind: "label" });
const moved = async (...words: readonly string[]): Promise<MedImage> => {
  const { status, err } = await call("run", at("ct.nii"), ...words, "-o", at("out.nii"));
  expect(err).toBe("");
  expect(status).toBe(0);
  return loadImage(at("out.nii"));
};
const cases: readonly (readonly [words: readonly string[], expected: () => Promise<Source> | Source])[] = [
  [["--z-score"], () => pipe(ct, zScore())],
  [["--stats-mask", at("mask.nii"), "--z-score"], () => pipe(ct, zScore({ mask }))],
  [["--pipeline", at("steps.json")], () => pipe(ct, zScore({ mask }))],
  [
    ["--stats-mask", "above:-500", "--min-max", "0,1:1,99"],
    () => pipe(ct, minMax({ to: [0, 1], percentiles: [1, 99], mask: { above: -500 } })),
  ],
  [["--histogram-match", at("mr.nii")], async () => pipe(ct, histogramMatch(await referenceHistogram(mr)))],
  [["--nyul", at("landmarks.json")], () => pipe(ct, nyulApply(landmarks))],
  [["--smooth", "fwhm:3,4,5"], () => pipe(ct, smooth({ fwhm: [3, 4, 5] }))],
  [["--scale", "0.5:antialias"], () => pipe(ct, scale(0.5, { antialias: true }))],
];

test.each(cases)("%s", async (words, expected) => {
  const found = await moved(...words);
  const { voxels, grid } = await evaluate(await expected());
  expect(found.grid.size).toEqual(grid.size);
  expect(found.voxels.data).toEqual(voxels.data);
});

const classes = 1 + Math.max(...Array.from(labels.voxels.data, Number));

test("classes become channels and classes again", async () => {
  const words = ["--label", "--one-hot", `${classes}`, "--interp", "linear", "--rotate", "z:5", "--arg-max"];
  expect((await call("run", at("mask.nii"), ...words, "-o", at("turned.nii"))).status).toBe(0);
  expect((await loadImage(at("turned.nii"))).voxels.dtype).toBe("uint8");
  expect((await evaluate(pipe(labels, oneHot(classes), argMax))).voxels.data).toEqual(
    Uint8Array.from(labels.voxels.data as Uint8Array),
  );
});

test("what is wrong is said", async () => {
  const said = async (...words: readonly string[]): Promise<string> =>
    (await call("run", at("ct.nii"), ...words, "-o", at("out.nii"))).err;
  expect(await said("--clip-percentiles", "99,1")).toContain("expected two percentiles from 0 to 100, the lower first");
  expect(await said("--stats-mask", "above:x", "--z-score")).toContain("expected all, nonzero, above:V or the path");
  expect(await said("--nyul", at("bad.json"))).toContain("bad.json: expected {percentiles, values}");
  expect(await said("--stats-mask", at("none.nii"), "--z-score")).toContain("none.nii");
  expect((await call("run", at("ct.nii"), "--z-score", "--explain")).out).toContain("stage 2: the variance");
});
