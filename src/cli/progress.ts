/**
 * A bar for people who wait: only on a terminal, only for jobs of over a second, and gone when they are
 * done, so that nothing of it ends up in a log.
 */
import { SingleBar } from "cli-progress";
import type { Terminal } from "./terminal.ts";

export type OnProgress = (fraction: number) => void;

export interface Progress {
  /** Does a part of the job, showing how far it is. */
  readonly during: <A>(what: string, work: (onProgress: OnProgress) => Promise<A>) => Promise<A>;
}

const patience = 1000;

export const progressOn = (terminal: Terminal): Progress => {
  const start = performance.now();
  return {
    during: async (what, work) => {
      if (terminal.stderr.isTTY !== true) return work(() => {});
      const bar = new SingleBar({
        stream: terminal.stderr,
        format: "{what} [{bar}] {percentage}%",
        clearOnComplete: true,
        barsize: 30,
        // The library would switch line wrapping off for the bar, and an interrupt leave it off.
        linewrap: true,
      });
      let shown = false;
      try {
        return await work((fraction) => {
          if (!shown && performance.now() - start > patience) {
            bar.start(1, 0, { what });
            shown = true;
          }
          if (shown) bar.update(fraction);
        });
      } finally {
        if (shown) bar.stop();
      }
    },
  };
};
