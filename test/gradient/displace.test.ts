/** Gradients to what displaces: vectors, control points, parameters before and after; and on every backend alike. */
import { afterAll, describe, expect, test } from "vitest";
import {
  type Backend,
  controlGrid,
  type Differentiable,
  displace,
  displaceBySpline,
  type Expression,
  imageFromArray,
  type Loss,
  type MedImage,
  mse,
  param,
  pipe,
  reference,
  rotate,
  sumOfSquares,
  valueAndGradient,
  vjp,
  wasm,
  weightedSum,
} from "../../src/index.ts";
import { webgpu } from "../../src/webgpu.ts";

const wave = (size: readonly [number, number, number], phase: number, channels = 1): Float32Array =>
  Float32Array.from({ length: size[0] * size[1] * size[2] * channels }, (_, i) => {
    const [x, y, z] = [i % size[0], Math.floor(i / size[0]) % size[1], Math.floor(i / (size[0] * size[1]))];
    return Math.sin(x / 2 + phase) * Math.cos(y / 2.5 - phase * z) + 0.3 * Math.sin((x + z) / 2 + phase);
  });
const size = [8, 7, 6] as const;
const spacing = [1, 1.3, 1.7] as const;
const image = imageFromArray(wave(size, 0), { size, spacing });
const target = imageFromArray(wave(size, 0.7), { size, spacing });
const vectors = imageFromArray(wave(size, 1.3, 3), { size, spacing }, { channels: 3 });
const lattice = controlGrid(image, [2, 1, 2]);
const points = imageFromArray(wave(lattice.size, 2.1, 3), lattice, { channels: 3 });
const linear = { interpolation: "linear", fill: "clamp" } as const;
const spline = { interpolation: "bspline", fill: "clamp" } as const;

/** The loss with one number of an image another. */
const nudged = (voxels: MedImage<"intensity">, k: number, by: number): MedImage<"intensity"> => {
  const data = Float64Array.from(voxels.voxels.data as Float32Array);
  data[k] = (data[k] ?? 0) + by;
  return { ...voxels, voxels: { ...voxels.voxels, dtype: "float64", data } };
};
type Images = Readonly<Record<"image" | "vectors" | "points", MedImage<"intensity">>>;
const losses: Readonly<Record<string, (of: Images) => Loss>> = {
  "vectors, linear": (of) => pipe(of.image, displace(of.vectors, linear), mse(target)),
  "control points, splines": (of) => pipe(of.image, displaceBySpline(of.points, spline), mse(target)),
  "a displacement of a displacement, with turns between": (of) =>
    pipe(
      of.image,
      rotate("z", 7, spline),
      displaceBySpline(of.points, spline),
      rotate("x", 5, spline),
      displace(of.vectors, spline),
      rotate("y", 4, spline),
      sumOfSquares,
    ),
};

describe("gradients of displacements are those of finite differences", () => {
  for (const [name, lossOf] of Object.entries(losses))
    test(name, async () => {
      const all: Images = { image, vectors, points };
      const loss = lossOf(all);
      const used = (["image", "vectors", "points"] as const).filter((key) =>
        name !== "vectors, linear" ? name.startsWith("a ") || key !== "vectors" : key !== "points",
      );
      for (const key of used) {
        const { gradient } = await valueAndGradient(loss, { wrt: [all[key]], backend: reference, dtype: "float64" });
        const found = gradient[0].voxels.data;
        const scale = Math.max(...Array.from(found, (v: unknown) => Math.abs(Number(v))));
        for (let k = 3; k < found.length; k += 41) {
          const at = async (by: number): Promise<number> =>
            (
              await valueAndGradient(lossOf({ ...all, [key]: nudged(all[key], k, by) }), {
                wrt: [],
                backend: reference,
              })
            ).value;
          const h = 1e-4;
          const slope = ((await at(h)) - (await at(-h))) / (2 * h);
          expect(Math.abs(Number(found[k]) - slope), `${key} ${k}`).toBeLessThan(2e-4 * scale);
        }
      }
    });

  test("parameters before and after", async () => {
    const loss = (before: number, after: number): Loss =>
      pipe(
        image,
        rotate("z", param("before", before), spline),
        displace(vectors, spline),
        rotate("x", param("after", after), spline),
        mse(target),
      );
    const { gradient } = await valueAndGradient(loss(7, -5), {
      wrt: [param("before", 7), param("after", -5)],
      backend: reference,
    });
    const value = async (a: number, b: number): Promise<number> =>
      (await valueAndGradient(loss(a, b), { wrt: [], backend: reference })).value;
    const h = 1e-4;
    expect(gradient[0]).toBeCloseTo(((await value(7 + h, -5)) - (await value(7 - h, -5))) / (2 * h), 6);
    expect(gradient[1]).toBeCloseTo(((await value(7, -5 + h)) - (await value(7, -5 - h))) / (2 * h), 6);
  });

  test("a parameter between two displacements is refused by name", async () => {
    const loss = pipe(image, displace(vectors, linear), rotate("z", param("t", 3)), displace(vectors), sumOfSquares);
    await expect(valueAndGradient(loss, { wrt: [param("t", 3)], backend: reference })).rejects.toThrow(
      "between two displacements",
    );
  });
});

