/**
 * Laws of gradients as slopes: what is said of how fast a loss rises is held against how fast it does, by central
 * differences along a line. At kinks and jumps there is no slope; a place where two widths of the difference
 * disagree is taken for one of these and not judged.
 */

import type { Parameter } from "../compiler/language/scalar.ts";
import type { MedImage } from "../src/image.ts";
import type { Loss } from "../src/loss.ts";
import { param } from "../src/real.ts";
import { reals } from "./compare.ts";
import { noiseOn, withReals } from "./noise.ts";
import type { Movable } from "./parameters.ts";
import type { Subject } from "./subject.ts";
import { every, holds, require, type Verdict } from "./verdict.ts";

/** Half the width of a difference: its error is of the order of the square. */
const reach = 1e-4;
/** How much of the magnitudes a difference may be off by. */
const roughness = 1e-6;

/** How fast f rises at 0; undefined where that cannot be told from two differences to a tenth of what is allowed. */
const slopeAtZero = async (f: (t: number) => Promise<number>, scale: number): Promise<number | undefined> => {
  const over = async (h: number): Promise<number> => ((await f(h)) - (await f(-h))) / (2 * h);
  const [wide, narrow] = [await over(reach), await over(reach / 2)];
  return Math.abs(wide - narrow) <= 0.1 * roughness * scale ? narrow : undefined;
};

/** The value is the loss's, and Σ gradient · direction is its slope along the direction. */
const judge = async (
  subject: Subject,
  value: number,
  contributions: readonly number[],
  f: (t: number) => Promise<number>,
): Promise<Verdict> => {
  const at = await f(0);
  // As the correlation of a constant.
  if (!Number.isFinite(at)) return holds;
  const due = contributions.reduce((sum, part) => sum + part, 0);
  const scale = contributions.reduce((sum, part) => sum + Math.abs(part), Math.abs(at));
  const slope = await slopeAtZero(f, scale);
  const allowed = (roughness + subject.precision) * scale;
  return every(
    require(Math.abs(value - at) <= subject.tolerance * scale, () => `the value is ${value} instead of ${at}`),
    slope === undefined
      ? holds
      : require(Math.abs(due - slope) <= allowed, () =>
          `the gradient says ${due} and the loss rises by ${slope}, over ${allowed} apart`),
  );
};

/** The gradient of a loss of an image of floats by its voxels is the slope along a direction of noise, drawn from a seed. */
export const voxelGradientsAreSlopes = async (
  subject: Subject,
  loss: (image: MedImage<"intensity">) => Loss,
  image: MedImage<"intensity">,
  seed: number,
): Promise<Verdict> => {
  const direction = reals(noiseOn(subject.perform({ op: "as", dtype: "float64" })(image), seed).voxels);
  const { value, gradient } = await subject.valueAndGradient(loss(image), { wrt: { image } });
  const along = reals(gradient.image.voxels).map((g, i) => g * (direction[i] ?? 0));
  return judge(subject, value, along, (t) =>
    subject.valueOfLoss(loss(withReals(image, (v, i) => v + t * (direction[i] ?? 0)))),
  );
};

/**
 * The gradients of a loss by parameters are its slope along a direction in which each goes up or down by its unit. For
 * parameters that move points which lie in general between samples: on one the slope is that to the right.
 */
export const parameterGradientsAreSlopes = async (
  subject: Subject,
  loss: (parameters: readonly Parameter[]) => Loss,
  movables: readonly Movable[],
  seed: number,
): Promise<Verdict> => {
  const parameters = movables.map(({ parameter }) => parameter);
  const speeds = movables.map(({ unit }, k) => ((seed >> (k % 31)) & 1 ? unit : -unit) * (1 - 0.05 * (k % 7)));
  const { value, gradient } = await subject.valueAndGradient(loss(parameters), { wrt: parameters });
  return judge(
    subject,
    value,
    gradient.map((g, k) => g * (speeds[k] ?? 0)),
    (t) =>
      subject.valueOfLoss(
        loss(parameters.map(({ parameter, value: v }, k) => param(parameter, v + t * (speeds[k] ?? 0)))),
      ),
  );
};
