/** Kernels as text: what the compiler makes of a plan, kept so that a change of it is seen. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { toText } from "../../../backends/wasm/assembler/index.ts";
import { gatherKernel } from "../../../backends/wasm/kernels/gather.ts";
import { variantsOfAll } from "../../../backends/wasm/variants.ts";
import { compile, rotate } from "../../../src/index.ts";
import { noise } from "../noise.ts";

/** The kernel of a linear rotation of float32 voxels about a slanted axis, 0 outside. */
const rotation = (): string => {
  const { plan } = compile(rotate([1, 2, 3], 25, { interpolation: "linear", fill: 0 })(noise([8, 8, 8])));
  const pass = plan.passes[0]!;
  if (pass.kind !== "gather") throw new Error("a rotation is a gather");
  const taps = pass.taps.map(({ by, boundary }) => ({
    by,
    boundary,
    dtype: "float32" as const,
    flat: false,
    straight: false,
  }));
  const variants = variantsOfAll([pass.body], pass.regions.length);
  return toText(gatherKernel({ taps, regions: pass.regions.length, variants, dtype: "float32" }, true).module.parts());
};

test("a linear rotation", async () => {
  await expect(`${rotation()}\n`).toMatchFileSnapshot("kernels/rotate-linear.wat");
});

test("the inner loop that the documentation shows is the one that is made", () => {
  const lines = (text: string): readonly string[] => text.split("\n").map((line) => line.trim());
  const document = readFileSync(new URL("../../../docs/performance.md", import.meta.url), "utf8");
  const shown = /```wat\n([\s\S]*?)```/.exec(document)?.[1] ?? "";
  expect(lines(shown).length).toBeGreaterThan(50);
  expect(lines(rotation()).join("\n")).toContain(lines(shown.trimEnd()).join("\n"));
});
