/** The GPU backend computes what the reference defines. */
import { describe, test } from "vitest";
import { webgpu } from "../../../src/webgpu.ts";
import { conformance } from "../conformance.ts";
import { float16Checks } from "../float16.ts";
import { hasGpu } from "./has-gpu.ts";

describe.skipIf(!hasGpu)("conformance on WebGPU in Node", () => {
  const backend = webgpu();
  test.each(conformance(100))("$name", ({ run }) => run(backend), 240_000);
  test.each(float16Checks())("$name", ({ run }) => run(backend), 240_000);
});
