/** What computes gradients when nobody says; loaded with what takes them. */
import { type Backend, fetched, isOnDevice } from "../backends/backend.ts";
import { gradientRefusalOf } from "../backends/wasm/gradient-limits.ts";
import type { Voxels } from "../compiler/language/voxels.ts";
import type { GradientProgram } from "../compiler/plan.ts";
import { orElse } from "./automatic.ts";
import { processorIf } from "./backends.ts";
import type { ComputeOptions } from "./compute-options.ts";

/** Where a voxel that goes in lies on a GPU that GPU, else the processor. */
export const automaticGradientBackend = async ({ plan, inputs }: GradientProgram): Promise<Backend> => {
  const processor = processorIf(() => gradientRefusalOf(plan) === undefined);
  const resident = inputs.find(isOnDevice);
  return resident === undefined ? processor : orElse(resident.owner, processor);
};

/** Runs a program of sums and gradients; its results by their buffers. @throws as `Backend.runGradient` */
export const runGradient = async (
  { plan, inputs }: GradientProgram,
  { backend: asked = "auto", ...options }: ComputeOptions,
): Promise<ReadonlyMap<number, Voxels>> => {
  const program: GradientProgram = { plan, inputs };
  const backend = asked === "auto" ? await automaticGradientBackend(program) : asked;
  const readable = backend.runKept === undefined ? await fetched(program) : program;
  const voxels = await backend.runGradient(readable, options);
  return new Map(plan.results.map((result, k) => [result, voxels[k] as Voxels]));
};
