/**
 * Implementations that are wrong on purpose, at least one for each law, each wrong in a way that libraries of
 * this kind have been. A law that lets all of its mutants pass says nothing. The table is total: a law without
 * a mutant does not compile.
 */

import { augmenting } from "./mutants/augmenting.ts";
import { differentiating } from "./mutants/differentiating.ts";
import { moving } from "./mutants/moving.ts";
import type { Mutants } from "./mutants/mutant.ts";
import { sampling } from "./mutants/sampling.ts";

export const mutants: Mutants = { ...moving, ...sampling, ...differentiating, ...augmenting };
