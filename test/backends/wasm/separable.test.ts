/**
 * Gathers along the axes, as plans: every boundary, dtype and direction against the reference, and the same
 * bits for any number of threads.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { reference } from "../../../backends/reference/index.ts";
import { Places } from "../../../backends/wasm/places.ts";
import { separableWork } from "../../../backends/wasm/separable-work.ts";
import { classify, snapPull } from "../../../compiler/classify.ts";
import { affineOf } from "../../../compiler/language/affine.ts";
import { type Interpolator, interpolators } from "../../../compiler/language/interpolator.ts";
import * as scalar from "../../../compiler/language/scalar.ts";
import type { Vector3 } from "../../../compiler/language/vector.ts";
import { type DType, dtypeNames, dtypes, storedAs, type Voxels, voxelsOf } from "../../../compiler/language/voxels.ts";
import type { Gather, Plan, Program, Region, TapBoundary } from "../../../compiler/plan.ts";
import { wasm } from "../../../src/index.ts";
import { noiseOf } from "./voxel-noise.ts";

interface Scene {
  readonly size: Vector3;
  readonly to: Vector3;
  /** Along each axis source index = step · output index + offset. */
  readonly step: Vector3;
  readonly offset: Vector3;
  readonly by: Interpolator;
  readonly boundary: TapBoundary;
  readonly source: DType;
  readonly output: DType;
  readonly channels: number;
  readonly regions: readonly Region[];
  readonly body: scalar.Scalar;
}

const plain: Scene = {
  size: [21, 13, 9],
  to: [31, 20, 14],
  step: [2 / 3, 0.64, 0.6],
  offset: [0, 0.1, 0.3],
  by: "linear",
  boundary: "clamp",
  source: "float32",
  output: "float32",
  channels: 1,
  regions: [],
  body: scalar.tap(0),
};

const diagonal = (step: Vector3, offset: Vector3) =>
  affineOf<"index", "index">([step[0], 0, 0, 0, step[1], 0, 0, 0, step[2]], offset);

const programOf = (scene: Scene): Program => {
  const { size, to, by, source, output, channels, regions, body, boundary } = scene;
  const pull = snapPull(diagonal(scene.step, scene.offset), to);
  const gather: Gather = {
    kind: "gather",
    output: 1,
    taps: [{ source: 0, pull, by, boundary, class: classify(pull) }],
    regions,
    body,
    reason: "test",
  };
  const voxels = voxelsOf(noiseOf(source, size[0] * size[1] * size[2] * channels, 12345), { channels });
  const plan: Plan = {
    buffers: [
      { size, channels, storage: storedAs(source) },
      { size: to, channels, storage: storedAs(output) },
    ],
    inputs: 1,
    passes: [gather],
    result: 1,
  };
  return { plan, inputs: [voxels] };
};

const span = (values: ArrayLike<number | bigint>): number => {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, Number(values[i]));
    high = Math.max(high, Number(values[i]));
  }
  // A single voxel has no range: then what counts is how large it is.
  return Math.max(high - low, Math.abs(high));
};

const takesIt = ({ plan, inputs }: Program): boolean => {
  const [pass] = plan.passes;
  const [from, to] = plan.buffers;
  const [voxels] = inputs;
  if (pass?.kind !== "gather" || !from || !to || !voxels) return false;
  const room = new Places();
  return separableWork(pass, to, () => room.input(voxels, from)) !== undefined;
};

const agrees = async (scene: Scene, taken: boolean | "perhaps" = true): Promise<void> => {
  const program = programOf(scene);
  if (taken !== "perhaps") expect(takesIt(program)).toBe(taken);
  const [found, wanted] = [await wasm.run(program, { threads: 1 }), await reference.run(program)];
  const range = Math.max(span((program.inputs[0] as Voxels).data), span(wanted.data));
  // Where values are rounded, a tie may fall either way.
  const tolerance = 1e-5 * range + (dtypes[scene.output].integer ? 1 : 0);
  let [worst, at, off] = [0, -1, 0];
  for (let i = 0; i < wanted.data.length; i++) {
    const [a, b] = [Number(found.data[i]), Number(wanted.data[i])];
    const error = Object.is(a, b) || a === b ? 0 : Math.abs(a - b);
    if (error > 0.5 && dtypes[scene.output].integer) off++;
    if (!(error <= worst)) [worst, at] = [error, i];
  }
  expect(worst, `voxel ${at}: ${found.data[at]}, the reference has ${wanted.data[at]}`).toBeLessThanOrEqual(tolerance);
  if (1e-5 * range < 0.05) expect(off / wanted.data.length).toBeLessThan(0.05);
};

const smooth = ["linear", "bspline"] as const;
const boundaries = ["clamp", "mirror", "reflect", "wrap"] as const;
const box = (from: Vector3, size: Vector3): Region => ({
  pull: affineOf([1, 0, 0, 0, 1, 0, 0, 0, 1], [-from[0], -from[1], -from[2]]),
  size,
});

