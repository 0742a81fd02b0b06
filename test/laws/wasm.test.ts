/** The laws of gradients on WebAssembly: slopes are held against losses of the reference. */
import { describe, it } from "vitest";
import { checkLaw, gradientLawNames, laws, medimagesOn } from "../../laws/index.ts";
import { wasm } from "../../src/index.ts";

describe.each(gradientLawNames)("%s", (name) => {
  it(laws[name].says, async () => {
    await checkLaw(name, { seed: 7, numRuns: 500 }, medimagesOn(wasm));
  });
});
