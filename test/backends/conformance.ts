/**
 * What every backend must do, as checks that reject: the same list runs in Node and, bundled with the built
 * package, in a browser. So it knows no test runner, and imports the package's entries only.
 */
import fc from "fast-check";
import {
  chain,
  checkLaw,
  gradientLawNames,
  type LawName,
  laws,
  medimages,
  medimagesOn,
  pipelines,
} from "../../laws/index.ts";
import {
  as,
  type Backend,
  binary,
  changeOrientation,
  channel,
  constant,
  controlGrid,
  crop,
  type DType,
  displace,
  displaceBySpline,
  dtypeNames,
  type Expression,
  evaluate,
  flip,
  gamma,
  imageFromArray,
  type MedImage,
  map,
  pad,
  pipe,
  random,
  reference,
  resampleToSpacing,
  rescale,
  rotate,
  type SamplingOptions,
  type Step,
  scale,
  select,
  unary,
  type VoxelArray,
  value,
  window,
} from "../../src/index.ts";
import { noise, span } from "./noise.ts";

export interface Check {
  readonly name: string;
  /** Rejects where the backend does something else than it must. */
  readonly run: (backend: Backend) => Promise<void>;
}

type Image = MedImage<"intensity">;

/** All voxels within `tolerance` of what the reference gives; infinities and NaN are the same. */
const agree = async (backend: Backend, expression: Expression | Image, tolerance: number): Promise<void> => {
  const [found, wanted] = [await evaluate(expression, { backend }), await evaluate(expression, { backend: reference })];
  if (found.voxels.dtype !== wanted.voxels.dtype) throw new Error(`${found.voxels.dtype}, not ${wanted.voxels.dtype}`);
  if (found.voxels.data.length !== wanted.voxels.data.length) throw new Error("another number of voxels");
  wanted.voxels.data.forEach((due: number | bigint, i: number) => {
    const [a, b] = [found.voxels.data[i], due];
    if (Object.is(a, b) || (tolerance > 0 && Math.abs(Number(a) - Number(b)) <= tolerance)) return;
    throw new Error(`voxel ${i} is ${a}, the reference has ${b}`);
  });
};

/** As {@link agree}, but for a few voxels that lie on an edge: displacements are float32. */
const agreeBut = async (backend: Backend, expression: Expression | Image, tolerance: number): Promise<void> => {
  const [found, wanted] = [await evaluate(expression, { backend }), await evaluate(expression, { backend: reference })];
  const others = wanted.voxels.data.filter(
    (due: number | bigint, i: number) => !(Math.abs(Number(found.voxels.data[i]) - Number(due)) <= tolerance),
  ).length;
  if (found.voxels.data.length !== wanted.voxels.data.length || others > 3e-4 * wanted.voxels.data.length)
    throw new Error(`${others} of ${wanted.voxels.data.length} voxels are not as the reference has them`);
};

const turned = (
  image: Image | Expression<"intensity">,
  { interpolation, fill }: Required<SamplingOptions>,
): Expression =>
  interpolation === "nearest"
    ? rotate([0.3, -0.5, 0.8], 33, { interpolation, fill })(image)
    : rotate([0.3, -0.5, 0.8], 33, { interpolation, fill })(image);

const fills = [0, "background", "clamp", "reflect", "wrap"] as const;
const interpolations = ["linear", "bspline", "nearest"] as const;

const rotations: readonly Check[] = interpolations.flatMap((interpolation) =>
  fills.map((fill) => ({
    name: `rotation, ${interpolation}, ${fill} outside`,
    run: async (backend: Backend) => {
      const tolerance = interpolation === "nearest" ? 0 : 0.02;
      await agree(backend, turned(noise([37, 29, 23]), { interpolation, fill }), tolerance);
      await agree(backend, turned(noise([21, 17, 1]), { interpolation, fill }), tolerance);
    },
  })),
);

const separable: readonly Check[] = interpolations.map((interpolation) => ({
  name: `another spacing, ${interpolation}`,
  run: async (backend: Backend) => {
    const tolerance = interpolation === "nearest" ? 0 : 0.02;
    for (const spacing of [
      [0.7, 0.9, 1.1],
      [2.3, 3.1, 4.7],
    ] as const) {
      const at =
        interpolation === "nearest"
          ? resampleToSpacing(spacing, { interpolation, fill: "clamp" })
          : resampleToSpacing(spacing, { interpolation, fill: "clamp" });
      await agree(backend, at(noise([31, 26, 19])), tolerance);
    }
  },
}));

