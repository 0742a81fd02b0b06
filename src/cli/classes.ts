/**
 * Class numbers must survive a change of dtype: saturation, which intensities can live with, would merge
 * classes without a word.
 */
import { fail } from "../../compiler/errors.ts";
import { type DType, dtypes, isIdentityRescale, quantize, type Voxels } from "../../compiler/language/voxels.ts";
import type { Expression } from "../expression.ts";
import type { MedImage } from "../image.ts";
import { applySteps } from "../json.ts";
import type { Step } from "../step.ts";

const isWide = (dtype: DType): boolean => dtype === "int64" || dtype === "uint64";

/** Whether `dtype` holds this very number; not-a-number is no class that an integer could stand for. */
const holds = (dtype: DType, value: number | bigint): boolean => {
  const { integer, min, max } = dtypes[dtype];
  if (typeof value === "bigint") {
    if (!integer) return BigInt(dtype === "float32" ? Math.fround(Number(value)) : Number(value)) === value;
    // The limits of the 64-bit dtypes are rounded up to the next float64.
    return value >= BigInt(min) && (isWide(dtype) ? value < BigInt(max) : value <= BigInt(max));
  }
  if (isWide(dtype) && value >= max) return false;
  return dtype === "float32" ? Object.is(Math.fround(value), value) : Object.is(quantize(dtype, value) + 0, value + 0);
};

/** The first number of `voxels` that `dtype` cannot hold. */
const lostBy = (dtype: DType, { data, rescale, dtype: from }: Voxels): number | bigint | undefined => {
  const plain = isIdentityRescale(rescale);
  const [before, after] = [dtypes[from], dtypes[dtype]];
  if (
    plain &&
    (from === dtype || (before.integer && after.integer && before.min >= after.min && before.max <= after.max))
  )
    return undefined;
  for (let k = 0; k < data.length; k++) {
    const stored = data[k] as number | bigint;
    const value = plain ? stored : rescale.slope * Number(stored) + rescale.intercept;
    if (!holds(dtype, value)) return value;
  }
  return undefined;
};

/** The numbers that steps put outside the image. */
const fillsOf = (steps: readonly Step[]): readonly number[] =>
  steps.flatMap((step) => ("fill" in step && typeof step.fill === "number" ? [step.fill] : []));

/**
 * Makes sure that no step to another dtype loses a class of a label image. What was cropped away before
 * such a step need not fit, so the image that it gets is computed when the source alone leaves doubt.
 * @throws MedImagesError `UnsupportedVoxels`, which names a class
 */
export const keepClasses = async (
  image: MedImage,
  steps: readonly Step[],
  compute: (expression: Expression) => Promise<MedImage>,
): Promise<void> => {
  if (image.kind !== "label") return;
  for (const [k, step] of steps.entries()) {
    if (step.op !== "as") continue;
    const { dtype } = step;
    const earlier = steps.slice(0, k);
    if (lostBy(dtype, image.voxels) === undefined && fillsOf(earlier).every((value) => holds(dtype, value))) continue;
    const lost = lostBy(dtype, (await compute(applySteps(earlier, image))).voxels);
    if (lost !== undefined)
      fail({
        kind: "UnsupportedVoxels",
        reason: `${dtype} cannot hold class ${lost} of the label image, which would become another`,
        remedy: "take a wider dtype, such as uint16 or int32, or leave the dtype as it is",
      });
  }
};
