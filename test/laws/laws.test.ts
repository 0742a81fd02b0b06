/** Every law, a thousand cases for each of several seeds, on the reference backend. */
import { describe, it } from "vitest";
import { checkLaw, type LawName, laws } from "../../laws/index.ts";

const seeds = [1, 20260, 987654321];

describe.each(Object.keys(laws) as LawName[])("%s", (name) => {
  it.each(seeds)(`${laws[name].says} (seed %i)`, async (seed) => {
    await checkLaw(name, { seed, numRuns: 1000 });
  });
});
