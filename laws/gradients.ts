/** Laws of gradients that are known without differentiating: nothing, ones and zeros, and the same whoever computes them. */

import { param } from "../compiler/language/real.ts";
import type { Parameter } from "../compiler/language/scalar.ts";
import { voxelsOf } from "../compiler/language/voxels.ts";
import type { MedImage } from "../src/image.ts";
import { addLosses, type Loss, scaleLoss, sum } from "../src/loss.ts";
import { closeReals, reals, sameVoxels } from "./compare.ts";
import type { Pipeline, Subject } from "./subject.ts";
import { every, require, type Verdict, within } from "./verdict.ts";

const zeros = (where: string, { voxels }: MedImage): Verdict =>
  within(
    where,
    closeReals(voxels, () => 0, 0),
  );

/**
 * What a loss does not depend on has the gradient 0, exactly: an image or a parameter that it does not look at, an
 * image all of whose values come out the same, and one whose loss is taken away again.
 */
export const constantsHaveNoGradient = async (
  subject: Subject,
  pipeline: Pipeline,
  image: MedImage<"intensity">,
): Promise<Verdict> => {
  const unused = param("unused", 1);
  const other: MedImage<"intensity"> = { ...image, voxels: { ...image.voxels, data: image.voxels.data.slice() } };
  const loss = sum(pipeline(image));
  const elsewhere = await subject.valueAndGradient(loss, { wrt: { other, unused } });
  const pressed = subject.perform({ op: "clamp", min: 1e30, max: 2e30 })(pipeline(image));
  const flat = await subject.valueAndGradient(sum(pressed), { wrt: { image } });
  const nothing = addLosses(loss, scaleLoss(-1)(loss));
  const cancelled = await subject.valueAndGradient(nothing, { wrt: { image } });
  return every(
    () => zeros("an image that is not looked at", elsewhere.gradient.other),
    () =>
      require(elsewhere.gradient.unused === 0, () =>
        `a parameter that is not used has the gradient ${elsewhere.gradient.unused}`),
    () => zeros("an image whose values all come out the same", flat.gradient.image),
    () => zeros("a loss less itself", cancelled.gradient.image),
  );
};

/**
 * The gradient of the sum of what operations leave that move whole voxels, and fill with 0, counts how often each voxel
 * was kept: 1 where it was and 0 where it is gone. Exactly, but for images with a rescale.
 */
export const exactGradientsCount = async (
  subject: Subject,
  pipeline: Pipeline,
  image: MedImage<"intensity">,
): Promise<Verdict> => {
  const { voxels } = image;
  // Each voxel bears its own number, so the result tells which were kept.
  const numbers = Float64Array.from({ length: voxels.data.length }, (_, i) => i + 1);
  const numbered: MedImage<"intensity"> = { ...image, voxels: voxelsOf(numbers, { channels: voxels.channels }) };
  const kept = reals((await subject.evaluate(pipeline(numbered))).voxels);
  const count = new Map<number, number>();
  for (const number of kept) count.set(number, (count.get(number) ?? 0) + 1);
  const { gradient } = await subject.valueAndGradient(sum(pipeline(image)), { wrt: { image } });
  return closeReals(
    gradient.image.voxels,
    (i) => count.get(i + 1) ?? 0,
    voxels.rescale.slope === 1 ? 0 : subject.precision,
  );
};

/** Values and gradients have the same bits whatever the number of threads. */
export const gradientsIgnoreThreads = async (
  subject: Subject,
  loss: Loss,
  wrt: readonly [image: MedImage, ...parameters: Parameter[]],
  counts: readonly number[] = [2, 3],
): Promise<Verdict> => {
  const alone = await subject.valueAndGradient(loss, { wrt, threads: 1 });
  const verdicts: (() => Verdict)[] = [];
  const [voxels, ...numbers] = alone.gradient;
  for (const threads of counts) {
    const together = await subject.valueAndGradient(loss, { wrt, threads });
    const [otherVoxels, ...others] = together.gradient;
    const differing = numbers.findIndex((number, k) => !Object.is(number, others[k]));
    verdicts.push(
      () =>
        require(Object.is(together.value, alone.value), () =>
          `the value is ${together.value} with ${threads} threads and ${alone.value} with one`),
      () =>
        require(differing < 0, () =>
          `gradient ${differing + 1} is ${others[differing]} with ${threads} threads and ${numbers[differing]} with one`),
      () => within(`with ${threads} threads`, sameVoxels(otherVoxels.voxels, voxels.voxels)),
    );
  }
  return every(...verdicts);
};
