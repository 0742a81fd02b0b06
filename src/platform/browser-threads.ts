/** Workers of a browser, for kernels; only where memory can be shared with them. */
import type { ThreadAnswer, ThreadHost } from "../../backends/wasm/pool.ts";
import { workerProgram } from "../../backends/wasm/task.ts";

export const browserThreads: ThreadHost | undefined =
  typeof Worker === "function" && globalThis.crossOriginIsolated === true
    ? {
        processors: globalThis.navigator.hardwareConcurrency,
        start: (onMessage, onFailure) => {
          const url = URL.createObjectURL(new Blob([workerProgram("globalThis")], { type: "text/javascript" }));
          const worker = new Worker(url);
          worker.onmessage = ({ data }: MessageEvent<ThreadAnswer>) => onMessage(data);
          worker.onerror = (event) => onFailure(event.message);
          return {
            post: (message) => worker.postMessage(message),
            // A browser's page lives on by itself.
            hold: () => undefined,
            stop: () => {
              worker.terminate();
              URL.revokeObjectURL(url);
            },
          };
        },
      }
    : undefined;
