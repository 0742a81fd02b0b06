/** What computes gradients when nobody says; loaded with what takes them. */
import { type Backend, isOnDevice } from "../backends/backend.ts";
import { gradientRefusalOf } from "../backends/wasm/gradient-limits.ts";
import type { GradientProgram } from "../compiler/plan.ts";
import { orElse } from "./automatic.ts";
import { processorIf } from "./backends.ts";

/** Where a voxel that goes in lies on a GPU that GPU, else the processor. */
export const automaticGradientBackend = async ({ plan, inputs }: GradientProgram): Promise<Backend> => {
  const processor = processorIf(() => gradientRefusalOf(plan) === undefined);
  const resident = inputs.find(isOnDevice);
  return resident === undefined ? processor : orElse(resident.owner, processor);
};
