/** All 48 × 48 pairs of orientation codes, where the laws' own run draws pairs at random. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { holds, images, labelImages, medimages, reorientingKeepsPlaces } from "../../laws/index.ts";
import { orientationCodes } from "../../src/orientation.ts";

const drawn = [
  ...fc.sample(images({ content: "extreme" }), { numRuns: 2, seed: 5 }),
  ...fc.sample(labelImages(), { numRuns: 1, seed: 6 }),
];

it.each(orientationCodes)("from %s to each code, every voxel stays at its world point", async (from) => {
  for (const to of orientationCodes)
    for (const image of drawn) expect(await reorientingKeepsPlaces(medimages, image, from, to), to).toEqual(holds);
});
