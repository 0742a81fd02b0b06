/** Strips of rows in tiles, and sums that are taken pair by pair. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { PairwiseSums } from "../../../backends/wasm/pairwise.ts";
import { inPlanes, strips, stripsOf, tilesFor } from "../../../backends/wasm/row-tiles.ts";

const size = fc.tuple(
  fc.integer({ min: 1, max: 9 }),
  fc.integer({ min: 1, max: 150 }),
  fc.integer({ min: 1, max: 40 }),
);

test("strips hold every row once, whatever is left over at the ends", () => {
  fc.assert(
    fc.property(size, fc.integer({ min: 8, max: 2 ** 21 }), (domain, rowBytes) => {
      const [, ny, nz] = domain;
      const tiles = tilesFor(domain, rowBytes);
      const all = strips(domain, tiles);
      const rows = all.flatMap(({ y, z, rows }) => Array.from({ length: rows }, (_, k) => y + k + ny * z));
      expect(all.length).toBe(stripsOf(domain, tiles));
      expect(rows.toSorted((a, b) => a - b)).toEqual(Array.from({ length: ny * nz }, (_, k) => k));
      expect(Math.max(...all.map(({ rows }) => rows))).toBeLessThanOrEqual(tiles.rows);
    }),
  );
});

test("planes are strips of all their rows", () => {
  expect(strips([1, 3, 2], inPlanes([1, 3, 2]))).toEqual([
    { y: 0, z: 0, rows: 3 },
    { y: 0, z: 1, rows: 3 },
  ]);
});

test("sums by pairs are sums", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer(), fc.integer()), { maxLength: 300 }), (addends) => {
      const sums = new PairwiseSums(2);
      for (const addend of addends) {
        sums.next().set(addend);
        sums.add();
      }
      const exactly = [0, 1].map((k) => addends.reduce((sum, addend) => sum + (addend[k] ?? 0), 0));
      expect([...sums.total()]).toEqual(exactly);
    }),
  );
});

test("sums by pairs lose little where one after the other loses much", () => {
  const sums = new PairwiseSums(1);
  const count = 2 ** 20;
  let plain = 0;
  for (let k = 0; k < count; k++) {
    sums.next()[0] = 0.1;
    sums.add();
    plain += 0.1;
  }
  expect(Math.abs((sums.total()[0] ?? 0) - count * 0.1)).toBe(0);
  expect(Math.abs(plain - count * 0.1)).toBeGreaterThan(1e-6);
});
