/**
 * How much a file may make this library allocate or inflate. A header is a claim; it is held against the
 * bytes that are there and against a budget before anything is done for it.
 */
import { platform } from "#platform";
import { fail } from "../../compiler/errors.ts";
import type { Content } from "./content.ts";
import { checkLength } from "./longest.ts";

/** What the file claims its voxels to be is held against. */
export type Claim = Pick<Content, "name" | "gzipped" | "sourceSize">;

export interface Budget {
  /** Bytes for voxels; half of the machine's memory unless said. */
  readonly memory?: number;
}

/** Real scans deflate to a half or a tenth, masks to a hundredth; beyond this it is an empty image or an attack. */
const suspiciousRatio = 400;
const suspiciousSize = 2 ** 30;

/**
 * Refuses `needed` bytes of voxels that a gzipped source of this size hardly holds, unless the caller
 * stated a budget for them.
 * @throws MedImagesError `BudgetExceeded`
 */
export const checkRatio = (content: Claim, needed: number, budget: Budget): void => {
  if (budget.memory === undefined && content.gzipped && needed > suspiciousSize)
    if (needed > suspiciousRatio * content.sourceSize)
      fail({
        kind: "BudgetExceeded",
        path: content.name,
        what: `the image, ${Math.round(needed / content.sourceSize)} times the size of its gzipped file,`,
        needed,
        budget: suspiciousSize,
        remedy: "if it is meant to be that large, state `memory` in bytes (command line: --memory)",
      });
};

export const memoryOf = (budget: Budget): number => budget.memory ?? Math.floor(platform.totalMemory / 2);

const refuse = (content: Claim, needed: number, budget: Budget, cause?: unknown): never =>
  fail(
    {
      kind: "BudgetExceeded",
      path: content.name,
      what: "the image",
      needed,
      budget: memoryOf(budget),
      remedy: "state a larger `memory` in bytes (command line: --memory) or use a machine with more",
    },
    cause,
  );

/**
 * Refuses an image whose voxels take more than the budget, before one of them is inflated.
 * @throws MedImagesError `BudgetExceeded`
 */
export const checkBudget = (content: Claim, needed: number, budget: Budget): void => {
  checkRatio(content, needed, budget);
  if (needed > memoryOf(budget)) refuse(content, needed, budget);
};

/**
 * `needed` bytes of memory for so many numbers, after all checks.
 * @throws MedImagesError `BudgetExceeded`, `UnsupportedVoxels`
 */
export const allocateVoxels = (content: Claim, needed: number, numbers: number, budget: Budget): ArrayBufferLike => {
  checkBudget(content, needed, budget);
  checkLength(`the image ${content.name}`, numbers, "cut it into parts with the program that made it");
  try {
    return platform.allocateBuffer(needed);
  } catch (thrown) {
    return refuse(content, needed, budget, thrown);
  }
};
