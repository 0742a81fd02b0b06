/**
 * Laws of augmentation: the seed alone decides what is drawn, what was drawn can be written down and done again to
 * the bit, noise knows nothing of threads, and the parts of a subject stay where they lay upon each other.
 */
import { isLeft } from "fp-ts/lib/Either.js";
import { describe } from "../compiler/errors.ts";
import { type Grid, pointAt, voxelCount } from "../compiler/language/grid.ts";
import { norm, subtract, type Vector3, vector } from "../compiler/language/vector.ts";
import { voxelsOf } from "../compiler/language/voxels.ts";
import {
  map,
  named,
  type Parts,
  sequence,
  subject as subjectOf,
  type Subject as Together,
  uniform,
} from "../src/augment/index.ts";
import type { IntensityOperation } from "../src/expression.ts";
import { intensityImage, labelImage, type MedImage } from "../src/image.ts";
import { rescale } from "../src/ops/intensity.ts";
import type { Step } from "../src/step.ts";
import type { AugmentationPart } from "./arbitraries/augmentations.ts";
import { indicesOf, magnitude, realAt, reals, sameVoxels } from "./compare.ts";
import { difference } from "./documents.ts";
import type { Subject } from "./subject.ts";
import { broken, every, require, type Verdict, within } from "./verdict.ts";

/** What a part that is added to others does: a step that can be told from theirs, drawn by itself. */
const added = named("added by the law")(map((by: number): IntensityOperation => rescale(1, by))(uniform(0, 1)));

/**
 * The steps for a seed are the same when asked again, other seeds having been asked in between, and when another part
 * stands before the others; and another seed gives others.
 */
export const seedsDecide = (
  subject: Subject,
  parts: readonly AugmentationPart[],
  [seed, other]: readonly [number, number],
  image: MedImage<"intensity">,
): Verdict => {
  const steps = (of: readonly AugmentationPart[], by: number): readonly Step[] =>
    subject.augment(sequence(...of))(by)(image).steps;
  const first = steps(parts, seed);
  const others = steps(parts, other);
  const same = (what: string, found: readonly Step[]): Verdict => {
    const where = difference(first, found, "steps");
    return require(where === undefined, () => `${what} seed ${seed} draws otherwise, at ${where}`);
  };
  return every(
    () => same("asked again,", steps(parts, seed)),
    () => same("behind another part,", steps([added, ...parts], seed).slice(1)),
    () =>
      require(seed === other || difference(first, others) !== undefined, () =>
        `seeds ${seed} and ${other} draw the same`),
  );
};

/** What an augmentation drew, written as JSON text and read again, gives the same bits. */
export const drawsReplay = async (
  subject: Subject,
  parts: readonly AugmentationPart[],
  seed: number,
  image: MedImage<"intensity">,
): Promise<Verdict> => {
  const drawn = subject.augment(sequence(...parts))(seed)(image);
  const read = subject.fromJSON(JSON.parse(JSON.stringify(subject.toJSON(drawn))));
  if (isLeft(read)) return broken(`what was drawn is refused: ${describe(read.left)}`);
  const [first, again] = [await subject.evaluate(drawn), await subject.evaluate(read.right(image))];
  return within("replayed", sameVoxels(again.voxels, first.voxels));
};

/** An augmentation gives the same bits for any number of threads. */
export const drawsIgnoreThreads = async (
  subject: Subject,
  parts: readonly AugmentationPart[],
  seed: number,
  image: MedImage<"intensity">,
  counts: readonly number[] = [2, 3],
): Promise<Verdict> => {
  const drawn = subject.augment(sequence(...parts))(seed)(image);
  const alone = await subject.evaluate(drawn, { threads: 1 });
  const verdicts: (() => Verdict)[] = [];
  for (const threads of counts) {
    const together = await subject.evaluate(drawn, { threads });
    verdicts.push(() => within(`with ${threads} threads`, sameVoxels(together.voxels, alone.voxels)));
  }
  return every(...verdicts);
};

