/** Worker threads of Node, for kernels. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { ThreadHost } from "../../backends/wasm/pool.ts";
import { workerProgram } from "../../backends/wasm/task.ts";

export const nodeThreads: ThreadHost = {
  processors: availableParallelism(),
  start: (onMessage, onFailure) => {
    const worker = new Worker(workerProgram('require("node:worker_threads").parentPort'), { eval: true });
    worker.on("message", onMessage);
    worker.on("error", (error) => onFailure(error instanceof Error ? error.message : String(error)));
    worker.unref();
    return {
      post: (message) => worker.postMessage(message),
      hold: (alive) => (alive ? worker.ref() : worker.unref()),
      stop: () => {
        worker.terminate().catch(() => undefined);
      },
    };
  },
};