/** Values that only their own dtype holds: the limits of each, and numbers beyond float32 and float64. */
const extremes: Readonly<Record<DType, (length: number) => VoxelArray>> = {
  int8: (length) => Int8Array.from({ length }, (_, i) => i * 37),
  uint8: (length) => Uint8Array.from({ length }, (_, i) => i * 37),
  int16: (length) => Int16Array.from({ length }, (_, i) => i * 9973),
  uint16: (length) => Uint16Array.from({ length }, (_, i) => i * 9973),
  int32: (length) => Int32Array.from({ length }, (_, i) => Math.imul(i, 1664525777)),
  uint32: (length) => Uint32Array.from({ length }, (_, i) => Math.imul(i, 1664525777)),
  int64: (length) => BigInt64Array.from({ length }, (_, i) => BigInt(i) * 6364136223846793005n),
  uint64: (length) => BigUint64Array.from({ length }, (_, i) => BigInt(i) * 6364136223846793005n),
  float32: (length) => Float32Array.from({ length }, (_, i) => [Number.NaN, -0, 1e-42, Infinity][i % 7] ?? i * 1.7),
  float64: (length) => Float64Array.from({ length }, (_, i) => [Number.NaN, -0, 5e-324, 1e300][i % 7] ?? i / 3),
};

const moved: readonly Check[] = dtypeNames.map((dtype) => ({
  name: `moving ${dtype} voxels, bit for bit`,
  run: async (backend: Backend) => {
    for (const size of [
      [7, 5, 3],
      [8, 4, 4],
      [1, 9, 2],
    ] as const) {
      const image = imageFromArray(extremes[dtype](2 * size[0] * size[1] * size[2]), { size }, { channels: 2 });
      await agree(backend, changeOrientation("PIL")(image), 0);
      await agree(backend, flip("y")(image), 0);
      await agree(backend, pipe(image, pad([1, 2, 0], [2, 0, 3], { fill: 7 }), crop([0, 1, 0], [2, 4, 2])), 0);
      await agree(backend, rotate("z", 90, { interpolation: "nearest", fill: 3 })(image), 0);
      await agree(backend, rotate([1, 2, 3], 40, { interpolation: "nearest", fill: 3 })(image), 0);
      const voxels = size[0] * size[1] * size[2];
      const shift = Float32Array.from({ length: 3 * voxels }, (_, k) => [1, 0, -1][Math.floor(k / voxels)] ?? 0);
      for (const fill of [3, "clamp", "wrap"] as const)
        await agree(
          backend,
          displace(imageFromArray(shift, { size }, { channels: 3 }), { interpolation: "nearest", fill })(image),
          0,
        );
    }
  },
}));

const quantized: readonly Check[] = dtypeNames.map((dtype) => ({
  name: `rounding to ${dtype}, half up, saturated`,
  run: async (backend: Backend) => {
    const values = [-1e30, -300.5, -129, -2.5, -1.5, -0.5, -0.49, 0, 0.5, 1.5, 127.5, 255.5, 65535.5, 3e9, 1e30];
    const data = Float32Array.from([
      ...values,
      // Just under a half: adding a half to it in float32 gives 1.
      0.49999997,
      -0.50000006,
      8388607.5,
      Number.NaN,
      Infinity,
      -Infinity,
      2 ** 31,
      -(2 ** 31),
      2 ** 32,
      2 ** 63,
      2 ** 64,
    ]);
    const image = imageFromArray(data, { size: [data.length, 1, 1] });
    await agree(backend, as(dtype)(image), 0);
  },
}));

