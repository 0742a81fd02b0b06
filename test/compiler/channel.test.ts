/** Channels taken apart, their number in maps, and splines given by their control points. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { reference } from "../../backends/reference/index.ts";
import { compileVolume } from "../../compiler/compile.ts";
import { affineOf } from "../../compiler/language/affine.ts";
import { channelOf, channelsOf, wholeOf } from "../../compiler/language/channel.ts";
import {
  clip,
  decideSampling,
  type Field,
  input,
  interpolate,
  mapFields,
  sample,
  spline,
  warp,
} from "../../compiler/language/field.ts";
import { type Grid, gridOf } from "../../compiler/language/grid.ts";
import { binary, channel, constant, select, tap, unary } from "../../compiler/language/scalar.ts";
import { storedAs, voxelsOf } from "../../compiler/language/voxels.ts";
import { wasm } from "../../src/index.ts";

const grid = gridOf([4, 3, 2]);
const vectors = voxelsOf(
  Float32Array.from({ length: 72 }, (_, k) => (k * 7) % 31),
  { channels: 3 },
);
const image = interpolate(input(vectors, grid), { by: "linear", outside: { kind: "clamp" } });

const valuesOf = async (field: Field, on: Grid = grid, backend = reference): Promise<readonly number[]> => {
  const program = compileVolume(sample(field, on, storedAs("float32"), "to be looked at"));
  return Array.from((await backend.run(program)).data, Number);
};

describe("a channel", () => {
  const turned = clip(
    warp(
      mapFields(binary("add", binary("mul", tap(0), constant(2)), channel), [image]),
      affineOf<"world", "world">([0, 1, 0, -1, 0, 0, 0, 0, 1], [0.3, 2.2, 0.1]),
    ),
    gridOf([3, 3, 2]),
    7,
  );

  test("of a field is what the field has there", async () => {
    const all = await valuesOf(turned);
    for (const k of [0, 1, 2]) expect(await valuesOf(channelOf(turned, k))).toEqual(all.slice(k * 24, (k + 1) * 24));
  });

  test("of samples is that of what is sampled", async () => {
    const sampled = interpolate(sample(turned, grid, "working", "on the way"), null);
    expect(channelsOf(sampled)).toBe(3);
    expect(await valuesOf(channelOf(sampled, 1))).toEqual((await valuesOf(turned)).slice(24, 48));
  });

  test("is a view of the voxels, always the same", () => {
    const [one, again] = [channelOf(image, 1), channelOf(image, 1)];
    expect(one).toBe(again);
    if (one.kind !== "interpolate" || one.volume.kind !== "input") throw new Error("no view");
    expect(one.volume.voxels.data.buffer).toBe(vectors.data.buffer);
    expect(wholeOf(one.volume.voxels)).toEqual({ voxels: vectors, channel: 1 });
    expect(() => channelOf(image, 3)).toThrow("there is no 3");
  });

  test("is counted by maps, on every backend", async () => {
    const classes = interpolate(input(voxelsOf(Uint8Array.of(0, 1, 2, 1)), gridOf([4, 1, 1])), null);
    const isClass = select(unary("abs", binary("sub", tap(0), channel)), constant(0), constant(1));
    for (const backend of [reference, wasm]) {
      const oneHot = await valuesOf(mapFields(isClass, [classes], 3), gridOf([4, 1, 1]), backend);
      expect(oneHot).toEqual([1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 0]);
    }
  });
});

describe("control points", () => {
  /** β³, as it is written in books. */
  const beta = (x: number): number => {
    const a = Math.abs(x);
    return a < 1 ? 2 / 3 - a * a + (a * a * a) / 2 : a < 2 ? (2 - a) ** 3 / 6 : 0;
  };
  const lattice = gridOf([6, 6, 6], { spacing: [3, 3, 3], origin: [-3, -3, -3] });

  test("are blended by cubic B-splines, also at whole indices", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 216, maxLength: 216 }),
        fc.constantFrom(1, 3),
        async (points, spacing) => {
          const field = spline(input(voxelsOf(Float64Array.from(points)), lattice), { kind: "clamp" });
          const on = gridOf([3, 2, 2], { spacing: [spacing, spacing, spacing] });
          const wanted: number[] = [];
          for (let z = 0; z < 2; z++)
            for (let y = 0; y < 2; y++)
              for (let x = 0; x < 3; x++) {
                const at = [x, y, z].map((i) => (i * spacing + 3) / 3);
                let sum = 0;
                points.forEach((point, k) => {
                  const index = [k % 6, Math.floor(k / 6) % 6, Math.floor(k / 36)];
                  sum += index.reduce((w, i, a) => w * beta((at[a] ?? 0) - i), point);
                });
                wanted.push(sum);
              }
          for (const backend of [reference, wasm])
            for (const [k, found] of (await valuesOf(field, on, backend)).entries())
              expect(found).toBeCloseTo(wanted[k] ?? 0, 4);
        },
      ),
      { numRuns: 30 },
    ));

  test("in a map leave what lies outside the other field as it is said to be", async () => {
    const data = input(voxelsOf(Float32Array.of(1, 2, 3)), gridOf([3, 1, 1]));
    const bias = spline(input(voxelsOf(new Float32Array(216).fill(2)), lattice), { kind: "clamp" });
    const biased = mapFields(binary("mul", tap(0), tap(1)), [interpolate(data, null), bias]);
    const decided = decideSampling(biased, { by: "linear", outside: { kind: "constant", value: 5 } });
    expect(await valuesOf(decided, gridOf([5, 1, 1], { origin: [-1, 0, 0] }))).toEqual([5, 2, 4, 6, 5]);
  });
});
