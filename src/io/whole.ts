/** All bytes of a content at once, for readers that cannot take them in order; as many as the budget allows. */
import { platform } from "#platform";
import { fail } from "../../compiler/errors.ts";
import type { Content } from "./content.ts";
import type { Budget } from "./limits.ts";

/** A gzipped file may inflate to so many times its size, or to 1 GiB, unless a budget says otherwise. */
const likelyRatio = 400;

/** @throws MedImagesError `BudgetExceeded` */
export const wholeOf = async (content: Content, budget: Budget): Promise<Uint8Array> => {
  const { name: path, gzipped, sourceSize, capacity } = content;
  const likely = gzipped ? Math.max(2 ** 30, likelyRatio * sourceSize) : Number.POSITIVE_INFINITY;
  const limit = budget.memory ?? Math.min(likely, Math.floor(platform.totalMemory / 2));
  const refuse = (needed: number): never =>
    fail({
      kind: "BudgetExceeded",
      path,
      what: "the file",
      needed,
      budget: limit,
      remedy: "state a larger `memory` in bytes (command line: --memory)",
    });
  if (!gzipped && capacity > limit) return refuse(capacity);
  const bytes = await content.take(limit + 1);
  return bytes.length > limit ? refuse(bytes.length) : bytes;
};
