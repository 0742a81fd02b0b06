/** Mutants for the laws of augmentation. */

import { gridOf } from "../../../compiler/language/grid.ts";
import { voxelsOf } from "../../../compiler/language/voxels.ts";
import { medimages } from "../../../laws/index.ts";
import { streamOf } from "../../../src/augment/stream.ts";
import { isPoints, type Part } from "../../../src/augment/subject.ts";
import { toExpression } from "../../../src/expression.ts";
import { intensityImage } from "../../../src/image.ts";
import { halfVoxel, type Mutants, moved, mutant, rewritten } from "./mutant.ts";

let calls = 0;
const probe = intensityImage({ voxels: voxelsOf(new Float32Array(8)), grid: gridOf([2, 2, 2]) });

/** The parts of subjects changed after each operation. */
const withParts =
  (change: (after: Part, before: Part, isFlipped: boolean) => Part): typeof medimages.together =>
  (operation) =>
  (subject) => {
    const after = medimages.together(operation)(subject);
    const isFlipped = after.steps.at(-1)?.op === "flip";
    const parts = Object.entries(after.parts).map(([key, part]) => [
      key,
      change(part, subject.parts[key] ?? part, isFlipped),
    ]);
    return { ...after, parts: Object.fromEntries(parts) };
  };

export const augmenting: Pick<
  Mutants,
  "seedsDecide" | "drawsReplay" | "drawsIgnoreThreads" | "labelsStayAligned" | "pointsGoWithVoxels"
> = {
  seedsDecide: [
    mutant("one generator for all, which goes on", {
      augment: (sampler) => (seed) => medimages.augment(sampler)([calls++, Number(seed)]),
    }),
    mutant("of a seed only the lowest bits count", {
      augment: (sampler) => (seed) => medimages.augment(sampler)(Number(seed) & 7),
    }),
    mutant("parts share one stream, and so what stands before them counts", {
      augment: (sampler) => (seed) => {
        const length = sampler(streamOf(seed))[0](probe).steps.length;
        return medimages.augment(sampler)([Number(seed), length]);
      },
    }),
  ],
  drawsReplay: [
    mutant("numbers are written with six digits", {
      toJSON: (source) =>
        JSON.parse(
          JSON.stringify(medimages.toJSON(source), (_, v) => (typeof v === "number" ? Number(v.toPrecision(6)) : v)),
        ),
    }),
    mutant("noise is drawn anew", {
      fromJSON: (document) =>
        medimages.fromJSON(JSON.parse(JSON.stringify(document), (key, v) => (key === "seed" ? Number(v) + 1 : v))),
    }),
  ],
  drawsIgnoreThreads: [
    mutant("each thread counts its own voxels", {
      evaluate: async (source, { threads = 1 } = {}) => {
        const image = await medimages.evaluate(source);
        const { steps } = toExpression(source);
        if (!steps.some(({ op }) => op === "noise")) return image;
        const { voxels } = image;
        return { ...image, voxels: rewritten(voxels, (i) => Number(voxels.data[i]) + (threads - 1) * (i % 2)) };
      },
    }),
  ],
  labelsStayAligned: [
    mutant("labels are not flipped with their image", {
      together: withParts((after, before, isFlipped) =>
        isFlipped && !isPoints(after) && after.kind === "label" ? before : after,
      ),
    }),
    mutant("labels are half a voxel off", {
      together: withParts((after) =>
        isPoints(after) || after.kind !== "label"
          ? after
          : { ...after, field: moved(halfVoxel(after.grid, 0))(after.field) },
      ),
    }),
  ],
  pointsGoWithVoxels: [
    mutant("points stay where they are", {
      together: withParts((after, before) => (isPoints(after) ? before : after)),
    }),
    mutant("points go by the inverse map", {
      together: withParts((after, before) =>
        isPoints(after) && isPoints(before)
          ? before.map(([x, y, z], k) => {
              const [a, b, c] = after[k] ?? [x, y, z];
              return [2 * x - a, 2 * y - b, 2 * z - c];
            })
          : after,
      ),
    }),
  ],
};
