/**
 * The CPU backend: each pass as WebAssembly SIMD that is compiled for its structure, run over rows of output
 * by worker threads that share memory.
 */

import type { Backend } from "../backend.ts";
import { crewOf } from "./crew.ts";
import { Places } from "./places.ts";
import { Pool, type ThreadHost } from "./pool.ts";
import { Run } from "./run.ts";
import { addressReach, type Reach } from "./tiles.ts";

/** `reach` is what kernels may be given to read; less than they can address is for tests. */
export const wasmBackend = (host: ThreadHost | undefined, reach: Reach = addressReach): Backend => {
  const pool = new Pool(host);
  return {
    name: "wasm",
    runGradient: (program, options = {}) =>
      pool.inTurn(async () => {
        // Loaded when first asked for, as all that takes gradients.
        const { GradientRun } = await import("./gradient-run.ts");
        const run = new GradientRun(program, crewOf(new Places(), pool, options), options);
        const results = await run.results();
        run.end();
        return results;
      }),
    run: (program, options = {}) =>
      pool.inTurn(async () => {
        const run = new Run(program.plan, program.inputs, crewOf(new Places(), pool, options), options, reach);
        const result = await run.result();
        // Not after a failure: a thread that is being stopped may still write.
        run.end();
        return result;
      }),
    runBatch: (programs, options = {}) =>
      pool.inTurn(async () => {
        // Loaded when first asked for: pages that show one scan at a time never do.
        const { runBatch } = await import("./batch-run.ts");
        return runBatch(programs, pool, options, reach);
      }),
  };
};
