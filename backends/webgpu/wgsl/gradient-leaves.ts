/** Prints what only the bodies of gradients look at, loaded with the first of them. */
import type { GradientLeaves } from "../look.ts";
import { printJet } from "./jet.ts";
import { printLookups } from "./table.ts";

export const gradientLeaves: GradientLeaves = { printJet, printLookups };
