/**
 * Laws of intensity maps: they act on values alone, so it must not matter whether one maps before or after
 * moving; and what `as` stores is the rounding rule and nothing else.
 */

import { numberOf } from "../compiler/language/real.ts";
import type { DType } from "../compiler/language/voxels.ts";
import { dtypes } from "../compiler/language/voxels.ts";
import type { MedImage } from "../src/image.ts";
import type { RescaleStep, Step } from "../src/step.ts";
import { closeVoxels, magnitude, realAt, sameElements, sameStorage, sameVoxels, storedReal } from "./compare.ts";
import { chain, type Subject } from "./subject.ts";
import { every, require, type Verdict, within } from "./verdict.ts";

/**
 * A map commutes with a movement bit for bit, whatever the interpolator: both orders are the same field. Judged
 * for fills that come from the image; a constant fill is meant in the values of its moment.
 */
export const mapsCommute = async (
  subject: Subject,
  image: MedImage,
  map: Step,
  movements: readonly Step[],
): Promise<Verdict> => {
  const before = await subject.evaluate(chain(subject, [map, ...movements])(image));
  const after = await subject.evaluate(chain(subject, [...movements, map])(image));
  return sameVoxels(before.voxels, after.voxels);
};

/**
 * Nearest picks samples, so mapping samples and then picking is picking and then mapping, bit for bit, for any
 * map; judged with the mapped samples materialized, so that the map cannot be moved by the compiler.
 */
export const mapsCommuteWithPicking = async (
  subject: Subject,
  image: MedImage,
  map: Step,
  movements: readonly Step[],
): Promise<Verdict> => {
  const before = await subject.evaluate(chain(subject, [map, { op: "materialize" }, ...movements])(image));
  const after = await subject.evaluate(chain(subject, [...movements, map])(image));
  return sameVoxels(before.voxels, after.voxels);
};

/** The weights of an interpolator sum to 1, so it commutes with v ↦ slope · v + intercept of the samples too. */
export const affineMapsCommuteWithBlending = async (
  subject: Subject,
  image: MedImage,
  map: RescaleStep,
  movements: readonly Step[],
): Promise<Verdict> => {
  const before = await subject.evaluate(chain(subject, [map, { op: "materialize" }, ...movements])(image));
  const after = await subject.evaluate(chain(subject, [...movements, map])(image));
  const most = magnitude(image) * Math.abs(numberOf(map.slope)) + Math.abs(numberOf(map.intercept)) + 1;
  return closeVoxels(before.voxels, after.voxels, subject.tolerance * most);
};

/** `as` keeps the real values: integers round half up and saturate, NaN becomes 0, float32 rounds. */
export const asRoundsAndSaturates = async (subject: Subject, image: MedImage, dtype: DType): Promise<Verdict> => {
  const result = await subject.evaluate(subject.perform({ op: "as", dtype })(image));
  const storage = { dtype, rescale: { slope: 1, intercept: 0 } };
  return every(
    () => sameStorage(result.voxels, storage),
    require(result.voxels.data instanceof dtypes[dtype].array, () => "the array is of another type than announced"),
    () =>
      within(
        `from ${image.voxels.dtype}`,
        sameElements(result.voxels, (i) => storedReal(realAt(image.voxels, i), storage)),
      ),
  );
};
