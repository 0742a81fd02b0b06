/** Every reference case, as a user of the command line would run it. */
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Grid } from "../../compiler/language/grid.ts";
import { loadImage } from "../../src/io/load.ts";
import { hasGpu } from "../backends/webgpu/has-gpu.ts";
import { call, countBeyond, hasShared, shared, temporaryFolder } from "./harness.ts";

interface Case {
  readonly name: string;
  readonly input: string;
  readonly steps: readonly { readonly image?: string }[];
  readonly grid: Grid;
  readonly expected: string;
  readonly tolerance: number;
  readonly edge: number;
}
const cases: readonly Case[] = hasShared ? JSON.parse(readFileSync(shared("oracle/cases.json"), "utf8")) : [];
const largestDifference = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((value, k) => Math.abs(value - b[k]!)));

describe.skipIf(!hasShared)("run --pipeline against ITK, scipy and nibabel (../shared/oracle)", () => {
  const folder = temporaryFolder();

  const onEach = (["reference", "wasm", "webgpu"] as const).flatMap((backend) => cases.map((c) => ({ ...c, backend })));
  test.for(onEach)("$name, $backend", async ({ backend, ...c }, { skip }) => {
    skip(backend === "webgpu" && !hasGpu, "there is no GPU");
    const { name, input, steps, grid, expected, tolerance, edge } = c;
    const pipeline = join(folder, `${name}.json`);
    const output = join(folder, `${name}-${backend}.nii.gz`);
    const here = steps.map((step) => (step.image ? { ...step, image: shared(`oracle/${step.image}`) } : step));
    writeFileSync(pipeline, JSON.stringify({ medimages: 1, steps: here }));
    const kind = input.startsWith("labels") ? ["--label"] : [];
    const outcome = await call(
      ...["run", shared(`oracle/${input}`), "--pipeline", pipeline, "--backend", backend, "-o", output, ...kind],
    );
    expect(outcome).toEqual({ status: 0, out: "", err: "" });

    const found = await loadImage(output);
    const wanted = await loadImage(shared(`oracle/${expected}`));
    expect(found.grid.size).toEqual(grid.size);
    for (const part of ["spacing", "origin", "direction"] as const)
      expect(largestDifference(found.grid[part], grid[part]), part).toBeLessThan(1e-4);
    if (tolerance === 0 && edge === 0) {
      expect(found.voxels).toEqual(wanted.voxels);
      return;
    }
    const beyond = countBeyond(wanted.voxels.data, found.voxels.data, tolerance);
    expect(beyond / wanted.voxels.data.length).toBeLessThanOrEqual(edge);
  });

  test("images are found beside the pipeline that names them", async () => {
    const pipeline = join(folder, "relative.json");
    writeFileSync(pipeline, JSON.stringify([{ op: "resampleToImage", image: "like.nii.gz" }]));
    const words = ["run", shared("oracle/ct.nii.gz"), "--pipeline", pipeline, "--explain"];
    const before = await call(...words);
    expect(before.status).toBe(1);
    expect(before.err).toContain(`${join(folder, "like.nii.gz")}: no such file`);
    copyFileSync(shared("oracle/like.nii.gz"), join(folder, "like.nii.gz"));
    const { status, out } = await call(...words);
    expect(status).toBe(0);
    expect(out).toContain("result: 30×34×26 voxels");
  });
});