describe("against the reference", () => {
  const motions: Readonly<Record<string, Partial<Scene>>> = {
    up: {},
    "up a lot": { step: [0.11, 0.27, 0.4], offset: [-1, -0.4, 3] },
    down: { to: [10, 6, 4], step: [2, 2, 2], offset: [0, 0, 0] },
    "down, between samples": { to: [9, 5, 4], step: [2.3, 2.6, 2.2], offset: [0.4, 0.2, 0.7] },
    "down a lot": { to: [4, 3, 2], step: [6.3, 5.1, 7.7], offset: [0.4, 0.2, 0.7] },
    flipped: { step: [-0.6, -0.7, -0.5], offset: [20, 12, 8] },
    "flipped and down": { to: [9, 6, 5], step: [-2.3, -2, -1.7], offset: [20.4, 12, 8.3] },
    "far beyond": { to: [60, 40, 30], step: [1.3, 0.9, 1.1], offset: [-33.3, -14.2, -11.7] },
    shifted: { to: [21, 13, 9], step: [1, 1, 1], offset: [0.25, 0, -0.5] },
    "one row": { size: [21, 1, 1], to: [40, 1, 1], step: [0.5, 0, 0], offset: [0.1, 0, 0] },
    "one plane": { size: [21, 13, 1], to: [30, 20, 1], step: [0.7, 0.6, 0], offset: [0, 0, 0] },
    "one column": { size: [1, 13, 9], to: [1, 20, 12], step: [0, 0.6, 0.7], offset: [0, 0, 0] },
    "one voxel": { size: [1, 1, 1], to: [5, 4, 3], step: [0.3, 0.4, 0.5], offset: [-0.5, -0.6, -0.7] },
    "two voxels": { size: [2, 2, 2], to: [9, 8, 7], step: [0.5, 0.4, 0.5], offset: [-1, -0.6, -0.7] },
    "thrice the same": { to: [9, 5, 3], step: [0, 0, 0], offset: [3.3, 4.1, 5.7] },
  };
  describe.each(smooth)("%s", (by) => {
    describe.each(boundaries)("%s", (boundary) => {
      test.each(Object.entries(motions))("%s", (_, motion) => agrees({ ...plain, by, boundary, ...motion }));
    });
  });

  test.each(dtypeNames)("%s voxels", async (source) => {
    for (const by of interpolators)
      for (const motion of [{}, { to: [9, 5, 4], step: [2.3, 2.6, 2.2] }] as const)
        await agrees({ ...plain, by, source, output: source === "float32" ? "float64" : "float32", ...motion });
  });

  test.each(dtypeNames)("into %s", async (output) => {
    const lifted = scalar.binary("max", scalar.tap(0), scalar.constant(0));
    for (const by of smooth) await agrees({ ...plain, by, source: "int16", output, body: lifted });
  });

  test("several channels", async () => {
    await agrees({ ...plain, channels: 3 });
    await agrees({ ...plain, channels: 2, by: "bspline", source: "int16" });
  });

  const fill = scalar.select(scalar.inside(0), scalar.tap(0), scalar.constant(-777));
  const two = scalar.select(scalar.inside(1), fill, scalar.background(0));
  test.each([
    ["a fill around", { regions: [box([3, 4, 2], [20, 9, 7])], body: fill }],
    ["a fill along one axis", { regions: [box([5, -99, -99], [3, 999, 999])], body: fill }],
    ["nothing but fill", { regions: [box([99, 0, 0], [3, 3, 3])], body: fill }],
    [
      "fill and background",
      { regions: [box([3, 4, 2], [20, 9, 7]), box([5, -2, 3], [30, 11, 20])], body: two, channels: 2 },
    ],
    [
      "what lies outside",
      {
        to: [40, 30, 20],
        offset: [-3.3, -2.6, -1.7],
        regions: [{ pull: diagonal([2 / 3, 0.64, 0.6], [-3.3, -2.6, -1.7]), size: plain.size }],
        body: fill,
      },
    ],
  ] as const satisfies readonly (readonly [string, Partial<Scene>])[])("regions: %s", async (_, change) => {
    for (const by of smooth) {
      await agrees({ ...plain, by, ...change });
      await agrees({ ...plain, by, source: "int16", output: "int16", ...change });
    }
  });

  test("maps: a window, a power", async () => {
    const unit = scalar.binary(
      "div",
      scalar.binary("add", scalar.tap(0), scalar.constant(1000)),
      scalar.constant(2000),
    );
    const held = scalar.binary("min", scalar.binary("max", unit, scalar.constant(0)), scalar.constant(1));
    const curved = scalar.binary("pow", held, scalar.constant(0.7));
    await agrees({ ...plain, body: held });
    await agrees({ ...plain, body: curved });
    // Over a crop, whose weights are all 1.
    await agrees({ ...plain, body: curved, to: [9, 8, 7], step: [1, 1, 1], offset: [3, 2, 1] });
  });

  test("a sample of weight 0 does not count, not even as NaN", async () => {
    const program = programOf({ ...plain, to: [41, 25, 17], step: [0.5, 0.5, 0.5], offset: [0, 0, 0] });
    const { data } = program.inputs[0] as Voxels;
    for (let i = 0; i < data.length; i += 7) data[i] = [Number.NaN, Number.POSITIVE_INFINITY][i % 2] ?? 0;
    const [found, wanted] = [await wasm.run(program, {}), await reference.run(program)];
    const numbers = (v: Voxels): number[] =>
      Array.from({ length: v.data.length }, (_, i) => (Number.isFinite(Number(v.data[i])) ? 1 : 0));
    expect(numbers(found)).toEqual(numbers(wanted));
  });

  test("random motions, with fixed seeds", async () => {
    const along = (least: number, most: number) => fc.double({ min: least, max: most, noNaN: true });
    const three = <T>(a: fc.Arbitrary<T>) => fc.tuple(a, a, a);
    const scenes = fc.record({
      size: three(fc.integer({ min: 1, max: 24 })),
      to: three(fc.integer({ min: 1, max: 30 })),
      step: three(fc.oneof(along(-3, 3), fc.constantFrom(-2, -1, -0.5, 0.5, 1, 2))),
      offset: three(fc.oneof(along(-30, 30), fc.integer({ min: -10, max: 30 }))),
      by: fc.constantFrom(...smooth),
      boundary: fc.constantFrom(...boundaries),
      source: fc.constantFrom<DType>("float32", "int16", "uint8", "float64", "int32"),
      channels: fc.constantFrom(1, 2),
      from: three(fc.integer({ min: -5, max: 20 })),
      extent: three(fc.integer({ min: 1, max: 30 })),
    });
    const check = fc.asyncProperty(scenes, async ({ from, extent, ...scene }) => {
      await agrees({ ...plain, ...scene, regions: [box(from, extent)], body: fill }, "perhaps");
    });
    await fc.assert(check, { numRuns: 150, seed: 20 });
  });
});

