/**
 * Laws of gradients as slopes: what is said of how fast a loss rises is held against how fast it does, by central
 * differences along a line. At kinks and jumps there is no slope; a place where two widths of the difference
 * disagree is taken for one of these and not judged.
 */

import { param } from "../compiler/language/real.ts";
import type { Parameter } from "../compiler/language/scalar.ts";
import type { MedImage } from "../src/image.ts";
import type { Loss } from "../src/loss.ts";
import { stream } from "./arbitraries/numbers.ts";
import { reals } from "./compare.ts";
import { noiseLike, withReals } from "./noise.ts";
import type { Movable } from "./parameters.ts";
import type { Subject } from "./subject.ts";
import { every, holds, require, type Verdict } from "./verdict.ts";

/** Half the width of a difference: its error is of the order of the square. */
const reach = 1e-4;
/** How much of the magnitudes a difference may be off by. */
const roughness = 1e-6;
/** Slopes of taps are differences of voxels, and moments multiply what is lost in them by some voxels. */
const slack = 10;

/** How fast f rises at 0; undefined where that cannot be told from two differences to a tenth of what is allowed. */
const slopeAtZero = async (f: (t: number) => Promise<number>, scale: number): Promise<number | undefined> => {
  const over = async (h: number): Promise<number> => ((await f(h)) - (await f(-h))) / (2 * h);
  const [wide, narrow] = [await over(reach), await over(reach / 2)];
  return Math.abs(wide - narrow) <= 0.1 * roughness * scale ? narrow : undefined;
};

/** What there is to judge: a gradient along a direction, and the loss along the same. */
interface Claim {
  readonly value: number;
  /** What each of the numbers differentiated by adds to the slope along the direction. */
  readonly contributions: readonly number[];
  /** The gradient by voxels, which says how much the loss can tell of what is lost in them by rounding. */
  readonly gradient: MedImage;
  readonly loss: (image: MedImage<"intensity">) => Loss;
  readonly image: MedImage<"intensity">;
  readonly along: (t: number) => Loss;
}

const judge = async (
  subject: Subject,
  { value, contributions, gradient, loss, image, along }: Claim,
): Promise<Verdict> => {
  const at = await subject.valueOfLoss(along(0));
  // As the correlation of a constant.
  if (!Number.isFinite(at)) return holds;
  const most = largestStored(image);
  if (!(await isSteady(subject, loss, image, most * subject.precision))) return holds;
  const due = contributions.reduce((sum, part) => sum + part, 0);
  const ofVoxels = reals(gradient.voxels).reduce((sum, g) => sum + Math.abs(g) * most, 0);
  // What a fill is stored as, through the rescale, is rounded too, though no voxel has a part in it.
  const ofFills = Math.abs(image.voxels.rescale.intercept);
  const scale = contributions.reduce((sum, part) => sum + Math.abs(part), Math.abs(at) + ofVoxels + ofFills);
  const slope = await slopeAtZero((t) => subject.valueOfLoss(along(t)), scale);
  const allowed = (roughness + slack * subject.precision) * scale;
  return every(
    require(Math.abs(value - at) <= subject.precision * scale, () => `the value is ${value} instead of ${at}`),
    slope === undefined
      ? holds
      : require(Math.abs(due - slope) <= allowed, () =>
          `the gradient says ${due} and the loss rises by ${slope}, over ${allowed} apart`),
  );
};

/** The largest magnitude of what is stored, in the units of real values: what rounding takes its share of. */
const largestStored = ({ voxels }: MedImage): number =>
  reals(voxels).reduce((most, real) => Math.max(most, Math.abs(real), Math.abs(real - voxels.rescale.intercept)), 0);

/** Whether a loss stays what it is when voxels lose the digits that the subject has not, as that of a near constant does not. */
const isSteady = async (
  subject: Subject,
  loss: (image: MedImage<"intensity">) => Loss,
  image: MedImage<"intensity">,
  lost: number,
): Promise<boolean> => {
  const [exact, rough] = [
    await subject.valueOfLoss(loss(image)),
    await subject.valueOfLoss(loss(withReals(image, (v, i) => v + lost * Math.sin(i)))),
  ];
  return Math.abs(rough - exact) <= 1e-3 * Math.abs(exact);
};

/** The gradient of a loss of an image of floats by its voxels is the slope along a direction of noise, drawn from a seed. */
export const voxelGradientsAreSlopes = async (
  subject: Subject,
  loss: (image: MedImage<"intensity">) => Loss,
  image: MedImage<"intensity">,
  seed: number,
): Promise<Verdict> => {
  const most = reals(image.voxels).reduce((m, v) => Math.max(m, Math.abs(v)), 0);
  const direction = reals(noiseLike(image, seed).voxels).map((v) => (v / 100) * most);
  const { value, gradient } = await subject.valueAndGradient(loss(image), { wrt: { image } });
  return judge(subject, {
    value,
    contributions: reals(gradient.image.voxels).map((g, i) => g * (direction[i] ?? 0)),
    gradient: gradient.image,
    loss,
    image,
    along: (t) => loss(withReals(image, (v, i) => v + t * (direction[i] ?? 0))),
  });
};

/**
 * The gradients of a loss by parameters are its slope along a direction in which each goes up or down by its unit. For
 * parameters that move points which lie in general between samples: on one the slope is that to the right.
 */
export const parameterGradientsAreSlopes = async (
  subject: Subject,
  loss: (image: MedImage<"intensity">, parameters: readonly Parameter[]) => Loss,
  image: MedImage<"intensity">,
  movables: readonly Movable[],
  seed: number,
): Promise<Verdict> => {
  const parameters = movables.map(({ parameter }) => parameter);
  const next = stream(seed);
  const speeds = movables.map(({ unit }) => unit * (next() < 0.5 ? -1 : 1) * (0.5 + next() / 2));
  const { value, gradient } = await subject.valueAndGradient(loss(image, parameters), { wrt: [image, ...parameters] });
  const [voxels, ...numbers] = gradient;
  const moved = (t: number): readonly Parameter[] =>
    parameters.map(({ parameter, value: v }, k) => param(parameter, v + t * (speeds[k] ?? 0)));
  return judge(subject, {
    value,
    contributions: numbers.map((g, k) => g * (speeds[k] ?? 0)),
    gradient: voxels,
    loss: (other) => loss(other, parameters),
    image,
    along: (t) => loss(image, moved(t)),
  });
};
