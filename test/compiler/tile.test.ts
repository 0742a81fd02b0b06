/** What the tiler says a tile needs is what is read for it, and tiles cover the result once. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { affineOf } from "../../compiler/language/affine.ts";
import type { Interpolator } from "../../compiler/language/interpolator.ts";
import { type Axis, axes, type Matrix3, type Vector3 } from "../../compiler/language/vector.ts";
import type { Tap, TapBoundary } from "../../compiler/plan.ts";
import { fillStencil, makeStencil } from "../../compiler/stencil.ts";
import { boxOfRows, demandOf, readBox, rowsOfBox, tilesOf } from "../../compiler/tile.ts";
import { compile, crop, flip, imageFromArray, materialize, pipe, resampleToSpacing, rotate } from "../../src/index.ts";

const sizes = fc.tuple(
  fc.integer({ min: 1, max: 12 }),
  fc.integer({ min: 1, max: 12 }),
  fc.integer({ min: 1, max: 12 }),
);
const entry = fc.double({ min: -2.5, max: 2.5, noNaN: true });
const taps = fc
  .record({
    linear: fc.array(entry, { minLength: 9, maxLength: 9 }),
    offset: fc.array(fc.double({ min: -20, max: 20, noNaN: true }), { minLength: 3, maxLength: 3 }),
    by: fc.constantFrom<Interpolator>("nearest", "linear", "bspline"),
    boundary: fc.constantFrom<TapBoundary>("clamp", "reflect", "wrap", "mirror"),
  })
  .map(
    ({ linear, offset, by, boundary }): Tap => ({
      source: 0,
      pull: affineOf(linear as unknown as Matrix3, offset as unknown as Vector3),
      by,
      boundary,
      class: "general",
    }),
  );

describe("what a tile reads", () => {
  test("every sample that counts lies in the box", () => {
    fc.assert(
      fc.property(taps, sizes, sizes, fc.nat(), fc.nat(), (tap, source, size, a, b) => {
        const rows = size[1] * size[2];
        const from = a % rows;
        const to = from + 1 + (b % (rows - from));
        const box = readBox(tap, boxOfRows({ from, to }, size), source);
        const stencil = makeStencil(tap.by);
        for (let row = from; row < to; row++)
          for (const x of [0, size[0] - 1])
            for (const axis of axes) {
              const { linear: m, offset } = tap.pull;
              const at =
                m[axis * 3]! * x + m[axis * 3 + 1]! * (row % size[1]) + m[axis * 3 + 2]! * Math.floor(row / size[1]);
              fillStencil(stencil, tap.by, tap.boundary, at + offset[axis], source[axis]);
              for (const [k, i] of stencil.index.entries()) {
                if (stencil.weight[k] === 0) continue;
                expect(i).toBeGreaterThanOrEqual(box.start[axis]);
                expect(i).toBeLessThan(box.start[axis] + box.size[axis]);
              }
            }
        for (const axis of axes) {
          expect(box.start[axis]).toBeGreaterThanOrEqual(0);
          expect(box.start[axis] + box.size[axis]).toBeLessThanOrEqual(source[axis as Axis]);
        }
      }),
      { numRuns: 2000, seed: 3 },
    );
  });

  test("it is little where little is looked at", () => {
    const tap: Tap = {
      source: 0,
      pull: affineOf([0.5, 0, 0, 0, 0.5, 0, 0, 0, 0.5], [0, 0, 0]),
      by: "linear",
      boundary: "clamp",
      class: "axis-aligned",
    };
    expect(readBox(tap, { start: [0, 0, 100], size: [64, 64, 4] }, [32, 32, 500])).toEqual({
      start: [0, 0, 49],
      size: [32, 32, 4],
    });
  });
});

describe("tiles", () => {
  test("cover all rows once, in order, and each fits", () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 40 }), (size, most) => {
        const tiles = tilesOf(size, ({ from, to }) => to - from <= most)!;
        let next = 0;
        for (const { from, to } of tiles) {
          expect(from).toBe(next);
          expect(to - from).toBeLessThanOrEqual(most);
          // Whole planes, or within one.
          const isWhole = from % size[1] === 0 && to % size[1] === 0;
          expect(isWhole || Math.floor(from / size[1]) === Math.floor((to - 1) / size[1])).toBe(true);
          next = to;
        }
        expect(next).toBe(size[1] * size[2]);
      }),
      { numRuns: 500, seed: 4 },
    );
    expect(tilesOf([4, 4, 4], () => false)).toBeUndefined();
  });

  test("rows and boxes translate into each other", () => {
    expect(boxOfRows({ from: 10, to: 12 }, [5, 6, 7])).toEqual({ start: [0, 4, 1], size: [5, 2, 1] });
    expect(boxOfRows({ from: 6, to: 18 }, [5, 6, 7])).toEqual({ start: [0, 0, 1], size: [5, 6, 2] });
    expect(rowsOfBox({ start: [1, 2, 3], size: [2, 2, 2] }, [5, 6, 7])).toEqual({ from: 20, to: 28 });
  });

  test("intermediate volumes are needed in part, those that are filtered as a whole", () => {
    const image = imageFromArray(new Float32Array(40 ** 3), { size: [40, 40, 40] });
    const cut = crop([0, 0, 10], [40, 40, 5]);
    const steps = pipe(image, rotate("z", 10), materialize, flip("x"), cut);
    const { plan } = compile(steps);
    const planes = demandOf(plan, { from: 0, to: 40 * 5 });
    expect(planes.get(plan.passes[0]!.output)?.size[2]).toBe(5);
    const spline = pipe(
      image,
      rotate("z", 10),
      materialize,
      resampleToSpacing([2, 2, 2], { interpolation: "bspline" }),
    );
    const filtered = compile(spline).plan;
    const all = demandOf(filtered, { from: 0, to: 1 });
    expect(all.get(filtered.passes[0]!.output)?.size).toEqual([40, 40, 40]);
  });
});
