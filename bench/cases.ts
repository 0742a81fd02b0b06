/**
 * The standard cases, as every peer is timed on them: 256×256×128 voxels of 0.9×0.9×2 mm with pseudo-random
 * values in [−1000, 1000), as float32 and (names ending in `-i16`) as int16 in and out.
 */

import type { Backend, RunOptions } from "../backends/backend.ts";
import { type Grid, gridOf } from "../compiler/language/grid.ts";
import type { Parameter } from "../compiler/language/scalar.ts";
import { type Vector3, vector } from "../compiler/language/vector.ts";
import {
  affine,
  as,
  changeOrientation,
  controlGrid,
  crop,
  displaceBySpline,
  type Expression,
  evaluate,
  type Interpolator,
  imageFromArray,
  type MedImage,
  pad,
  param,
  pipe,
  resampleToImage,
  resampleToSpacing,
  rotate,
  scale,
  smooth,
  sumOfSquares,
  valueAndGradient,
  vjp,
  voxelCount,
} from "../src/index.ts";

export interface Case {
  readonly name: string;
  /** What to time; building it and its input is not timed. */
  readonly build: () => Job;
}

export interface Job {
  readonly voxels: number;
  /** Does the same to a small volume: threads are up and kernels compiled. */
  readonly warm: (backend: Backend) => Promise<unknown>;
  /** Computes, and returns the images that it made. */
  readonly run: (options: RunOptions & { readonly backend: Backend }) => Promise<readonly MedImage[]>;
}

type Image = MedImage<"intensity">;

const size: Vector3 = [256, 256, 128];
const spacing: Vector3 = [0.9, 0.9, 2];
const degrees = (radians: number): number => (radians * 180) / Math.PI;

/** The generator that the C++ peer uses, so that both see the same voxels. */
const noise = (integers: boolean): Image => {
  const n = size[0] * size[1] * size[2];
  const data = integers ? new Int16Array(n) : new Float32Array(n);
  let state = 1;
  for (let i = 0; i < n; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[i] = ((state >>> 8) / 16777216) * 2000 - 1000;
  }
  return imageFromArray(data, { size, spacing });
};

const images = new Map<boolean, Image>();
const input = (integers: boolean): Image => {
  const image = images.get(integers) ?? noise(integers);
  images.set(integers, image);
  return image;
};

const upGrid: Grid = gridOf([384, 384, 256], { spacing: [0.6, 0.6, 1] });
const downGrid: Grid = gridOf([128, 128, 64], { spacing: [1.8, 1.8, 4] });

/** The pull is 0.5 rad about z, then 0.2 rad about (0.3, 1, 0.2); contents turn the other way, last first. */
const turned = (image: Image, interpolation: Interpolator): Expression => {
  const options = { interpolation, fill: 0 } as const;
  const turn = (axis: Vector3, radians: number, e: Image | Expression<"intensity">): Expression<"intensity"> =>
    options.interpolation === "nearest"
      ? rotate(axis, -degrees(radians), { interpolation: "nearest", fill: 0 })(e)
      : rotate(axis, -degrees(radians), { interpolation: options.interpolation, fill: 0 })(e);
  return turn([0, 0, 1], 0.5, turn([0.3, 1, 0.2], 0.2, image));
};

const onto = (image: Image, grid: Grid, interpolation: Interpolator): Expression =>
  interpolation === "nearest"
    ? resampleToImage(grid, { interpolation, fill: 0 })(image)
    : resampleToImage(grid, { interpolation, fill: 0 })(image);

const chain = (image: Image): Expression =>
  pipe(
    image,
    changeOrientation("RAS"),
    resampleToSpacing([1, 1, 1], { interpolation: "linear", fill: 0 }),
    crop([20, 20, 20], [180, 180, 180], { fill: 0 }),
    rotate("z", 5),
  );

/** Control points of a mesh of 4 cells along each axis, each displaced by up to 5 mm: the same for every image. */
const bent = (image: Image, interpolation: "linear" | "bspline"): Expression => {
  const lattice = controlGrid(image, 4);
  const values = Float32Array.from({ length: 3 * voxelCount(lattice) }, (_, k) => 5 * Math.sin(k * k));
  return displaceBySpline(imageFromArray(values, lattice, { channels: 3 }), { interpolation, fill: 0 })(image);
};