const performed = <P extends Parts>(subject: Subject, parts: Together<P>, steps: readonly Step[]): Together<P> =>
  steps.reduce((moved, step) => subject.together(subject.perform(step))(moved), parts);

/**
 * A label painted where an image is over a threshold is still what would be painted, after steps that take the nearest
 * voxel and fill with nothing over the threshold.
 */
export const labelsStayAligned = async (
  subject: Subject,
  image: MedImage<"intensity">,
  steps: readonly Step[],
  threshold = 0,
): Promise<Verdict> => {
  const values = Float32Array.from(reals(image.voxels));
  const { grid, voxels } = image;
  const shown = intensityImage({ grid, voxels: voxelsOf(values, { channels: voxels.channels }) });
  const painted = labelImage({
    grid,
    voxels: voxelsOf(
      Uint8Array.from(values, (v) => (v > threshold ? 1 : 0)),
      { channels: voxels.channels },
    ),
  });
  const { parts } = performed(subject, subjectOf({ shown, painted }), steps);
  const [moved, label] = [await subject.evaluate(parts.shown), await subject.evaluate(parts.painted)];
  const wrong = reals(label.voxels).findIndex((v, i) => (v !== 0) !== realAt(moved.voxels, i) > threshold);
  return every(
    require(label.kind === "label", () => `the label became ${label.kind}`),
    require(label.voxels.data.length === moved.voxels.data.length, () => "image and label are of different sizes"),
    () =>
      require(wrong < 0, () =>
        `voxel ${wrong} is ${realAt(moved.voxels, wrong)}, and its label ${realAt(label.voxels, wrong)}`),
  );
};

/**
 * Points are where the voxels that they marked have come to, to 10⁻⁶ mm (or to the precision of the subject). Voxels
 * say where they come from: an image whose channels are the world coordinates, and 1 but at the rim, is moved along
 * by linear interpolation, which reproduces all of them.
 */
export const pointsGoWithVoxels = async (subject: Subject, grid: Grid, steps: readonly Step[]): Promise<Verdict> => {
  const coordinates = coordinateImage(grid);
  const moved = await subject.evaluate(performed(subject, subjectOf({ coordinates }), steps).parts.coordinates);
  const n = voxelCount(moved.grid);
  const known = indicesOf(moved.grid.size).flatMap((index, i) =>
    Math.abs(realAt(moved.voxels, 3 * n + i) - 1) < 1e-9 ? [{ index, i }] : [],
  );
  const from = known.map(({ i }): Vector3 => vector((k) => realAt(moved.voxels, k * n + i)));
  const { points } = performed(subject, subjectOf({ coordinates, points: from }), steps).parts;
  const bound = Math.max(1e-6, 100 * subject.precision * magnitude(coordinates));
  const verdicts = known.map(({ index }, k) => (): Verdict => {
    const [found, due] = [points[k] ?? [Number.NaN, 0, 0], pointAt(moved.grid, index)];
    return require(norm(subtract(found, due)) <= bound, () =>
      `the point ${from[k]?.join(", ")} went to ${found.join(", ")}, its voxel to ${due.join(", ")}`);
  });
  return every(...verdicts);
};

const coordinateImage = (grid: Grid): MedImage<"intensity"> => {
  const n = voxelCount(grid);
  const data = new Float64Array(4 * n);
  for (const [i, index] of indicesOf(grid.size).entries()) {
    for (const [k, coordinate] of pointAt(grid, index).entries()) data[k * n + i] = coordinate;
    // At the rim the edge value holds for half a voxel, where it is not that of the place.
    data[3 * n + i] = index.every((at, k) => at > 0 && at < (grid.size[k] ?? 0) - 1) ? 1 : 0;
  }
  return intensityImage({ grid, voxels: voxelsOf(data, { channels: 4 }) });
};
