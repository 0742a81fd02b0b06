/**
 * The reference backend *defines* what the others must compute: float64, plain loops, every voxel on its own. Few
 * programs run it, so what it does is loaded when it is first used.
 */
import type { Backend } from "../backend.ts";

/** Plain loops in float64: slow, and what defines right. Every other backend is held against it. */
export const reference: Backend = {
  name: "reference",
  run: async (program, options) => (await import("./run.ts")).run(program, options),
  runGradient: async (program, options) => (await import("./run.ts")).runGradient(program, options),
};
