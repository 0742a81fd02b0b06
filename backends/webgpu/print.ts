/** Prints the kernels of a plan, for people and for tests of the printer. */
import type { Pass, Plan } from "../../compiler/plan.ts";
import { displacedKernel } from "./displaced.ts";
import { gatherKernel } from "./gather.ts";
import type { Kernel } from "./kernel.ts";
import { type Precision, place } from "./place.ts";
import type { PlacedBuffers } from "./plan-buffers.ts";
import { prefilterKernel } from "./prefilter.ts";

/** The kernel of a pass without the voxels that a background would be taken from: its text does not depend on them. */
export const kernelOf = (pass: Pass, plan: PlacedBuffers): Kernel => {
  switch (pass.kind) {
    case "gather":
      return gatherKernel(pass, plan, () => 0);
    case "displaced":
    case "within":
      return displacedKernel(pass, plan);
    case "prefilter":
      return prefilterKernel(pass, plan);
  }
};

/** As for inputs whose numbers are in range. */
export const printPlan = (plan: Plan, precision: Precision): readonly string[] => {
  const placed = place(plan, precision, () => 1).plan;
  return placed.passes.map((pass) => kernelOf(pass, placed).code);
};