const particular: readonly Check[] = [
  {
    name: "steep pulls",
    run: async (backend) => {
      for (const factor of [0.3, 0.11, 0.021])
        await agree(backend, pipe(noise([150, 40, 40]), rotate("z", 20, { fill: 0 }), scale(factor)), 0.02);
    },
  },
  {
    name: "coordinates hold at index 2048",
    run: async (backend) => {
      // One voxel along x is one unit, and 0 is far out: there float32 values show what coordinates are.
      const ramp = imageFromArray(
        Float32Array.from({ length: 2100 * 64 }, (_, i) => (i % 2100) - 2048),
        { size: [2100, 8, 8] },
      );
      const end = pipe(ramp, rotate("z", 0.05, { fill: "clamp" }), crop([2044, 0, 0], [8, 8, 8]));
      await agree(backend, end, 2e-6);
    },
  },
  {
    name: "maps: exponentials, logarithms, roots and powers",
    run: async (backend) => {
      const positive = pipe(noise([32, 16, 16]), window(0, 2000, [1e-3, 4]));
      for (const body of [unary("exp", value), unary("log", value), unary("sqrt", value)])
        await agree(backend, map(body)(positive), 5e-4);
      for (const exponent of [0.4, 1.7, 3])
        await agree(backend, pipe(noise([32, 16, 16]), rescale(1 / 1000), gamma(exponent)), 1e-5);
    },
  },
  {
    name: "displaced, by vectors and by control points, before and after a turn",
    run: async (backend) => {
      const [image, channels] = [noise([23, 19, 17]), noise([23, 19, 51])];
      const both = imageFromArray(channels.voxels.data, { ...image.grid }, { channels: 3 });
      const vectors = pipe(both, rescale(0.004));
      const field = await evaluate(vectors, { backend: reference });
      const lattice = controlGrid(image, [3, 4, 2]);
      const strewn = noise([lattice.size[0], lattice.size[1], 3 * lattice.size[2]], 7).voxels.data as Float32Array;
      const points = imageFromArray(
        strewn.map((v) => v * 0.006),
        lattice,
        { channels: 3 },
      );
      for (const fill of fills)
        for (const interpolation of interpolations) {
          const sampling = { interpolation, fill } as SamplingOptions<"linear">;
          for (const by of [displace(field, sampling), displaceBySpline(points, sampling)])
            await agreeBut(backend, pipe(image, rotate("y", 20, sampling), by, rotate("z", 15, sampling)), 0.05);
        }
      await agreeBut(backend, pipe(both, displace(field, { fill: 0 }), displaceBySpline(points)), 0.05);
    },
  },
  {
    name: "the number of the channel, moved and resampled",
    run: async (backend) => {
      const image = imageFromArray(noise([24, 9, 21]).voxels.data, { size: [24, 9, 7] }, { channels: 3 });
      for (const move of [rotate("z", 30, { fill: 0 }), scale(1.3, { fill: 0 }), flip("x")])
        await agree(backend, pipe(image, map(binary("add", channel, binary("mul", value, constant(0.5)))), move), 5e-3);
    },
  },
  {
    name: "comparisons and choices with NaN, infinities and zeros",
    run: async (backend) => {
      const values = [Number.NaN, -Infinity, -1, -0, 0, 1, Infinity];
      const image = imageFromArray(Float32Array.from(values), { size: [values.length, 1, 1] });
      const zero = constant(0);
      for (const body of [
        binary("less", value, zero),
        binary("less", zero, value),
        binary("less", value, value),
        select(binary("less", value, constant(1)), constant(2), constant(3)),
        select(value, constant(2), constant(3)),
        select(binary("sub", value, value), constant(2), constant(3)),
        binary("min", value, constant(0.5)),
        binary("max", constant(0.5), value),
      ])
        await agree(backend, map(body)(image), 0);
    },
  },
];

const uniforms = map(random(7, 2));
/** Each by a kernel of its own, or none: what a voxel draws may not depend on that. */
const drawn: readonly Check[] = [
  {
    name: "random numbers are the same bits wherever voxels come from",
    run: async (backend) => {
      const two = imageFromArray(
        Float32Array.from({ length: 2 * 13 * 9 * 5 }, (_, i) => i),
        { size: [13, 9, 5] },
        { channels: 2 },
      );
      for (const image of [noise([21, 17, 11]), two])
        for (const before of [
          rotate("z", 0),
          rotate([1, 2, 3], 25, { interpolation: "linear", fill: 0 }),
          rotate("x", 40, { interpolation: "bspline", fill: "reflect" }),
          resampleToSpacing([0.6, 0.7, 2.1], { interpolation: "linear" }),
          resampleToSpacing([2.6, 1.7, 0.7], { interpolation: "bspline", fill: 3 }),
          pad([3, 2, 1], [6, 1, 2]),
          flip("x"),
        ])
          for (const dtype of ["float32", "float64"] as const)
            await agree(backend, pipe(image, before, uniforms, as(dtype)), 0);
    },
  },
  {
    name: "random numbers belong to the grid that they were drawn on",
    run: async (backend) => {
      const image = noise([15, 12, 9]);
      await agree(backend, pipe(image, uniforms, crop([2, 3, 1], [11, 7, 6]), flip("y")), 0);
      await agree(backend, pipe(image, uniforms, resampleToSpacing([2, 1, 0.5], { interpolation: "linear" })), 1e-6);
    },
  },
];