const gpu = webgpu();
afterAll(() => gpu.dispose());
const close = (found: ArrayLike<unknown>, wanted: ArrayLike<unknown>, what: string): void => {
  const scale = Math.max(...Array.from(wanted, (v: unknown) => Math.abs(Number(v))));
  expect(scale).toBeGreaterThan(0);
  Array.from(wanted, Number).forEach((due, k) => {
    expect(Math.abs(Number(found[k]) - due), `${what} ${k}`).toBeLessThanOrEqual(2e-5 * scale);
  });
};

describe.each<readonly [string, Backend]>([
  ["wasm", wasm],
  ["webgpu", gpu],
])("%s gives the gradients of the reference", (_, backend) => {
  const by = { ...linear, interpolation: "linear" } as const;
  const cases: readonly (readonly [string, Loss, readonly Differentiable[]])[] = [
    ...Object.entries(losses).map(
      ([name, lossOf]) => [name, lossOf({ image, vectors, points }), [image, vectors, points]] as const,
    ),
    [
      "parameters",
      pipe(image, rotate("z", param("a", 7), by), displace(vectors), rotate("x", param("b", -5)), mse(target)),
      [param("a", 7), param("b", -5)],
    ],
    ...(["clamp", "reflect", "wrap", "background", 3] as const).map(
      (fill) =>
        [
          `far out, ${fill}`,
          pipe(image, displace(pipeVectors(4), { interpolation: "linear", fill }), weightedSum(target)),
          [image],
        ] as const,
    ),
  ];
  test.each(cases)("%s", async (_name, loss, wrt) => {
    const [found, wanted] = [
      await valueAndGradient(loss, { wrt, backend }),
      await valueAndGradient(loss, { wrt, backend: reference }),
    ];
    close([found.value], [wanted.value], "value");
    const numbers = (all: readonly (number | MedImage)[]): readonly number[] =>
      all.filter((g) => typeof g === "number");
    if (numbers(wanted.gradient).length > 0) close(numbers(found.gradient), numbers(wanted.gradient), "parameters");
    wanted.gradient.forEach((due: number | MedImage, k: number) => {
      const got = found.gradient[k];
      if (typeof due === "number" || typeof got === "number" || got === undefined) return;
      if (Array.from(due.voxels.data, Number).some((v) => v !== 0))
        close(got.voxels.data, due.voxels.data, `image ${k}`);
    });
  });

  test("several channels, the same bits twice", async () => {
    const colours = imageFromArray(wave(size, 0.4, 2), { size, spacing }, { channels: 2 });
    const expression = displace(vectors, linear)(colours) as Expression<"intensity">;
    const wrt = [colours, vectors] as const;
    const cotangent = imageFromArray(wave(size, 0.9, 2), { size, spacing }, { channels: 2 });
    const found = await vjp(expression, cotangent, { wrt, backend });
    const wanted = await vjp(expression, cotangent, { wrt, backend: reference });
    for (const k of [0, 1] as const) close(found[k].voxels.data, wanted[k].voxels.data, `image ${k}`);
    const again = await vjp(expression, cotangent, { wrt, backend, threads: 2 });
    for (const k of [0, 1] as const) expect(again[k].voxels.data).toEqual(found[k].voxels.data);
  });
});

function pipeVectors(by: number): MedImage<"intensity"> {
  const { voxels } = vectors;
  return { ...vectors, voxels: { ...voxels, data: (voxels.data as Float32Array).map((v) => v * by) } };
}
