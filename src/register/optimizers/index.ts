/** The optimisers by name. */
import { type AdamOptions, adam } from "./adam.ts";
import { type LbfgsOptions, lbfgs } from "./lbfgs.ts";
import type { Arrival, Descent } from "./optimizer.ts";
import { type RegularStepOptions, regularStep } from "./regular-step.ts";

export type OptimizerOptions = LbfgsOptions | AdamOptions | RegularStepOptions;
export type OptimizerName = OptimizerOptions["kind"];

export const optimizerNames: readonly OptimizerName[] = ["lbfgs", "adam", "regular-step"];

/** Walks down by the optimiser that is asked for. */
export const descend = (descent: Descent, options: OptimizerOptions): Promise<Arrival> => {
  switch (options.kind) {
    case "lbfgs":
      return lbfgs(descent, options);
    case "adam":
      return adam(descent, options);
    case "regular-step":
      return regularStep(descent, options);
  }
};
