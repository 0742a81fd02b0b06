import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isLeft } from "fp-ts/lib/Either.js";
import { describe, expect, test } from "vitest";
import type { Grid } from "../compiler/language/grid.ts";
import { evaluate, fromJSON, loadHeader, loadImage } from "../src/index.ts";

/** Results that ITK, scipy and nibabel computed; absent on a user's machine. */
const oracle = (name: string): string => fileURLToPath(new URL(`../../shared/oracle/${name}`, import.meta.url));
const present = existsSync(oracle("cases.json"));

interface Case {
  readonly name: string;
  readonly input: string;
  readonly steps: readonly object[];
  readonly grid: Grid;
  readonly expected: string;
  readonly tolerance: number;
  readonly edge: number;
}
const cases: readonly Case[] = present ? JSON.parse(readFileSync(oracle("cases.json"), "utf8")) : [];

const largest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (v, k) => Math.abs(v - b[k]!)));

describe.skipIf(!present)("the reference backend against ITK, scipy and nibabel (../shared/oracle)", () => {
  test("there are cases", () => expect(cases.length).toBe(37));

  test.each(cases)("$name", async (c) => {
    const images = { "like.nii.gz": (await loadHeader(oracle("like.nii.gz"))).grid };
    const operation = fromJSON(c.steps, { images });
    if (isLeft(operation)) throw new Error(JSON.stringify(operation.left));
    const kind = c.input.startsWith("labels") ? "label" : "intensity";
    const source = kind === "label" ? await loadImage(oracle(c.input), { kind }) : await loadImage(oracle(c.input));
    const expression = operation.right(source);
    const result = await evaluate(expression);
    const expected = await loadImage(oracle(c.expected));

    expect(result.grid).toEqual(expression.grid);
    expect(result.grid.size).toEqual(c.grid.size);
    for (const part of ["spacing", "origin", "direction"] as const)
      expect(largest(result.grid[part], c.grid[part]), part).toBeLessThan(1e-4);
    expect(result.voxels.dtype).toBe(expected.voxels.dtype);

    const found = result.voxels.data;
    const wanted = expected.voxels.data;
    let beyond = 0;
    for (let i = 0; i < wanted.length; i++)
      if (!(Math.abs(Number(found[i]) - Number(wanted[i])) <= c.tolerance)) beyond++;
    expect(beyond / wanted.length, `${beyond} of ${wanted.length} voxels beyond ${c.tolerance}`).toBeLessThanOrEqual(
      c.edge,
    );
  });
});
