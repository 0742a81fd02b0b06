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
  type Differentiable,
  type Expression,
  flip,
  imageFromArray,
  type Loss,
  lncc,
  type MedImage,
  materialize,
  mse,
  mutualInformation,
  ncc,
  pad,
  param,
  pipe,
  reference,
  resampleToImage,
  resampleToSpacing,
  rescale,
  rotate,
  type SamplingOptions,
  sumOfSquares,
  valueAndGradient,
  vjp,
  weightedSum,
} from "../../src/index.ts";
import type { Check } from "./conformance.ts";
import { noise } from "./noise.ts";

type Image = MedImage<"intensity">;
type Vector3 = readonly [number, number, number];

const tolerance = 1e-5;

/** Numbers within the tolerance of the reference's, as a share of the largest of them. */
const close = (what: string, found: ArrayLike<number>, wanted: ArrayLike<number>, share = tolerance): void => {
  const scale = largest(wanted);
  if (found.length !== wanted.length) throw new Error(`${what}: ${found.length} numbers, not ${wanted.length}`);
  for (let i = 0; i < wanted.length; i++) {
    const [a, b] = [Number(found[i]), Number(wanted[i])];
    if (!(Math.abs(a - b) <= share * scale || Object.is(a, b)))
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
  const {
    grid,
    image: {
      voxels: { channels },
    },
  } = expression;
  const cotangent = imageFromArray(signed(grid.size[0] * grid.size[1] * grid.size[2] * channels), grid, { channels });
  const [found] = await vjp(expression, cotangent, { wrt: [image], backend, dtype });
  const [wanted] = await vjp(expression, cotangent, { wrt: [image], backend: reference, dtype });
  if (found.voxels.dtype !== dtype) throw new Error(`${found.voxels.dtype}, not ${dtype}`);
  close("voxels", found.voxels.data as Float32Array, wanted.voxels.data as Float32Array);
};

/** Numbers from −1 to 1 that look random. */
const signed = (length: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => ((Math.imul(i + 1, 2654435761) >>> 8) % 2001) / 1000 - 1);

/** The value of a loss and its gradients; those to parameters together say what is large. */
const agreeOn = async (
  backend: Backend,
  loss: Loss,
  wrt: readonly Differentiable[],
  share = tolerance,
): Promise<void> => {
  const found = await valueAndGradient(loss, { wrt, backend });
  const wanted = await valueAndGradient(loss, { wrt, backend: reference });
  close("the value", [found.value], [wanted.value], share);
  const numbers = (gradient: readonly (number | MedImage)[]): readonly number[] =>
    gradient.filter((each) => typeof each === "number");
  close("parameters", numbers(found.gradient), numbers(wanted.gradient), share);
  wanted.gradient.forEach((due: number | MedImage, k: number) => {
    const got = found.gradient[k];
    if (typeof due === "number" || got === undefined || typeof got === "number") return;
    close(`image ${k}`, got.voxels.data as Float32Array, due.voxels.data as Float32Array, share);
  });
};

/** Waves, which rounding does not turn into something else. */
const smooth = (size: Vector3, phase = 0): Image => {
  const data = Float32Array.from({ length: size[0] * size[1] * size[2] }, (_, i) => {
    const [x, y, z] = [i % size[0], Math.floor(i / size[0]) % size[1], Math.floor(i / (size[0] * size[1]))];
    return 100 * Math.sin(x / 3 + phase) * Math.cos(y / 4 - phase) + 30 * Math.sin((x + z) / 2.5) + z;
  });
  return imageFromArray(data, { size, spacing: [1, 1.2, 1.5] });
};

const sampled = (
  image: Image,
  step: (options: SamplingOptions) => (image: Image) => Expression,
  options: SamplingOptions,
) => step(options)(image) as Expression<"intensity">;

const fills = [0, "background", "clamp", "reflect", "wrap"] as const;
const interpolations = ["linear", "bspline", "nearest"] as const;

const turn =
  (options: SamplingOptions) =>
  (image: Image): Expression =>
    affine(
      { rotate: [12, -20, 33], scale: [1.1, 0.9, 1.2], translate: [1.3, -2.1, 0.7] },
      options as SamplingOptions<"linear">,
    )(image);

const rotations: readonly Check[] = interpolations.flatMap((interpolation) =>
  fills.map((fill) => ({
    name: `gradient of an affine map, ${interpolation}, ${fill} outside`,
    run: async (backend: Backend) => {
      for (const size of [
        [19, 16, 13],
        [17, 12, 1],
        [1, 9, 8],
        [2, 3, 1],
        [5, 1, 1],
      ] as const) {
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
    for (const spacing of [
      [0.4, 0.6, 0.9],
      [2.3, 3.1, 4.7],
      [0.7, 1.9, 30],
    ] as const)
      for (const fill of ["clamp", "reflect", "wrap"] as const)
        await agree(
          backend,
          image,
          sampled(image, (options) => resampleToSpacing(spacing, options as SamplingOptions<"linear">), {
            interpolation,
            fill,
          }),
        );
  },
}));

const moved: readonly Check[] = [
  {
    name: "gradient of moves of whole voxels",
    run: async (backend) => {
      const image = noise([11, 9, 7]);
      await agree(backend, image, changeOrientation("PIL")(image), "float64");
      await agree(backend, image, pipe(image, flip("y"), crop([1, 0, 2], [8, 9, 4])));
      await agree(backend, image, pipe(image, pad([1, 2, 0], [2, 0, 3], { fill: 7 }), crop([0, 1, 0], [9, 8, 7])));
      await agree(backend, image, rotate("z", 90, { interpolation: "nearest", fill: "clamp" })(image));
    },
  },
  {
    name: "gradient of chains that are materialized in between",
    run: async (backend) => {
      const image = noise([15, 12, 10]);
      for (const fill of ["clamp", "reflect", "wrap"] as const)
        await agree(
          backend,
          image,
          pipe(
            image,
            rotate([1, 2, 3], 25, { interpolation: "linear", fill }),
            rescale(0.5, 3),
            rotate("x", -14, { interpolation: "bspline", fill }),
            materialize,
            resampleToSpacing([1.7, 0.8, 2.4], { interpolation: "nearest", fill }),
          ),
        );
    },
  },
  {
    name: "gradient of several channels, and of one channel to several",
    run: async (backend) => {
      const size = [9, 8, 6] as const;
      const three = imageFromArray(signed(3 * 9 * 8 * 6), { size }, { channels: 3 });
      const one = imageFromArray(signed(9 * 8 * 6), { size });
      await agree(backend, three, rotate("z", 20, { fill: 0 })(three));
      const loss = pipe(three, rotate("z", 20), weightedSum(rotate("y", 15, { fill: "clamp" })(one)));
      await agreeOn(backend, loss, [three, one]);
    },
  },
  {
    name: "gradient where voxels of the domain lie on each other, or far out",
    run: async (backend) => {
      const image = noise([7, 6, 5]);
      // So fine that all points along an axis are the same one.
      const fine = imageFromArray(signed(4 * 6 * 3), {
        size: [4, 6, 3],
        spacing: [1e-12, 1.1, 1.9],
        origin: [2.2, 0, 0],
      });
      for (const interpolation of ["linear", "bspline"] as const)
        for (const fill of ["clamp", "reflect", "wrap"] as const) {
          await agree(backend, image, resampleToImage(fine, { interpolation, fill })(image));
          const step = affine({ rotate: [0, 0, 30], translate: [3e6, 2.5e6, -4e6] }, { interpolation, fill });
          await agree(backend, image, step(image));
        }
    },
  },
];

const parameters: readonly Check[] = [
  ...interpolations
    .filter((interpolation) => interpolation !== "nearest")
    .flatMap((interpolation) =>
      fills.map((fill) => ({
        name: `gradient to parameters, ${interpolation}, ${fill} outside`,
        run: async (backend: Backend) => {
          const moving = smooth([24, 20, 16]);
          const turn = param("turn", 9.3);
          const tilt = param("tilt", -6.1);
          const shift = param("shift", 1.37);
          const grow = param("grow", 1.07);
          const bright = param("bright", 1.3);
          const made = pipe(
            moving,
            rescale(bright, 2),
            affine(
              { rotate: [tilt, 3.3, turn], scale: [grow, 1.03, 0.96], translate: [shift, -0.61, 0.42] },
              { interpolation, fill },
            ),
          );
          const target = smooth([24, 20, 16], 0.4);
          const losses = [ncc(target), ...(interpolation === "linear" ? [sumOfSquares, mse(target)] : [])];
          for (const loss of losses.map((of) => of(made)))
            await agreeOn(backend, loss, [turn, tilt, shift, grow, bright, moving]);
        },
      })),
    ),
  {
    name: "gradient to the scale of a separable pull",
    run: async (backend) => {
      const moving = smooth([18, 14, 12]);
      const grow = param("grow", 1.07);
      for (const interpolation of ["linear", "bspline"] as const) {
        const made = affine({ scale: [grow, 1, 1], translate: [0.3, 0, 0] }, { interpolation, fill: "clamp" })(moving);
        await agreeOn(backend, mse(smooth([18, 14, 12], 0.4))(made), [grow, moving]);
      }
    },
  },
];

const size = [23, 17, 11] as const;
const [moving, fixed] = [smooth(size), smooth(size, 1.2)];
const mask = pipe(noise(size, 3), as("uint8"));
/** As an image, with other voxels. */
const withVoxels = ({ grid }: Image, data: Float32Array | Int16Array): Image => imageFromArray(data, grid);
const voxelsOf = ({ voxels }: Image): Float32Array => voxels.data as Float32Array;

/** Values near 10 000 that differ by about 1: float32 has them to a thousandth, and their squares not at all. */
const bright = (image: Image, sign: 1 | -1): Image =>
  withVoxels(
    image,
    voxelsOf(image).map((v) => sign * 10_000 + v / 60),
  );
/** Each of the seven blends of a linear look rounds by up to half of 2⁻¹⁰ there, together by 0.0034 of a contrast of 1. */
const ofContrast = 5e-3;
const correlations: readonly Check[] = [
  {
    name: "gradient of correlation where little contrast lies on much brightness",
    run: async (backend) => {
      const [angle, offset] = [param("angle", 7), param("offset", -4000)];
      const [image, target] = [bright(moving, 1), bright(fixed, -1)];
      const turned = pipe(image, affine({ rotate: [3, -5, angle] }, { fill: "clamp" }));
      await agreeOn(backend, pipe(turned, ncc(target)), [angle, image, target], ofContrast);
      const scaled = pipe(turned, rescale(-3, offset));
      await agreeOn(backend, pipe(scaled, ncc(target, { mask })), [angle, offset, image], ofContrast);
      await agreeOn(backend, pipe(turned, lncc(target, { radius: 1, epsilon: 1e-4 })), [angle, image], ofContrast);
    },
  },
  {
    name: "gradient of local correlation where windows are flat",
    run: async (backend) => {
      const flat = withVoxels(
        moving,
        voxelsOf(moving).map((v) => Math.max(v, 40)),
      );
      const even = withVoxels(moving, new Float32Array(voxelsOf(moving).length).fill(3));
      for (const image of [flat, even]) {
        const loss = pipe(image, lncc(fixed, { radius: 2 }));
        const { value, gradient } = await valueAndGradient(loss, { wrt: [image], backend });
        if (!Number.isFinite(value) || !voxelsOf(gradient[0] as Image).every(Number.isFinite))
          throw new Error(`the value is ${value}, or a slope is not finite`);
        if (image === even && Math.abs(value) > 1e-6) throw new Error(`the value is ${value} where nothing is seen`);
      }
    },
  },
];

/** Those of mutual information alone. */
export const information: readonly Check[] = [
  ...(
    [
      ["linear", -90, 32],
      ["linear", "background", 6],
      ["bspline", "reflect", 32],
      ["bspline", 0, 17],
    ] as const
  ).map(([interpolation, fill, bins]) => ({
    name: `gradient of mutual information, ${interpolation}, ${fill} outside, ${bins} bins`,
    run: async (backend: Backend) => {
      const [angle, shift] = [param("angle", 7), param("shift", 1.3)];
      const moved = affine({ rotate: [3, -5, angle], translate: [shift, 0, 0] }, {
        interpolation,
        fill,
      } as SamplingOptions<"linear">)(moving);
      for (const options of [{}, { mask }, { range: [-40, 70], targetRange: [-60, 20] }] as const)
        await agreeOn(backend, pipe(moved, mutualInformation(fixed, { bins, ...options })), [angle, shift, moving]);
    },
  })),
  {
    name: "gradient of mutual information of an image with itself, where some voxels are NaN, and by a mask",
    run: async (backend) => {
      const holes = withVoxels(
        moving,
        voxelsOf(moving).map((v, k) => (k % 7 === 0 ? Number.NaN : v)),
      );
      for (const [source, target] of [
        [moving, moving],
        [holes, fixed],
        [fixed, holes],
      ] as const)
        await agreeOn(backend, pipe(source, mutualInformation(target)), [source]);
      const weights = smooth(size, 2);
      await agreeOn(backend, pipe(moving, mutualInformation(fixed, { mask: weights })), [moving, weights]);
    },
  },
  {
    name: "gradient of mutual information of several channels",
    run: async (backend) => {
      const several = imageFromArray(signed(2 * 24), { size: [4, 3, 2] }, { channels: 2 });
      const other = pipe(smooth([9, 9, 9], 1.7), resampleToImage(several));
      await agreeOn(backend, pipe(several, mutualInformation(other, { bins: 8 })), [several]);
    },
  },
  {
    name: "mutual information of whole numbers on the edges of bins",
    run: async (backend) => {
      const whole = withVoxels(
        fixed,
        Int16Array.from(voxelsOf(fixed), (v) => 7 * Math.round(v / 7)),
      );
      for (const low of [-77, -70, -49])
        await agreeOn(
          backend,
          pipe(moving, mutualInformation(whole, { targetRange: [low, low + 7 * 28], range: [-90, 110] })),
          [moving],
        );
    },
  },
  {
    name: "mutual information by weights of any size",
    run: async (backend) => {
      const random = voxelsOf(noise(size, 5));
      const weighted = (weight: (random: number, k: number) => number): Loss =>
        pipe(moving, mutualInformation(fixed, { mask: withVoxels(fixed, random.map(weight)) }));
      const largestWeight = largest(random);
      const weights = [
        (r: number) => r * 1e30,
        (r: number) => r * 1e-30,
        // A few count little less than nothing.
        (r: number, k: number) => largestWeight + r - (k % 11 === 0 ? 1.5 * largestWeight : 0),
        (_: number, k: number) => (k === 500 ? Number.NaN : 1),
        (_: number, k: number) => (k === 500 ? Number.POSITIVE_INFINITY : 1),
      ];
      for (const weight of weights) await agreeOn(backend, weighted(weight), []);
    },
  },
];

const promises: readonly Check[] = [
  {
    name: "gradients are the same bits each time",
    run: async (backend) => {
      const moving = smooth([40, 33, 21]);
      const turn = param("turn", 11);
      const loss = pipe(moving, rotate([1, 2, 3], turn, { fill: "clamp" }), mse(smooth([40, 33, 21], 0.4)));
      const run = () => valueAndGradient(loss, { wrt: [turn, moving], backend });
      const [first, second] = [await run(), await run()];
      if (first.value !== second.value || first.gradient[0] !== second.gradient[0]) throw new Error("sums differ");
      const again = second.gradient[1].voxels.data;
      if (first.gradient[1].voxels.data.some((value: number | bigint, i: number) => value !== again[i]))
        throw new Error("voxels differ");
      const shared = pipe(
        moving,
        rotate([1, 2, 3], turn, { fill: "clamp" }),
        mutualInformation(smooth([40, 33, 21], 0.4)),
      );
      const [one, other] = [
        await valueAndGradient(shared, { wrt: [turn], backend }),
        await valueAndGradient(shared, { wrt: [turn], backend }),
      ];
      if (one.value !== other.value || one.gradient[0] !== other.gradient[0]) throw new Error("counts differ");
    },
  },
];

/** These round or have kinks, where rounding decides what the slope is. */
const kinked: readonly string[] = ["map", "as", "clamp", "window", "gamma"];

const random = (runs: number): Check => ({
  name: `gradients of ${runs} random pipelines`,
  run: (backend) =>
    fc.assert(
      fc.asyncProperty(pipelines(), async ({ image, steps }) => {
        const expression = chain(
          medimages,
          steps.filter(({ op }) => !kinked.includes(op)),
        )(image);
        if (image.kind === "intensity" && expression.kind === "intensity") await agree(backend, image, expression);
      }),
      { numRuns: runs, seed: 5 },
    ),
});

/** The checks of a backend that computes in float32; `runs` random cases where cases are random. */
export const gradients = (runs: number): readonly Check[] => [
  ...rotations,
  ...spacings,
  ...moved,
  ...parameters,
  ...information,
  ...correlations,
  ...promises,
  random(runs),
];
