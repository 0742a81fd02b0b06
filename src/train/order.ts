/**
 * Which samples make up a step. It is a function of the step alone, so that a loop that is taken up again at a step
 * sees what it would have seen.
 */
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { drawFrom, streamOf } from "../augment/stream.ts";

export interface Course {
  /** How many samples there are. */
  readonly samples: number;
  readonly batchSize: number;
  /** The seed of the order, another one for each epoch; in their own order where there is none. */
  readonly shuffle: number | undefined;
  /** Whether the samples that fill no batch are left out of an epoch. */
  readonly dropLast: boolean;
}

export const stepsPerEpoch = ({ samples, batchSize, dropLast }: Course): number =>
  dropLast ? Math.floor(samples / batchSize) : Math.ceil(samples / batchSize);

/** The epoch of a step, and its samples. */
export const samplesOf = (
  course: Course,
  step: number,
): { readonly epoch: number; readonly indices: readonly number[] } => {
  const perEpoch = stepsPerEpoch(course);
  const epoch = Math.floor(step / perEpoch);
  const first = (step % perEpoch) * course.batchSize;
  return { epoch, indices: orderOf(course, epoch).slice(first, first + course.batchSize) };
};

/** All samples in the order of an epoch: each order is as likely as any other (R. A. Fisher and F. Yates, 1938). */
const orderOf = ({ samples, shuffle }: Course, epoch: number): readonly number[] => {
  const order = Array.from({ length: samples }, (_, index) => index);
  if (shuffle === undefined) return order;
  const [shuffled] = drawFrom(streamOf([shuffle, epoch]), (generator) => {
    for (let last = samples - 1; last > 0; last--) {
      const chosen = uniformInt(generator, 0, last);
      [order[last], order[chosen]] = [order[chosen] as number, order[last] as number];
    }
    return order;
  });
  return shuffled;
};
