/**
 * Laws of looking between the voxels: what an interpolator must reproduce (constants, linear ramps), that it
 * is linear in the voxels, and that movements compose and undo each other as fields, not as images.
 */
import { transformPoint } from "../compiler/language/affine.ts";
import { type Grid, pointAt } from "../compiler/language/grid.ts";
import { axes, column, dot, type Vector3, vector } from "../compiler/language/vector.ts";
import { sameRescale, voxelsOf } from "../compiler/language/voxels.ts";
import { imageFromArray, type MedImage } from "../src/image.ts";
import type { AxisName, SamplingOptions, Step } from "../src/step.ts";
import {
  closeReals,
  closeVoxels,
  indicesOf,
  magnitude,
  realAt,
  reals,
  sameElements,
  sameLattice,
  sameStorage,
  storedReal,
} from "./compare.ts";
import { type MovingStep, whereFrom } from "./motion.ts";
import { chain, type Pipeline, type Subject } from "./subject.ts";
import { every, require, type Verdict } from "./verdict.ts";

/** The image with the same grid and storage whose every voxel is the first one. */
const flattened = (image: MedImage<"intensity">): MedImage<"intensity"> => {
  const flat = image.voxels.data.slice();
  if (flat instanceof BigInt64Array || flat instanceof BigUint64Array) flat.fill(BigInt(flat[0] ?? 0));
  else flat.fill(Number(flat[0] ?? 0));
  return { ...image, voxels: { ...image.voxels, data: flat } };
};

/**
 * A constant image stays that constant, everywhere, under spatial operations whose fill is taken from the
 * image itself (background, clamp, reflect, wrap). Judged on the constant image of the first voxel.
 */
export const constantStaysConstant = async (
  subject: Subject,
  pipeline: Pipeline,
  image: MedImage<"intensity">,
): Promise<Verdict> => {
  const flat = flattened(image);
  const value = realAt(flat.voxels, 0);
  const result = await subject.evaluate(pipeline(flat));
  return closeReals(result.voxels, () => value, subject.tolerance * Math.max(1, Math.abs(value)));
};

/**
 * Of a constant image and a constant fill nothing but these two values comes, under operations of one
 * sampling: the fill begins where the extent of the voxels ends and is never blended into them.
 */
export const fillDoesNotLeak = async (
  subject: Subject,
  pipeline: Pipeline,
  image: MedImage<"intensity">,
  fill: number,
): Promise<Verdict> => {
  const flat = flattened(image);
  const value = realAt(flat.voxels, 0);
  const { voxels } = await subject.evaluate(pipeline(flat));
  // What the result's dtype makes of the fill: an integer may have to round it or to saturate.
  const blank = Number(storedReal(fill, voxels)) * voxels.rescale.slope + voxels.rescale.intercept;
  const near = (a: number, b: number): boolean => Math.abs(a - b) <= subject.tolerance * Math.max(1, Math.abs(b));
  const at = reals(voxels).findIndex((v) => !near(v, value) && !near(v, blank));
  return require(at < 0, () =>
    `element ${at} is ${realAt(voxels, at)}, neither the image's ${value} nor the fill ${blank}`);
};

/** v(p) = slope · p + intercept over world points. */
export interface Ramp {
  readonly slope: Vector3;
  readonly intercept: number;
}

const rampAt = ({ slope, intercept }: Ramp, point: Vector3): number => dot(slope, point) + intercept;

/** A float64 image whose voxels are the values of a ramp at their centres. */
export const rampImage = (grid: Grid, ramp: Ramp): MedImage<"intensity"> =>
  imageFromArray(
    Float64Array.from(indicesOf(grid.size), (index) => rampAt(ramp, pointAt(grid, index))),
    grid,
  );

/** What a ramp image is at a fractional index, how surely, or that it is not there at all. */
type Expectation = { readonly value: number; readonly tolerance: number } | "outside" | "undecided";

/**
 * A cubic spline with mirror boundaries has slope 0 at the first and last sample, where the ramp has slope g:
 * the error is the spline that is 0 at all samples and has slope −g at the end. It shrinks by 2 − √3 from
 * one sample to the next, and is under g/4 in the first interval: below, that is what is allowed.
 */
const borderBend = (index: number, n: number, gradient: number): number => {
  const shrink = 2 - Math.sqrt(3);
  const toBorder = (distance: number): number => shrink ** Math.max(0, Math.floor(distance + 1e-9));
  return n === 1 ? 0 : (Math.abs(gradient) / 4) * (toBorder(index) + toBorder(n - 1 - index));
};

/** Coordinates this close to the edge of the extent may fall on either side of it by rounding. */
const edge = 1e-6;

const expectation = (
  subject: Subject,
  ramp: Ramp,
  image: MedImage,
  by: "linear" | "bspline",
  index: Vector3,
): Expectation => {
  const { grid } = image;
  const { size } = grid;
  if (index.some(Number.isNaN)) return "undecided";
  if (axes.some((k) => index[k] < -0.5 - edge || index[k] > size[k] - 0.5 + edge)) return "outside";
  if (axes.some((k) => index[k] < -0.5 + edge || index[k] > size[k] - 0.5 - edge)) return "undecided";
  const held = vector((k) => Math.min(Math.max(index[k], 0), size[k] - 1));
  const rounding = subject.tolerance * magnitude(image);
  const value = rampAt(ramp, pointAt(grid, held));
  if (by === "linear") return { value, tolerance: rounding };
  // Within the outer half voxel a spline goes on mirrored, which the ramp does not.
  if (axes.some((k) => size[k] > 1 && Math.abs(held[k] - index[k]) > edge)) return "undecided";
  const bends = axes.map((k) =>
    borderBend(held[k], size[k], dot(ramp.slope, column(grid.direction, k)) * grid.spacing[k]),
  );
  return { value, tolerance: bends.reduce((sum, bend) => sum + bend, rounding) };
};

