/**
 * Laws of the operations that move whole voxels. They are promised bit for bit, for every dtype, so nothing
 * here has a tolerance.
 */
import { add, type Vector3, vector } from "../compiler/language/vector.ts";
import type { MedImage } from "../src/image.ts";
import type { AxisName, CropStep, FlipStep, PadStep, SamplingOptions, Step } from "../src/step.ts";
import {
  elementAt,
  identicalGrid,
  indicesOf,
  realAt,
  sameElements,
  sameLattice,
  sameStorage,
  sameVoxels,
  storedReal,
} from "./compare.ts";
import { chain, type Subject } from "./subject.ts";
import { every, type Verdict, within } from "./verdict.ts";

/** Steps that move whole voxels: nothing between two samples is ever asked for. */
export type ExactStep = Extract<
  Step,
  { readonly op: "crop" | "pad" | "padOrCropTo" | "flip" | "translate" | "changeOrientation" }
>;

/** Padding and then cropping what was added away gives the image back. */
export const cropUndoesPad = async (subject: Subject, image: MedImage, step: PadStep): Promise<Verdict> => {
  const back: CropStep = { op: "crop", start: step.begin, size: image.grid.size };
  const result = await subject.evaluate(chain(subject, [step, back])(image));
  return every(
    () => sameLattice(result.grid, image.grid),
    () => sameVoxels(result.voxels, image.voxels),
  );
};

/**
 * What is cropped away is gone: back on the old grid, by padding or by resampling to it, what was inside is as
 * it was, bit for bit, and `fill` is where the rest had been.
 */
export const croppedIsGone = async (
  subject: Subject,
  image: MedImage,
  { start, size: box }: CropStep,
  fill: number,
): Promise<Verdict> => {
  const { grid, voxels } = image;
  const { size } = grid;
  const end = vector((k) => size[k] - start[k] - box[k]);
  const ways: readonly Step[] = [
    { op: "pad", begin: start, end, fill },
    { op: "resampleToImage", grid, interpolation: "nearest", fill },
  ];
  const blank = storedReal(fill, voxels);
  const kept = new Set<number>();
  for (let channel = 0; channel < voxels.channels; channel++)
    for (const index of indicesOf(box)) kept.add(elementAt(size, add(start, index), channel));
  const judge = async (back: Step): Promise<Verdict> => {
    const result = await subject.evaluate(chain(subject, [{ op: "crop", start, size: box, fill }, back])(image));
    const whole = every(
      () => sameLattice(result.grid, grid),
      () => sameStorage(result.voxels, voxels),
      () => sameElements(result.voxels, (i) => (kept.has(i) ? voxels.data[i] : blank)),
    );
    return within(`back by ${back.op}`, whole);
  };
  return every(...(await Promise.all(ways.map(judge))));
};

/** Flipping twice along an axis is doing nothing; flipping once runs the axis backwards. */
export const flippingTwiceIsNothing = async (subject: Subject, image: MedImage, axis: AxisName): Promise<Verdict> => {
  const step: FlipStep = { op: "flip", axis };
  const once = await subject.evaluate(chain(subject, [step])(image));
  const twice = await subject.evaluate(chain(subject, [step, step])(image));
  const { size } = image.grid;
  const count = size[0] * size[1] * size[2];
  const along = { x: 0, y: 1, z: 2 }[axis];
  const mirrored = (i: number): number => {
    const index: Vector3 = [
      i % size[0],
      Math.floor(i / size[0]) % size[1],
      Math.floor((i % count) / (size[0] * size[1])),
    ];
    return elementAt(
      size,
      vector((k) => (k === along ? size[k] - 1 - index[k] : index[k])),
      Math.floor(i / count),
    );
  };
  return every(
    () => identicalGrid(twice.grid, image.grid),
    () =>
      within(
        "flipped once",
        sameElements(once.voxels, (i) => image.voxels.data[mirrored(i)]),
      ),
    () => within("flipped twice", sameVoxels(twice.voxels, image.voxels)),
  );
};

/**
 * Resampling an image onto its own grid changes nothing: nearest keeps it bit for bit, other interpolators
 * give its real values as float32.
 */
export const resamplingOntoItselfIsNothing = async (
  subject: Subject,
  image: MedImage,
  sampling: SamplingOptions,
): Promise<Verdict> => {
  const { grid, voxels } = image;
  const exact =
    sampling.interpolation === "nearest" || (sampling.interpolation === undefined && image.kind === "label");
  const steps: readonly Step[] = [
    { op: "resampleToImage", grid, ...sampling },
    { op: "resampleToSpacing", spacing: grid.spacing, ...sampling },
  ];
  const results = await Promise.all(steps.map((step) => subject.evaluate(subject.perform(step)(image))));
  return every(
    ...results.map((result, k) => () => {
      const same = exact
        ? () => sameVoxels(result.voxels, voxels)
        : () => sameElements(result.voxels, (i) => Math.fround(realAt(voxels, i)));
      return within(
        steps[k]?.op ?? "",
        every(() => sameLattice(result.grid, grid), same),
      );
    }),
  );
};

/**
 * A chain of exact operations run at once gives, bit for bit, what it gives step by step, be it with a
 * materialize after each step or with each step evaluated to an image of its own.
 */
export const fusedIsStepwise = async (
  subject: Subject,
  image: MedImage,
  steps: readonly ExactStep[],
): Promise<Verdict> => {
  const materialize: Step = { op: "materialize" };
  const fused = await subject.evaluate(chain(subject, steps)(image));
  const stepwise = await subject.evaluate(
    chain(
      subject,
      steps.flatMap((step) => [step, materialize]),
    )(image),
  );
  let last = image;
  for (const step of steps) last = await subject.evaluate(subject.perform(step)(last));
  return every(
    () =>
      within(
        "with materialize after each step",
        every(
          () => sameLattice(stepwise.grid, fused.grid),
          () => sameVoxels(stepwise.voxels, fused.voxels),
        ),
      ),
    () =>
      within(
        "evaluated after each step",
        every(
          () => sameLattice(last.grid, fused.grid),
          () => sameVoxels(last.voxels, fused.voxels),
        ),
      ),
  );
};

/** `materialize` is evaluating and starting anew: what follows finds the very same voxels. */
export const materializeIsEvaluate = async (
  subject: Subject,
  image: MedImage,
  before: readonly Step[],
  after: readonly Step[],
): Promise<Verdict> => {
  const inside = await subject.evaluate(chain(subject, [...before, { op: "materialize" }, ...after])(image));
  const between = await subject.evaluate(chain(subject, before)(image));
  const anew = await subject.evaluate(chain(subject, after)(between));
  return every(
    () => sameLattice(inside.grid, anew.grid),
    () => sameVoxels(inside.voxels, anew.voxels),
  );
};
