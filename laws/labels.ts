/**
 * Laws of label images: class numbers are names, so none may come out that did not go in.
 */
import type { MedImage } from "../src/image.ts";
import type { Step } from "../src/step.ts";
import { reals, sameStorage } from "./compare.ts";
import type { Pipeline, Subject } from "./subject.ts";
import { every, require, type Verdict } from "./verdict.ts";

/**
 * Spatial operations never invent a label: every class of the result is a class of the image, the 0 that
 * labels have for background, or a fill that a step asked for. dtype and kind stay.
 */
export const labelsAreNotInvented = async (
  subject: Subject,
  pipeline: Pipeline<"label">,
  image: MedImage<"label">,
): Promise<Verdict> => {
  const expression = pipeline(image);
  const result = await subject.evaluate(expression);
  const known = new Set([0, ...reals(image.voxels), ...expression.steps.flatMap(fillsOf)]);
  const invented = reals(result.voxels).find((v) => !known.has(v));
  return every(
    require(result.kind === "label", () => `the labels became ${result.kind}`),
    () => sameStorage(result.voxels, image.voxels),
    require(invented === undefined, () =>
      `class ${invented} is not among ${[...known].sort((a, b) => a - b).join(", ")}`),
  );
};

const fillsOf = (step: Step): readonly number[] => ("fill" in step && typeof step.fill === "number" ? [step.fill] : []);