/** Far from anything that a ramp takes, so that no ramp can pass for it. */
const beyond = -(2 ** 24);

/**
 * A linear ramp in world coordinates is still that ramp after any movement, each of its points where the
 * conventions say that it went: exactly for linear interpolation, held at the edge within the outer half
 * voxel; for B-splines within the bend that their boundary causes; and the fill everywhere else.
 */
export const rampIsReproduced = async (
  subject: Subject,
  grid: Grid,
  ramp: Ramp,
  by: "linear" | "bspline",
  steps: readonly MovingStep[],
): Promise<Verdict> => {
  const image = rampImage(grid, ramp);
  const sampling: SamplingOptions = { interpolation: by, fill: beyond };
  // Where a point of the result was before all steps: back through them, each about the grid it found.
  const grids: Grid[] = [];
  let expression = chain(subject, [])(image);
  for (const step of steps) {
    grids.push(expression.grid);
    expression = subject.perform(samples(step) ? { ...step, ...sampling } : step)(expression);
  }
  const result = await subject.evaluate(expression);
  const toIndex = subject.worldToIndex(grid);
  const expected = indicesOf(result.grid.size).map((index) => {
    const point = steps.reduceRight<Vector3>(
      (p, step, k) => whereFrom(step, grids[k] ?? grid, p),
      pointAt(result.grid, index),
    );
    return expectation(subject, ramp, image, by, transformPoint(toIndex, point));
  });
  const value = (i: number): number | undefined => {
    const due = expected[i];
    return due === undefined || due === "undecided" ? undefined : due === "outside" ? beyond : due.value;
  };
  const tolerance = (i: number): number => {
    const due = expected[i];
    return typeof due === "object" ? due.tolerance : 0;
  };
  return closeReals(result.voxels, value, tolerance);
};

const samples = (step: MovingStep): boolean => !["translate", "flip", "changeOrientation"].includes(step.op);

/** Operations are linear in the voxels: a weighted sum of two float64 images gives the weighted sum of their results. */
export const weightedSumsPass = async (
  subject: Subject,
  pipeline: Pipeline,
  [a, b]: readonly [MedImage<"intensity">, MedImage<"intensity">],
  [alpha, beta]: readonly [number, number],
): Promise<Verdict> => {
  const data = Float64Array.from(reals(a.voxels), (v, i) => alpha * v + beta * realAt(b.voxels, i));
  const sum: MedImage<"intensity"> = { ...a, voxels: voxelsOf(data, { channels: a.voxels.channels }) };
  const ofSum = await subject.evaluate(pipeline(sum));
  const ofA = await subject.evaluate(pipeline(a));
  const ofB = await subject.evaluate(pipeline(b));
  const most = magnitude(a, b) * (1 + Math.abs(alpha) + Math.abs(beta));
  const expected = (i: number): number => alpha * realAt(ofA.voxels, i) + beta * realAt(ofB.voxels, i);
  return closeReals(ofSum.voxels, expected, subject.tolerance * most);
};

/**
 * Turning by a and then by b about one axis is turning by a + b: the same field, so it holds at every voxel,
 * corners included. For fills without a jump only: elsewhere rounding decides on which side a point falls.
 */
export const rotationsAdd = async (
  subject: Subject,
  image: MedImage,
  axis: AxisName | Vector3,
  [a, b]: readonly [number, number],
  sampling: SamplingOptions,
): Promise<Verdict> => {
  const turn = (degrees: number): Step => ({ op: "rotate", axis, degrees, ...sampling });
  const apart = await subject.evaluate(chain(subject, [turn(a), turn(b)])(image));
  const once = await subject.evaluate(chain(subject, [turn(a + b)])(image));
  return every(
    () => sameLattice(apart.grid, once.grid),
    () => closeVoxels(apart.voxels, once.voxels, 2 * subject.tolerance * magnitude(image)),
  );
};

/** A movement as steps, and the steps that undo it. */
export interface Undoable {
  readonly forward: readonly Step[];
  readonly backward: readonly Step[];
}

/**
 * A chain of invertible movements followed by its inverse gives the image back, corners included: nothing
 * that left the grid in between is lost. Bit for bit, as float32 where the chain interpolates.
 */
export const inverseUndoes = async (
  subject: Subject,
  image: MedImage,
  movements: readonly Undoable[],
): Promise<Verdict> => {
  const there = movements.flatMap(({ forward }) => forward);
  const back = [...movements].reverse().flatMap(({ backward }) => backward);
  const expression = chain(subject, [...there, ...back])(image);
  const result = await subject.evaluate(expression);
  const { voxels } = image;
  const kept = expression.storage.dtype === voxels.dtype && sameRescale(expression.storage.rescale, voxels.rescale);
  return every(
    () => sameLattice(result.grid, image.grid),
    () =>
      kept
        ? sameStorage(result.voxels, voxels)
        : require(result.voxels.dtype === "float32", () => `it is kept as ${result.voxels.dtype}`),
    () => sameElements(result.voxels, (i) => (kept ? voxels.data[i] : Math.fround(realAt(voxels, i)))),
  );
};
