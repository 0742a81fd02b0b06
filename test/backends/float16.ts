/**
 * What a GPU backend must do that keeps numbers as float16 between kernels, as checks that reject, for Node and
 * browsers alike. Arithmetic is that of float32, so most results are known to the bit: they are what float32 gives
 * for voxels that were rounded to 11 bits beforehand.
 */
import {
  as,
  binary,
  changeOrientation,
  compile,
  constant,
  crop,
  type Expression,
  evaluate,
  flip,
  imageFromArray,
  type MedImage,
  map,
  materialize,
  pad,
  pipe,
  reference,
  resampleToSpacing,
  rescale,
  rotate,
  type Source,
  scale,
  select,
  unary,
  value,
  type Warning,
  window,
} from "../../src/index.ts";
import { type GpuBackend, toCpu, toGpu, webgpu } from "../../src/webgpu.ts";
import type { Check } from "./conformance.ts";
import { noise } from "./noise.ts";

type Image = MedImage<"intensity">;
type Work = (source: Source<"intensity">) => Expression<"intensity">;
type Numbers = ArrayLike<number | bigint>;

/** The nearest number of 11 significant bits and a multiple of `least`, ties to even: float16 below its largest. */
const rounded = (value: number, least = 0): number => {
  if (value === 0 || !Number.isFinite(value)) return value;
  const step = Math.max(2 ** (Math.floor(Math.log2(Math.abs(value))) - 10), least);
  const whole = Math.floor(value / step);
  const rest = value / step - whole;
  return step * (rest > 0.5 || (rest === 0.5 && whole % 2 !== 0) ? whole + 1 : whole);
};

const roundedImage = (image: Image): Image => ({
  ...image,
  voxels: { ...image.voxels, data: Float32Array.from(image.voxels.data as Iterable<number>, (v) => rounded(v)) },
});

const same = (found: Numbers, wanted: Numbers, what: string): void => {
  if (found.length !== wanted.length) throw new Error(`${what}: ${found.length} voxels instead of ${wanted.length}`);
  for (let i = 0; i < found.length; i++)
    if (!Object.is(found[i], wanted[i])) throw new Error(`${what}: voxel ${i} is ${found[i]} instead of ${wanted[i]}`);
};

/** The mean and the largest of the differences. */
const differences = (found: Numbers, wanted: Numbers): { readonly mean: number; readonly most: number } => {
  let [sum, most] = [0, 0];
  for (let i = 0; i < wanted.length; i++) {
    const difference = Math.abs(Number(found[i]) - Number(wanted[i]));
    if (!Number.isFinite(difference)) throw new Error(`voxel ${i} is ${found[i]} instead of ${wanted[i]}`);
    sum += difference;
    most = Math.max(most, difference);
  }
  return { mean: sum / wanted.length, most };
};

const voxelsOf = async (source: Source, backend: GpuBackend | typeof reference): Promise<Numbers> =>
  (await evaluate(source, { backend })).voxels.data;

/** Waves between −1000 and 1000, sampled well: such coefficients are about as large as the samples. */
const waves = (size: readonly [number, number, number]): Image =>
  imageFromArray(
    Float32Array.from({ length: size[0] * size[1] * size[2] }, (_, i) => {
      const [x, y, z] = [i % size[0], Math.floor(i / size[0]) % size[1], Math.floor(i / (size[0] * size[1]))];
      return 1000 * Math.sin(x / 3) * Math.cos(y / 4) * Math.cos(z / 5);
    }),
    { size },
  );

const turn = (degrees: number, fill: number | "clamp" | "reflect" | "wrap"): Work =>
  rotate([0.3, -0.5, 0.8], degrees, { fill });
const spline = (fill: number | "clamp" | "reflect" | "wrap"): Work =>
  rotate([0.3, -0.5, 0.8], 33, { interpolation: "bspline", fill });

/** Half of the last of 11 bits, relative. */
const epsilon = 2 ** -11;