describe("coefficients", () => {
  const sizes: readonly Vector3[] = [
    [35, 5, 4],
    [3, 21, 2],
    [2, 1, 40],
    [39, 3, 17],
    [1, 2, 3],
  ];
  const all = (["mirror", "reflect", "wrap"] as const).flatMap((boundary) =>
    ([0, 1, 2] as const).flatMap((axis) => sizes.map((size) => ({ boundary, axis, size }))),
  );
  test.each(all)("$boundary along axis $axis of $size", async ({ boundary, axis, size }) => {
    const { plan, inputs } = programOf({ ...plain, size, to: size, step: [1, 1, 1], offset: [0, 0, 0], channels: 2 });
    const [input, output] = plan.buffers;
    const [pass] = plan.passes;
    if (!input || !output || pass?.kind !== "gather") throw new Error("the plan has another form");
    const program: Program = {
      inputs,
      plan: {
        ...plan,
        buffers: [input, { ...input, storage: "working" }, output],
        passes: [
          { kind: "prefilter", source: 0, output: 1, axis, boundary },
          { ...pass, output: 2, taps: pass.taps.map((tap) => ({ ...tap, source: 1, by: "nearest" })) },
        ],
        result: 2,
      },
    };
    const [found, wanted] = [await wasm.run(program, {}), await reference.run(program)];
    const worst = Array.from({ length: wanted.data.length }, (_, i) =>
      Math.abs(Number(found.data[i]) - Number(wanted.data[i])),
    ).reduce((a, b) => Math.max(a, b));
    expect(worst).toBeLessThan(1e-5 * 2000);
  });
});

describe("the same bits", () => {
  const scenes: readonly Partial<Scene>[] = [
    {},
    { by: "bspline", source: "int16" },
    { to: [60, 50, 40], step: [1.7, 1.9, 2.3] },
    {
      regions: [box([9, 9, 5], [70, 60, 40])],
      body: scalar.select(scalar.inside(0), scalar.tap(0), scalar.constant(5)),
    },
  ];
  test.each(scenes)("for 1, 2 and 7 threads %#", async (change) => {
    const program = programOf({ ...plain, size: [101, 97, 60], to: [151, 140, 90], ...change });
    const [one, two, seven] = await Promise.all([1, 2, 7].map((threads) => wasm.run(program, { threads })));
    expect(Buffer.compare(Buffer.from(one?.data.buffer ?? []), Buffer.from(two?.data.buffer ?? []))).toBe(0);
    expect(Buffer.compare(Buffer.from(one?.data.buffer ?? []), Buffer.from(seven?.data.buffer ?? []))).toBe(0);
  });
});

test("what only moves voxels, or mixes axes, is left to others", () => {
  const moves = programOf({ ...plain, by: "nearest" });
  expect(takesIt(moves)).toBe(false);
  expect(takesIt(programOf({ ...plain, step: [1, 1, 1], offset: [1, 2, 3] }))).toBe(false);
});
