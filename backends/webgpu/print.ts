/** Prints the kernels of a plan, for people and for tests of the printer. */
import type { Pass, Plan } from "../../compiler/plan.ts";
import { gatherKernel } from "./gather.ts";
import type { Kernel } from "./kernel.ts";
import { prefilterKernel } from "./prefilter.ts";

/** The kernel of a pass without the voxels that a background would be taken from: its text does not depend on them. */
export const kernelOf = (pass: Pass, plan: Plan): Kernel => {
  switch (pass.kind) {
    case "gather":
      return gatherKernel(pass, plan, () => 0);
    case "prefilter":
      return prefilterKernel(pass, plan);
  }
};

export const printPlan = (plan: Plan): readonly string[] => plan.passes.map((pass) => kernelOf(pass, plan).code);
