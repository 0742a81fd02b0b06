/** The gradients that every float32 backend is held to, here without a browser. */
import { test } from "vitest";
import { wasm } from "../../../src/index.ts";
import { gradients } from "../gradients.ts";

test.each(gradients(60).map((check) => [check.name, check] as const))("%s", async (_, check) => {
  await check.run(wasm);
});