/**
 * The pipeline with what it rounds on the way nudged by `by`: where a value lies between two whole numbers, another
 * last digit decides which it becomes.
 */
const nudged = (steps: readonly Step[], by: number): readonly Step[] =>
  steps.flatMap((step, k): readonly Step[] =>
    step.op === "as" && /int/.test(step.dtype) && k < steps.length - 1
      ? [{ op: "rescale", slope: 1, intercept: by }, step]
      : [step],
  );

/** Random pipelines, as the reference has them to float32, whichever way rounding on the way may go. */
export const anyPipelines = (runs: number): Check => ({
  name: `${runs} random pipelines of every step, dtype and grid`,
  run: (backend) =>
    fc.assert(
      fc.asyncProperty(pipelines(), async ({ image, steps: all }) => {
        // Any map may jump where rounding decides; maps are compared above.
        const steps = all.filter(({ op }) => op !== "map");
        const by = (of: readonly Step[], on: Backend): Promise<MedImage> =>
          evaluate(chain(medimages, of)(image), { backend: on });
        const wanted = await by(steps, reference);
        const range = Math.max(
          span(image.voxels.data) * Math.abs(image.voxels.rescale.slope),
          span(wanted.voxels.data),
        );
        const stored = range / Math.abs(wanted.voxels.rescale.slope);
        const eitherWay = nudged(steps, 0).length === steps.length ? [] : [-1e-5 * range, 1e-5 * range];
        const others = await Promise.all(eitherWay.map((nudge) => by(nudged(steps, nudge), reference)));
        const found = await by(steps, backend);
        const isWhole = /int/.test(wanted.voxels.dtype);
        wanted.voxels.data.forEach((due: number | bigint, i: number) => {
          const [a, b] = [Number(found.voxels.data[i]), Number(due)];
          const ways = [b, ...others.map(({ voxels }) => Number(voxels.data[i]))];
          const [low, high] = [Math.min(...ways), Math.max(...ways)];
          // Neighbours may go different ways, and splines overshoot between them.
          const tolerance = 1e-5 * Math.max(stored, Math.abs(b)) + (isWhole ? 1 : 0) + (high - low);
          if (!((a >= low - tolerance && a <= high + tolerance) || Object.is(a, b)))
            throw new Error(`voxel ${i}: ${a}, the reference has ${b}`);
        });
      }),
      { numRuns: runs, seed: 5 },
    ),
});

/** These demand, bit for bit, what float64 arithmetic makes of a rescale slope or intercept. */
const beyondFloat32: readonly LawName[] = ["asRoundsAndSaturates", "resamplingOntoItselfIsNothing", "inverseUndoes"];

/** Of the laws of gradients each case is several runs. */
const lawful = (runs: number): readonly Check[] =>
  (Object.keys(laws) as LawName[])
    .filter((name) => !beyondFloat32.includes(name))
    .map((name) => ({
      name: `law: ${name}`,
      run: (backend) =>
        checkLaw(
          name,
          { numRuns: gradientLawNames.includes(name) ? Math.ceil(runs / 2) : runs, seed: 11 },
          medimagesOn(backend),
        ),
    }));

/** The checks of a backend that computes in float32; `runs` random cases each where cases are random. */
export const conformance = (runs: number): readonly Check[] => [
  ...rotations,
  ...separable,
  ...moved,
  ...quantized,
  ...particular,
  ...drawn,
  anyPipelines(4 * runs),
  ...lawful(runs),
];
