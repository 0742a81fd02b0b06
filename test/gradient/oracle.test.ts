/** Gradients that PyTorch computed in float64: values, ten parameters, and voxels. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Backend } from "../../backends/backend.ts";
import {
  affine,
  type Loss,
  loadImage,
  type MedImage,
  mse,
  ncc,
  param,
  pipe,
  reference,
  type Source,
  sumOfSquares,
  valueAndGradient,
  wasm,
  weightedSum,
} from "../../src/index.ts";
import { webgpu } from "../../src/webgpu.ts";
import { hasGpu } from "../backends/webgpu/has-gpu.ts";

const folder = new URL("../../../shared/oracle/", import.meta.url);
const isHere = existsSync(new URL("gradients.json", folder));

interface Case {
  readonly loss: "weighted-sum" | "sum-of-squares" | "mse" | "ncc";
  readonly input: string;
  readonly target: string;
  readonly weights: string;
  readonly interpolation: "linear";
  readonly fill: number;
  readonly step: Readonly<Record<"rotate" | "scale" | "shear" | "translate", readonly [number, number, number]>>;
  readonly value: number;
  readonly parameters: Readonly<Record<"rotate" | "scale" | "translate", readonly number[]>> & {
    readonly shear_xy: number;
  };
  readonly voxels: string;
}
const cases: readonly Case[] = isHere ? JSON.parse(readFileSync(new URL("gradients.json", folder), "utf8")) : [];

const image = async (name: string): Promise<MedImage<"intensity">> =>
  (await loadImage(new URL(name, folder).pathname)) as MedImage<"intensity">;

const lossOf = async ({ loss, target, weights }: Case): Promise<(source: Source) => Loss> => {
  switch (loss) {
    case "weighted-sum":
      return weightedSum(await image(weights));
    case "sum-of-squares":
      return sumOfSquares;
    case "mse":
      return mse(await image(target));
    case "ncc":
      return ncc(await image(target));
  }
};

const named = (name: string, values: readonly [number, number, number]) =>
  values.map((value, k) => param(`${name}${k}`, value)) as [
    ReturnType<typeof param>,
    ReturnType<typeof param>,
    ReturnType<typeof param>,
  ];

const compute = async (given: Case, backend: Backend, dtype: "float32" | "float64") => {
  const moving = await image(given.input);
  const rotate = named("rotate", given.step.rotate);
  const scale = named("scale", given.step.scale);
  const shear = param("shear", given.step.shear[0]);
  const translate = named("translate", given.step.translate);
  const loss = pipe(
    moving,
    affine(
      { rotate, scale, shear: [shear, given.step.shear[1], given.step.shear[2]], translate },
      { interpolation: given.interpolation, fill: given.fill },
    ),
    await lossOf(given),
  );
  const wrt = [...rotate, ...scale, shear, ...translate, moving] as const;
  const { value, gradient } = await valueAndGradient(loss, { wrt, backend, dtype });
  const { parameters } = given;
  const expected = [...parameters.rotate, ...parameters.scale, parameters.shear_xy, ...parameters.translate];
  const truth = await image(given.voxels);
  return { value, numbers: gradient.slice(0, 10) as number[], expected, voxels: gradient[10], truth };
};

/** Largest difference as a share of the largest number. */
const worst = (found: ArrayLike<number | bigint>, expected: ArrayLike<number | bigint>): number => {
  const scale = Math.max(...Array.from(expected, (e) => Math.abs(Number(e))));
  return Math.max(...Array.from(expected, (e, k) => Math.abs(Number(e) - Number(found[k])))) / scale;
};

const backends: readonly (readonly [Backend, number])[] = [
  [reference, 1e-5],
  [wasm, 1e-3],
  ...(hasGpu ? ([[webgpu(), 1e-3]] as const) : []),
];

describe.skipIf(!isHere)("gradients by PyTorch", () => {
  for (const [backend, tolerance] of backends)
    it.each(cases.map((given) => [given.loss, given] as const))(`${backend.name}: %s`, async (_, given) => {
      const found = await compute(given, backend, "float64");
      expect(Math.abs(found.value - given.value) / Math.abs(given.value)).toBeLessThan(tolerance);
      // Of parameters of one unit, the largest says what counts: one of them may happen to be near 0.
      for (const [from, to] of [
        [0, 3],
        [3, 6],
        [6, 7],
        [7, 10],
      ] as const)
        expect(worst(found.numbers.slice(from, to), found.expected.slice(from, to)), `${from}`).toBeLessThan(tolerance);
      expect(worst((found.voxels as MedImage).voxels.data, found.truth.voxels.data)).toBeLessThan(tolerance);
    });
});