/** By a Gaussian of so many voxels along each axis. */
const blurred =
  (sigma: number) =>
  (image: Image): Expression =>
    smooth({ sigma: vector((axis) => sigma * image.grid.spacing[axis]) })(image);

const builders: Readonly<Record<string, (image: Image) => Expression>> = {
  "rotate-linear": (image) => turned(image, "linear"),
  "rotate-nearest": (image) => turned(image, "nearest"),
  "rotate-bspline": (image) => turned(image, "bspline"),
  "up-linear": (image) => onto(image, upGrid, "linear"),
  "up-nearest": (image) => onto(image, upGrid, "nearest"),
  "up-bspline": (image) => onto(image, upGrid, "bspline"),
  "down-linear": (image) => onto(image, downGrid, "linear"),
  orient: changeOrientation("PIL"),
  pad: pad([10, 10, 10], [10, 10, 10], { fill: 0 }),
  crop: crop([10, 10, 10], [236, 236, 108]),
  "chain-steps": chain,
  "chain-fused": chain,
  "elastic-linear": (image) => bent(image, "linear"),
  "elastic-bspline": (image) => bent(image, "bspline"),
  "smooth-1": blurred(1),
  "smooth-2": blurred(2),
  "smooth-5": blurred(5),
};

const evaluated = (expression: Expression): Job => ({
  voxels: voxelCount(expression.grid),
  warm: async (backend) => {
    await evaluate(resampleToSpacing([9, 9, 9])(expression), { backend });
    await evaluate(scale(0.1)(expression), { backend });
  },
  run: async (options) => [await evaluate(expression, options)],
});

/** The general rotation as twelve free numbers, so that there is a gradient to each. */
const turnedByParameters = (image: Image): { readonly wrt: readonly Parameter[]; readonly expression: Expression } => {
  const angles = [7, -11, -28].map((value, k) => param(`angle${k}`, value)) as [Parameter, Parameter, Parameter];
  const scales = [1, 1, 1].map((value, k) => param(`scale${k}`, value)) as [Parameter, Parameter, Parameter];
  const shears = [0, 0, 0].map((value, k) => param(`shear${k}`, value)) as [Parameter, Parameter, Parameter];
  const shifts = [0, 0, 0].map((value, k) => param(`shift${k}`, value)) as [Parameter, Parameter, Parameter];
  return {
    wrt: [...angles, ...scales, ...shears, ...shifts],
    expression: affine(
      { rotate: angles, scale: scales, shear: shears, translate: shifts },
      { interpolation: "linear", fill: 0 },
    )(image),
  };
};

type Gradient = (image: Image) => Job["run"];
const small: Image = imageFromArray(new Float32Array(32 ** 3), { size: [32, 32, 32] });

const differentiated = (of: Gradient, image: Image): Job => ({
  voxels: voxelCount(image.grid),
  warm: (backend) => of(small)({ backend }),
  run: of(image),
});

const gradients: Readonly<Record<string, Gradient>> = {
  // The forward pass, the gradients of Σ v² to the voxels and to the twelve numbers of the affine map.
  "rotate-linear-gradient": (image) => {
    const { wrt, expression } = turnedByParameters(image);
    return async (options) => {
      const { gradient } = await valueAndGradient(sumOfSquares(expression), { ...options, wrt: [image, ...wrt] });
      return [gradient[0] as MedImage];
    };
  },
  "rotate-linear-adjoint": (image) => async (options) =>
    vjp(turned(image, "linear"), image, { ...options, wrt: [image] }),
};

/** The peer keeps int16 as int16, so the `-i16` cases do too; gradients are of float32 voxels. */
export const cases: readonly Case[] = [
  ...[false, true].flatMap((integers) =>
    Object.entries(builders).map(([name, build]) => ({
      name: integers ? `${name}-i16` : name,
      build: () => evaluated(integers ? as("int16")(build(input(true))) : build(input(false))),
    })),
  ),
  ...Object.entries(gradients).map(([name, build]) => ({ name, build: () => differentiated(build, input(false)) })),
];