export const float16Checks = (): readonly Check[] => {
  const half = webgpu({ precision: "float16" });
  const single = webgpu();
  const asRounded = async (image: Image, work: (image: Image) => Source, what: string): Promise<void> =>
    same(await voxelsOf(work(image), half), await voxelsOf(work(roundedImage(image)), single), what);

  return [
    {
      name: "float16: kernels say so",
      run: async () => {
        const codes = half.kernels(compile(spline(0)(noise([8, 8, 8]))).plan);
        if (codes.length !== 4) throw new Error(`${codes.length} kernels instead of 4`);
        for (const code of codes) if (!code.includes("unpack2x16float")) throw new Error(`no float16 in\n${code}`);
        const before = single.kernels(compile(spline(0)(noise([8, 8, 8]))).plan);
        if (before.some((code) => code.includes("16float"))) throw new Error("float16 that nobody asked for");
      },
    },
    {
      name: "float16: linear interpolation is that of rounded voxels, bit for bit",
      run: async () => {
        for (const size of [
          [37, 29, 23],
          [16, 12, 8],
          [21, 17, 1],
          [3, 1, 2],
        ] as const) {
          for (const fill of [7.1, "clamp", "reflect", "wrap"] as const)
            await asRounded(noise(size), turn(33, fill), `${size}, ${fill}`);
          await asRounded(noise(size), resampleToSpacing([0.7, 0.9, 1.1], { fill: "clamp" }), `${size}, finer`);
        }
      },
    },
    {
      name: "float16: values of any size, in a unit of their own",
      run: async () => {
        // Activity in Bq/ml, diffusion in m²/s, and the ends of what is kept.
        for (const largest of [2e6, 3e-9, 65504, 65520, 1, 2 ** 24, 33554431, 1e-30]) {
          const image = noise([19, 14, 11]);
          const data = Float32Array.from(image.voxels.data as Iterable<number>, (v) => v * (largest / 1000));
          await asRounded({ ...image, voxels: { ...image.voxels, data } }, turn(33, 0), `up to ${largest}`);
        }
      },
    },
    {
      name: "float16: values beyond it are kept as they are, and that is told",
      run: async () => {
        for (const [marker, warned] of [
          [2 ** 25, true],
          [-3.4028234663852886e38, true],
          [-1024, false],
          [Infinity, false],
        ] as const) {
          const image = noise([13, 12, 11]);
          const data = Float32Array.from(image.voxels.data as Iterable<number>, (v, i) => (i === 700 ? marker : v));
          const warnings: Warning[] = [];
          const odd = turn(33, 0)({ ...image, voxels: { ...image.voxels, data } });
          const found = await evaluate(odd, { backend: half, onWarning: (warning) => warnings.push(warning) });
          const told = warnings.map(({ kind }) => kind).join();
          if (told !== (warned ? "BeyondFloat16" : "")) throw new Error(`${marker}: told of ${told}`);
          if (warned) same(found.voxels.data, await voxelsOf(odd, single), `${marker}`);
        }
      },
    },
    {
      name: "float16: NaN and infinities stay what they are",
      run: async () => {
        const image = noise([13, 12, 11]);
        const odd = [Number.NaN, Infinity, -Infinity, -0];
        const data = Float32Array.from(image.voxels.data as Iterable<number>, (v, i) => odd[i % 97] ?? v);
        const damaged = { ...image, voxels: { ...image.voxels, data } };
        await asRounded(damaged, turn(33, 0), "turned");
        await asRounded(damaged, map(unary("neg", value)), "negated");
        const found = await voxelsOf(turn(33, 0)(damaged), half);
        const wanted = await voxelsOf(turn(33, 0)(damaged), reference);
        for (let i = 0; i < wanted.length; i++)
          if (Number.isFinite(Number(wanted[i])) !== Number.isFinite(Number(found[i])))
            throw new Error(`voxel ${i} is ${found[i]}, the reference has ${wanted[i]}`);
      },
    },
    {
      name: "float16: what lies between passes is rounded once more, bit for bit",
      run: async () => {
        const image = noise([23, 18, 14]);
        const second = rotate("x", 20, { fill: -1000 });
        const between = await evaluate(turn(12, 0)(roundedImage(image)), { backend: single });
        const wanted = await voxelsOf(second(roundedImage(between)), single);
        same(await voxelsOf(pipe(image, turn(12, 0), second), half), wanted, "two fills");
        same(await voxelsOf(pipe(image, turn(12, 0), materialize, second), half), wanted, "materialized");
      },
    },
    {
      name: "float16: kernels round as they should, down to the least of its numbers",
      run: async () => {
        const small = 2 ** -26;
        const ramp = imageFromArray(
          Int16Array.from({ length: 32 ** 3 }, (_, i) => i),
          { size: [32, 32, 32] },
        );
        // In a unit of 1: multiples of a quarter of the least number, and whole numbers that need up to 15 bits.
        const spread = select(
          binary("less", value, constant(16384)),
          binary("mul", value, constant(small)),
          binary("sub", constant(0), value),
        );
        const found = await voxelsOf(pipe(ramp, map(spread), materialize, map(unary("neg", value))), half);
        const wanted = Float32Array.from({ length: 32 ** 3 }, (_, i) =>
          i < 16384 ? -rounded(i * small, 2 ** -24) : rounded(i),
        );
        same(found, wanted, "rounded");
      },
    },
    {
      name: "float16: a volume between passes is kept wide where nobody knows how large it becomes",
      run: async () => {
        const image = pipe(noise([13, 12, 11]), window(-1000, 1000, [0, 5]));
        const steep = pipe(image, map(unary("exp", unary("exp", value))), materialize, turn(12, 0));
        const kernels = half.kernels(compile(steep).plan);
        if (kernels.at(-1)?.includes("unpack2x16float")) throw new Error("exp(exp(x)) is kept as float16");
        const narrow = pipe(image, map(unary("sqrt", value)), materialize, turn(12, 0));
        if (!half.kernels(compile(narrow).plan).at(-1)?.includes("unpack2x16float"))
          throw new Error("sqrt(x) is not kept as float16");
        // A fill that would take all bits from the voxels.
        await asRounded(noise([13, 12, 11]), (i) => pipe(i, turn(12, -1e30), materialize), "a far fill");
        const far = (i: Image): Source => pipe(i, turn(12, -1e30), turn(5, 0));
        await asRounded(noise([13, 12, 11]), far, "a far fill between passes");
      },
    },
    {
      name: "float16: B-splines",
      run: async () => {
        for (const size of [
          [37, 29, 23],
          [16, 12, 8],
          [21, 17, 1],
        ] as const)
          for (const fill of [0, "clamp", "reflect", "wrap"] as const) {
            const [found, wanted] = [
              await voxelsOf(spline(fill)(waves(size)), half),
              await voxelsOf(spline(fill)(waves(size)), reference),
            ];
            const { mean, most } = differences(found, wanted);
            // Each of four roundings is enlarged by up to 3 along each axis that is still to be filtered.
            const bound = 1000 * epsilon * (27 + 9 + 3 + 1);
            if (most > bound || mean > (1000 * epsilon) / 4)
              throw new Error(`${size}, ${fill}: off by ${most} at most, ${mean} in the mean`);
          }
        const rough = noise([25, 24, 23]);
        const { mean, most } = differences(
          await voxelsOf(spline(0)(rough), half),
          await voxelsOf(spline(0)(rough), reference),
        );
        // Here coefficients are larger than the samples, by up to 3 along each axis that was filtered.
        if (most > 1000 * epsilon * 4 * 27 || mean > 1000 * epsilon)
          throw new Error(`noise: off by ${most} at most, ${mean} in the mean`);
        // What is left out of each sum must not show: 1000 is its own coefficient.
        const flat = imageFromArray(new Float32Array(24 * 12 * 9).fill(1000), { size: [24, 12, 9] });
        const even = differences(await voxelsOf(spline("clamp")(flat), half), flat.voxels.data);
        if (even.most > 1e-3) throw new Error(`a constant is off by ${even.most}`);
      },
    },
    {
      name: "float16: B-spline coefficients of integers, and on short axes",
      run: async () => {
        for (const size of [
          [2, 3, 4],
          [5, 1, 7],
          [30, 20, 10],
        ] as const) {
          const data = Int16Array.from(waves([...size]).voxels.data as Iterable<number>, (v) => Math.round(v + 1000));
          const ct = imageFromArray(data, { size });
          for (const fill of [0, "reflect", "wrap"] as const) {
            const work = (image: Image): Source => pipe(image, spline(fill), as("float64"));
            const { most } = differences(await voxelsOf(work(ct), half), await voxelsOf(work(ct), reference));
            if (most > 2000 * epsilon * (9 + 3 + 1)) throw new Error(`${size}, ${fill}: off by ${most}`);
          }
          same(await voxelsOf(turn(33, 0)(ct), half), await voxelsOf(turn(33, 0)(ct), single), "int16 stays int16");
        }
      },
    },
    {
      name: "float16: the same bits in parts",
      run: async () => {
        const parts = webgpu({ precision: "float16", largestBinding: 40_000 });
        const image = noise([41, 30, 24]);
        const pairs = imageFromArray(
          Float32Array.from({ length: 4 * 19 * 24 * 18 }, (_, i) => ((i * 7919) % 30011) / 7),
          { size: [19, 24, 18] },
          { channels: 4 },
        );
        const cases: readonly Source[] = [
          turn(33, "clamp")(image),
          spline("wrap")(image),
          spline("clamp")(image),
          rotate("z", 10, { fill: "background" })(pairs),
          rotate([1, 2, 3], 10, { interpolation: "bspline", fill: "background" })(pairs),
          pipe(image, turn(12, "clamp"), materialize, rotate("x", 20, { fill: "background" })),
          pipe(image, scale(0.8, { fill: 0 }), rotate("z", 10, { fill: "wrap" }), as("uint8")),
        ];
        for (const [k, work] of cases.entries())
          same(await voxelsOf(work, parts), await voxelsOf(work, half), `case ${k}`);
        // Volumes of 59 kB as float16 fit where 118 kB do not.
        const narrow = webgpu({ precision: "float16", largestBinding: 60_000 });
        const int16 = pipe(image, turn(33, 0), as("int16"));
        if (await narrow.takesWhole(compile(int16).plan)) throw new Error("what inputs hold is not known before a run");
        same(await voxelsOf(int16, narrow), await voxelsOf(int16, half), "in one piece");
      },
    },
    {
      name: "float16: voxels that are only moved are exact, and so are those that are kept on the device",
      run: async () => {
        for (const size of [
          [7, 5, 3],
          [8, 4, 4],
        ] as const) {
          const image = noise(size);
          for (const work of [
            changeOrientation("PIL")(image),
            flip("y")(image),
            pipe(image, pad([1, 2, 0], [2, 0, 3], { fill: 7.123456789 }), crop([0, 1, 0], [2, 4, 2])),
            rotate([1, 2, 3], 40, { interpolation: "nearest", fill: 3 })(image),
          ])
            same(await voxelsOf(work, half), await voxelsOf(work, reference), "moved");
          using there = await toGpu(image, half);
          same((await toCpu(there)).voxels.data, image.voxels.data, "kept");
          same(await voxelsOf(turn(33, 0)(there), half), await voxelsOf(turn(33, 0)(image), single), "from there");
          using result = await evaluate(turn(33, 0)(image), { backend: half, keep: "gpu" });
          if (result.voxels.dtype !== "float32") throw new Error(`a result of ${result.voxels.dtype}`);
          same((await toCpu(result)).voxels.data, await voxelsOf(turn(33, 0)(image), half), "a result that stays");
        }
      },
    },
    {
      name: "float16: float64, channels, rescales and results of every kind",
      run: async () => {
        const data = Float64Array.from({ length: 3 * 11 * 9 * 7 }, (_, i) => ((i * 7919) % 30011) / 7 - 2000);
        const image = imageFromArray(
          data,
          { size: [11, 9, 7] },
          { channels: 3, rescale: { slope: 0.5, intercept: 3 } },
        );
        const wanted = await voxelsOf(turn(33, 0)(image), reference);
        const { most } = differences(await voxelsOf(turn(33, 0)(image), half), wanted);
        if (most > 2300 * epsilon) throw new Error(`float64 is off by ${most}`);
        for (const dtype of ["int8", "uint16", "int32", "float32", "float64"] as const)
          await asRounded(noise([11, 9, 7]), (i) => pipe(i, turn(33, 0), rescale(0.25, 1), as(dtype)), dtype);
      },
    },
  ];
};
