/**
 * What every backend must make of gradients: the same as the reference, to 10⁻⁵ of the largest of them. As
 * `conformance.ts`, it knows no test runner and imports the package's entries only.
 */
import fc from "fast-check";
import { chain, medimages, pipelines } from "../../laws/index.ts";
import {
  affine,
  as,
  type Backend,
  changeOrientation,
  crop,
  type Expression,
  imageFromArray,
  type Loss,
  type MedImage,
  materialize,
  mse,
  ncc,
  pad,
  param,
  pipe,
  reference,
  rescale,
  resampleToSpacing,
  rotate,
  type SamplingOptions,
  scale,
  sumOfSquares,
  valueAndGradient,
  vjp,
  type WithRespectTo,
} from "../../src/index.ts";
import type { Check } from "./conformance.ts";
import { noise } from "./noise.ts";

type Image = MedImage<"intensity">;
type Vector3 = readonly [number, number, number];

const tolerance = 1e-5;

/** Numbers within the tolerance of the reference's, as a share of the largest of them. */
const close = (what: string, found: ArrayLike<number>, wanted: ArrayLike<number>, scale = largest(wanted)): void => {
  if (found.length !== wanted.length) throw new Error(`${what}: ${found.length} numbers, not ${wanted.length}`);
  for (let i = 0; i < wanted.length; i++) {
    const [a, b] = [Number(found[i]), Number(wanted[i])];
    if (!(Math.abs(a - b) <= tolerance * scale || Object.is(a, b)))
      throw new Error(`${what}: number ${i} is ${a}, the reference has ${b} (the largest is ${scale})`);
  }
};

const largest = (numbers: ArrayLike<number>): number =>
  Array.from(numbers, Number).reduce((most, n) => (Number.isFinite(n) ? Math.max(most, Math.abs(n)) : most), 0);

/** The gradient to the voxels of `image` of ⟨cotangent, expression⟩, with noise as the cotangent. */
const agree = async (
  backend: Backend,
  image: Image,
  expression: Expression<"intensity">,
  dtype: "float32" | "float64" = "float32",
): Promise<void> => {
  const { grid, image: { voxels: { channels } } } = expression;
  const cotangent = imageFromArray(signed(grid.size[0] * grid.size[1] * grid.size[2] * channels), grid, { channels });
  const [found] = await vjp(expression, cotangent, { wrt: [image], backend, dtype });
  const [wanted] = await vjp(expression, cotangent, { wrt: [image], backend: reference, dtype });
  if (found.voxels.dtype !== dtype) throw new Error(`${found.voxels.dtype}, not ${dtype}`);
  close("voxels", found.voxels.data as Float32Array, wanted.voxels.data as Float32Array);
};

/** Numbers from −1 to 1 that look random. */
const signed = (length: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => ((Math.imul(i + 1, 2654435761) >>> 8) % 2001) / 1000 - 1);

const sampled = (image: Image, step: (options: SamplingOptions) => (image: Image) => Expression, options: SamplingOptions) =>
  step(options)(image) as Expression<"intensity">;

const fills = [0, "background", "clamp", "reflect", "wrap"] as const;
const interpolations = ["linear", "bspline", "nearest"] as const;

const turn =
  (options: SamplingOptions) =>
  (image: Image): Expression =>
    affine({ rotate: [12, -20, 33], scale: [1.1, 0.9, 1.2], translate: [1.3, -2.1, 0.7] }, options as SamplingOptions<"linear">)(image);

const rotations: readonly Check[] = interpolations.flatMap((interpolation) =>
  fills.map((fill) => ({
    name: `gradient of an affine map, ${interpolation}, ${fill} outside`,
    run: async (backend: Backend) => {
      for (const size of [[19, 16, 13], [17, 12, 1], [1, 9, 8], [2, 3, 1], [5, 1, 1]] as const) {
        const image = noise(size);
        await agree(backend, image, sampled(image, turn, { interpolation, fill }));
      }
    },
  })),
);

const spacings: readonly Check[] = interpolations.map((interpolation) => ({
  name: `gradient of another spacing, ${interpolation}`,
  run: async (backend: Backend) => {
    const image = noise([14, 11, 9]);
    for (const spacing of [[0.4, 0.6, 0.9], [2.3, 3.1, 4.7], [0.7, 1.9, 30]] as const)
      for (const fill of ["clamp", "reflect", "wrap"] as const)
        await agree(
          backend,
          image,
          sampled(image, (options) => resampleToSpacing(spacing, options as SamplingOptions<"linear">), { interpolation, fill }),
        );
  },
}));

void [as, changeOrientation, crop, pad, materialize, mse, ncc, param, pipe, rescale, rotate, scale, sumOfSquares, valueAndGradient, fc, chain, medimages, pipelines];
export type { Loss, WithRespectTo, Vector3 };
export const gradients = (_runs: number): readonly Check[] => [...rotations, ...spacings];
