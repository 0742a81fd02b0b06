/** Files that are being written, which an interrupt of the process must not leave behind. */
import { unlinkSync } from "node:fs";

const unfinished = new Set<string>();
const signals = ["SIGINT", "SIGTERM"] as const;

const removeUnfinished = (): void => {
  for (const path of unfinished)
    try {
      unlinkSync(path);
    } catch {
      // Already gone, which is what was wanted.
    }
  unfinished.clear();
};

/** When nobody else listens, the signal is raised again so that the process ends as it would have. */
const onSignal = (signal: NodeJS.Signals): void => {
  removeUnfinished();
  stopWatching();
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
};
const watch = (): void => {
  for (const signal of signals) process.on(signal, onSignal);
  process.on("exit", removeUnfinished);
};
const stopWatching = (): void => {
  for (const signal of signals) process.off(signal, onSignal);
  process.off("exit", removeUnfinished);
};

export const addUnfinished = (path: string): void => {
  if (unfinished.size === 0) watch();
  unfinished.add(path);
};
export const dropUnfinished = (path: string): void => {
  if (unfinished.delete(path) && unfinished.size === 0) stopWatching();
};
