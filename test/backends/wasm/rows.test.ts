/** The order of rows in tiles, and sums that are taken pair by pair. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { PairwiseSums } from "../../../backends/wasm/pairwise.ts";
import { eachRow, inLines, tilesFor } from "../../../backends/wasm/row-tiles.ts";

const size = fc.tuple(
  fc.integer({ min: 1, max: 9 }),
  fc.integer({ min: 1, max: 150 }),
  fc.integer({ min: 1, max: 40 }),
);

test("tiles hold every row once, whatever is left over at the ends", () => {
  fc.assert(
    fc.property(size, fc.integer({ min: 8, max: 2 ** 21 }), ([nx, ny, nz], rowBytes) => {
      const seen = new Set<number>();
      let rows = 0;
      eachRow([nx, ny, nz], tilesFor(rowBytes), (y, z) => {
        rows++;
        if (y < ny && z < nz) seen.add(y + ny * z);
      });
      expect([rows, seen.size]).toEqual([ny * nz, ny * nz]);
    }),
  );
});

test("lines are the rows one after the other", () => {
  const seen: number[] = [];
  eachRow([1, 3, 2], inLines([1, 3, 2]), (y, z) => seen.push(y + 3 * z));
  expect(seen).toEqual([0, 1, 2, 3, 4, 5]);
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
