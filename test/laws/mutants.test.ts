/**
 * The laws shown able to fail: each is broken by every one of its mutants, within the cases that the laws
 * themselves are tried on. A mutant must be caught by a verdict: one that merely crashes proves nothing.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LawBroken, type LawName, laws } from "../../laws/index.ts";
import { mutants } from "./mutants.ts";

describe.each(Object.keys(laws) as LawName[])("%s", (name) => {
  it.each(mutants[name])("catches: $wrong", async ({ subject }) => {
    const details = await fc.check(laws[name].property(subject), { seed: 1, numRuns: 1000, endOnFailure: true });
    expect(details.failed).toBe(true);
    expect(details.errorInstance).toBeInstanceOf(LawBroken);
  });
});
