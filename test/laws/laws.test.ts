/**
 * Every law, a thousand cases for each of several seeds, on the reference backend; those of gradients, of which each
 * case is several runs, two hundred for each.
 */
import { describe, it } from "vitest";
import { checkLaw, gradientLawNames, type LawName, laws } from "../../laws/index.ts";

const seeds = [1, 20260, 987654321];
const ofGradients: ReadonlySet<LawName> = new Set(gradientLawNames);

describe.each(Object.keys(laws) as LawName[])("%s", (name) => {
  it.each(seeds)(`${laws[name].says} (seed %i)`, async (seed) => {
    await checkLaw(name, { seed, numRuns: ofGradients.has(name) ? 200 : 1000 });
  });
});
