/** Random movements of the content. What they draw are the numbers of ordinary operations. */
import { pipe } from "fp-ts/lib/function.js";
import { type Vector3, vector } from "../../compiler/language/vector.ts";
import type { IntensityOperation, Operation } from "../expression.ts";
import { type AffineParameters, affine } from "../ops/affine.ts";
import { materialize } from "../ops/materialize.ts";
import { flip } from "../ops/orient.ts";
import { resampleToImage, scale } from "../ops/resample.ts";
import { rotate } from "../ops/rotate.ts";
import type { AxisName, SamplingOptions } from "../step.ts";
import { type Amount, type Amounts, sampled, sampledFactors, sampledVector } from "./amount.ts";
import { chance, choice } from "./distributions.ts";
import { inARow } from "./pipelines.ts";
import { constant, map, named, type Sampler, struct } from "./sampler.ts";

type ForAll = SamplingOptions<"nearest">;

/** How the content is moved, as `affine` does it; what is left out stays as it is. */
export interface RandomAffineOptions {
  /** Degrees about the world axes x, y and z, drawn for each by itself. */
  readonly rotate?: Amounts;
  /** Factors, over 1 to enlarge: one for all axes, or three. */
  readonly scale?: Amounts;
  /** Shears xy, xz and yz, drawn for each by itself. */
  readonly shear?: Amounts;
  /** World mm (LPS), drawn for each axis by itself. */
  readonly translate?: Amounts;
}

/** Rotation, scale, shear and translation of the content at once, about the centre of the grid. */
export function randomAffine(of: RandomAffineOptions, options?: ForAll): Sampler<Operation>;
export function randomAffine(of: RandomAffineOptions, options: SamplingOptions): Sampler<IntensityOperation>;
export function randomAffine(of: RandomAffineOptions, options: SamplingOptions = {}): Sampler<IntensityOperation> {
  return pipe(
    struct({
      rotate: vectorOr(of.rotate, [0, 0, 0], "the rotation"),
      scale: of.scale === undefined ? constant<Vector3>([1, 1, 1]) : sampledFactors(of.scale, "the scale"),
      shear: vectorOr(of.shear, [0, 0, 0], "the shear"),
      translate: vectorOr(of.translate, [0, 0, 0], "the translation"),
    }),
    // What is not asked for is not written into the step.
    map((drawn) => affine(asked(drawn, of), options)),
    named("affine"),
  );
}

const vectorOr = (amounts: Amounts | undefined, otherwise: Vector3, what: string): Sampler<Vector3> =>
  amounts === undefined ? constant(otherwise) : sampledVector(amounts, what);

const asked = (drawn: AffineParameters, of: RandomAffineOptions): AffineParameters =>
  Object.fromEntries(Object.entries(drawn).filter(([key]) => of[key as keyof RandomAffineOptions] !== undefined));

export interface RandomRotateOptions {
  /** Right-handed, in degrees. */
  readonly degrees: Amount;
  /** The image's own axes of which one is drawn; all three unless said. */
  readonly axes?: readonly [AxisName, ...AxisName[]];
}

/** A rotation of the content about one of the image's own axes. */
export function randomRotate(of: RandomRotateOptions, options?: ForAll): Sampler<Operation>;
export function randomRotate(of: RandomRotateOptions, options: SamplingOptions): Sampler<IntensityOperation>;
export function randomRotate(
  { degrees, axes = allAxes }: RandomRotateOptions,
  options: SamplingOptions = {},
): Sampler<IntensityOperation> {
  return pipe(
    struct({ axis: choice(...axes), degrees: sampled(degrees, "the angle") }),
    map((drawn) => rotate(drawn.axis, drawn.degrees, options)),
    named("rotate"),
  );
}
const allAxes = ["x", "y", "z"] as const;

/** Enlarges the content about the centre of the grid, by one factor for all world axes, or three. */
export function randomScale(factor: Amounts, options?: ForAll): Sampler<Operation>;
export function randomScale(factor: Amounts, options: SamplingOptions): Sampler<IntensityOperation>;
export function randomScale(factor: Amounts, options: SamplingOptions = {}): Sampler<IntensityOperation> {
  return pipe(
    sampledFactors(factor, "the scale"),
    map((scale) => affine({ scale }, options)),
    named("scale"),
  );
}

/** Moves the content within its grid by world mm (LPS), drawn for each axis by itself. */
export function randomTranslate(mm: Amounts, options?: ForAll): Sampler<Operation>;
export function randomTranslate(mm: Amounts, options: SamplingOptions): Sampler<IntensityOperation>;
export function randomTranslate(mm: Amounts, options: SamplingOptions = {}): Sampler<IntensityOperation> {
  return pipe(
    sampledVector(mm, "the translation"),
    map((translate) => affine({ translate }, options)),
    named("translate"),
  );
}

/** Shears the content about the centre of the grid by [xy, xz, yz], each drawn by itself. */
export function randomShear(amounts: Amounts, options?: ForAll): Sampler<Operation>;
export function randomShear(amounts: Amounts, options: SamplingOptions): Sampler<IntensityOperation>;
export function randomShear(amounts: Amounts, options: SamplingOptions = {}): Sampler<IntensityOperation> {
  return pipe(
    sampledVector(amounts, "the shear"),
    map((shear) => affine({ shear }, options)),
    named("shear"),
  );
}

export interface RandomAnisotropyOptions {
  /** How many times coarser the voxels become along the axis, 1 or more. */
  readonly factor: Amount;
  /** The image's own axes of which one is drawn; all three unless said. */
  readonly axes?: readonly [AxisName, ...AxisName[]];
}

/**
 * Samples the image with voxels that are coarser along one axis, and resamples that onto the grid that it had, as
 * thick slices would look. Labels of a subject go the same way, by the nearest voxel.
 */
export const randomAnisotropy = ({ factor, axes = allAxes }: RandomAnisotropyOptions): Sampler<Operation> =>
  pipe(
    struct({ axis: choice(...axes), factor: sampled(factor, "the factor") }),
    map((drawn): Operation => {
      const factors = vector((k) => (allAxes[k] === drawn.axis ? 1 / drawn.factor : 1));
      return (source) => pipe(source, scale(factors), materialize, resampleToImage(source.grid));
    }),
    named("anisotropy"),
  );

/** Mirrors the content along each of some of the image's own axes with probability `p` (½); voxels are moved exactly. */
export const randomFlip = (axes: readonly AxisName[] = allAxes, p = 0.5): Sampler<Operation> =>
  pipe(
    struct(Object.fromEntries(axes.map((axis) => [axis, chance(p)])) as Readonly<Record<AxisName, Sampler<boolean>>>),
    map((flips) => inARow(axes.filter((axis) => flips[axis]).map((axis) => flip(axis)))),
    named("flip"),
  );
