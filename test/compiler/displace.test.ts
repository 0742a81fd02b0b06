/** Displacements: where they lead, how they compose, and what they hand back. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { reference } from "../../backends/reference/index.ts";
import { compileVolume } from "../../compiler/compile.ts";
import { affineOf } from "../../compiler/language/affine.ts";
import { channelOf } from "../../compiler/language/channel.ts";
import {
  type Components,
  clip,
  displace,
  type Field,
  input,
  interpolate,
  mapFields,
  sample,
  warp,
} from "../../compiler/language/field.ts";
import { type Grid, gridOf } from "../../compiler/language/grid.ts";
import type { Outside } from "../../compiler/language/interpolator.ts";
import { constant } from "../../compiler/language/scalar.ts";
import { storedAs, voxelsOf } from "../../compiler/language/voxels.ts";
import { wasm } from "../../src/index.ts";

const grid = gridOf([9, 8, 7], { spacing: [1, 1.5, 2], origin: [3, -2, 5] });
const numbers = (length: number, seed: number): Float32Array =>
  Float32Array.from({ length }, (_, k) => ((Math.imul(k + 1, 2654435761 + seed * 97) >>> 0) / 2 ** 32) * 2 - 1);
const image = voxelsOf(numbers(504, 1));
const still: Components = [0, 0, 0].map(() => mapFields(constant(0), [])) as unknown as Components;
const constantBy = (mm: readonly number[]): Components =>
  mm.map((c) => mapFields(constant(c), [])) as unknown as Components;
const dense = (seed: number, largest: number): Components => {
  const field = interpolate(
    input(
      voxelsOf(
        numbers(3 * 504, seed).map((v) => v * largest),
        { channels: 3 },
      ),
      grid,
    ),
    { by: "linear", outside: { kind: "constant", value: 0 } },
  );
  return [channelOf(field, 0), channelOf(field, 1), channelOf(field, 2)];
};
const outsides: readonly Outside[] = [
  { kind: "constant", value: 7 },
  { kind: "background" },
  { kind: "clamp" },
  { kind: "reflect" },
  { kind: "wrap" },
];
const interpolated = (by: "nearest" | "linear" | "bspline", outside: Outside): Field =>
  interpolate(input(image, grid), { by, outside });
const valuesOf = async (field: Field, backend = reference, on: Grid = grid): Promise<readonly number[]> =>
  Array.from(
    (await backend.run(compileVolume(sample(field, on, storedAs("float32"), "to be looked at")))).data,
    Number,
  );
const close = (a: readonly number[], b: readonly number[], within: number): void => {
  expect(a.length).toBe(b.length);
  for (const [k, v] of a.entries())
    if (!(Math.abs(v - (b[k] ?? Number.NaN)) <= within)) throw new Error(`voxel ${k}: ${v}, not ${b[k]}`);
};

const backends = [reference, wasm];
const bys = ["nearest", "linear", "bspline"] as const;
const readings = fc.record({ by: fc.constantFrom(...bys), outside: fc.constantFrom(...outsides) });
const turn = affineOf<"world", "world">([0.8, -0.6, 0, 0.6, 0.8, 0, 0, 0, 1], [0.3, 0.2, -0.4]);

describe("a displacement", () => {
  test("of nothing changes nothing", () =>
    fc.assert(
      fc.asyncProperty(readings, fc.boolean(), async ({ by, outside }, turned) => {
        const field = interpolated(by, outside);
        const seen = (f: Field): Field => (turned ? warp(f, turn) : f);
        for (const backend of backends)
          close(await valuesOf(seen(displace(field, still)), backend), await valuesOf(seen(field), backend), 3e-6);
      }),
      { numRuns: 40 },
    ));

  test("by the same everywhere is a translation, before and after a turn", () =>
    fc.assert(
      fc.asyncProperty(
        readings,
        fc.tuple(...[0, 1, 2].map(() => fc.integer({ min: -40, max: 40 }))),
        async (r, tenths) => {
          // Odd hundredths keep nearest voxels off ties.
          const by = tenths.map((t) => t / 10 + 0.03);
          const moved = affineOf<"world", "world">([1, 0, 0, 0, 1, 0, 0, 0, 1], [by[0] ?? 0, by[1] ?? 0, by[2] ?? 0]);
          const field = interpolated(r.by, r.outside);
          for (const backend of backends) {
            close(await valuesOf(displace(field, constantBy(by)), backend), await valuesOf(warp(field, moved)), 1e-5);
            const [first, then] = [
              warp(displace(warp(field, turn), constantBy(by)), turn),
              warp(warp(warp(field, turn), moved), turn),
            ];
            close(await valuesOf(first, backend), await valuesOf(then), 1e-5);
          }
        },
      ),
      { numRuns: 40 },
    ));

  test("of a displacement is looked at where the outer one leads", async () => {
    const [inner, outer] = [dense(2, 1.5), dense(3, 2)];
    const field = interpolated("linear", { kind: "clamp" });
    const composed = displace(displace(field, inner), outer);
    // By hand: the displacements as numbers, the inner one read where the outer one leads.
    const size = [9, 8, 7];
    const at = async (f: Field, p: readonly number[]): Promise<number> => {
      const on = gridOf([1, 1, 1], { origin: [p[0] ?? 0, p[1] ?? 0, p[2] ?? 0] });
      return (await valuesOf(f, reference, on))[0] ?? Number.NaN;
    };
    const all = await valuesOf(composed);
    for (const [x, y, z] of [
      [4, 4, 3],
      [0, 7, 6],
      [2, 5, 1],
      [8, 0, 0],
    ] as const) {
      const p = [3 + x, -2 + 1.5 * y, 5 + 2 * z];
      const v = await Promise.all(outer.map((f) => at(f, p)));
      const q = p.map((c, k) => c + (v[k] ?? 0));
      const u = await Promise.all(inner.map((f) => at(f, q)));
      const r = q.map((c, k) => c + (u[k] ?? 0));
      expect(all[(z * (size[1] ?? 0) + y) * (size[0] ?? 0) + x]).toBeCloseTo(await at(field, r), 4);
    }
    close(await valuesOf(composed, wasm), all, 1e-5);
  });

  test("leads out of what was clipped", async () => {
    const half = gridOf([4, 8, 7], { spacing: [1, 1.5, 2], origin: [3, -2, 5] });
    const field = clip(interpolated("linear", { kind: "clamp" }), half, 9);
    const moved = await valuesOf(displace(field, constantBy([2, 0, 0])));
    const plain = await valuesOf(interpolated("linear", { kind: "clamp" }));
    moved.forEach((value, k) => {
      expect(value).toBeCloseTo(k % 9 < 2 ? (plain[k + 2] ?? 0) : 9, 5);
    });
    close(await valuesOf(displace(field, constantBy([2, 0, 0])), wasm), moved, 1e-6);
  });

  test("agrees between backends over everything", () =>
    fc.assert(
      fc.asyncProperty(
        readings,
        fc.integer({ min: 1, max: 999 }),
        fc.double({ min: 0, max: 30, noNaN: true }),
        async (r, seed, largest) => {
          const field = warp(displace(warp(interpolated(r.by, r.outside), turn), dense(seed, largest)), turn);
          const [found, wanted] = [await valuesOf(field, wasm), await valuesOf(field)];
          // Displacements are float32 there: a nearest voxel may be another, now and then.
          const others = found.filter((v, k) => !(Math.abs(v - (wanted[k] ?? Number.NaN)) <= 1e-4)).length;
          expect(others).toBeLessThanOrEqual(
            r.by === "nearest" || r.outside.kind === "constant" || r.outside.kind === "background" ? 2 : 0,
          );
        },
      ),
      { numRuns: 100 },
    ));
});
