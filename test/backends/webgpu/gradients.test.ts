/** The GPU backend computes the gradients that the reference defines. */
import { describe, test } from "vitest";
import { webgpu } from "../../../src/webgpu.ts";
import { gradients } from "../gradients.ts";
import { hasGpu } from "./has-gpu.ts";

describe.skipIf(!hasGpu)("gradients on WebGPU in Node", () => {
  const backend = webgpu();
  test.each(gradients(25))("$name", ({ run }) => run(backend), 240_000);
});
