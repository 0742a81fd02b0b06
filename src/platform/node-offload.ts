/**
 * Programs on worker threads of Node, as many as there are processors. They are started when the first is to run
 * beside others, and hold the process only while they work.
 */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Failure, Offload } from "./offload.ts";

// Loaders that run TypeScript wrap functions in a helper of this name.
const host = `
const __name = (one) => one;
const { parentPort, workerData } = require("node:worker_threads");
const load = require("node:module").createRequire(workerData);
const programs = new Map();
parentPort.on("message", async ({ text, task }) => {
  try {
    if (!programs.has(text)) programs.set(text, eval("(" + text + ")")(load));
    const result = await programs.get(text)(task);
    parentPort.postMessage(result, "bytes" in result ? [result.bytes.buffer] : []);
  } catch (error) {
    parentPort.postMessage({ failure: String(error) });
  }
});`;

interface Waiting {
  readonly message: { readonly text: string; readonly task: { readonly bytes: Uint8Array } };
  readonly done: (result: object) => void;
}

const queue: Waiting[] = [];
const idle: Worker[] = [];
let started = 0;

const give = (worker: Worker): void => {
  const next = queue.shift();
  if (next === undefined) {
    worker.unref();
    idle.push(worker);
    return;
  }
  worker.ref();
  const finish = (result: object): void => {
    worker.off("message", finish);
    worker.off("error", lose);
    next.done(result);
    give(worker);
  };
  const lose = (error: Error): void => {
    worker.off("message", finish);
    started--;
    const failure: Failure = { failure: `its thread failed: ${error.message}` };
    next.done(failure);
    if (queue.length > 0) start();
  };
  worker.on("message", finish);
  worker.once("error", lose);
  const { text, task } = next.message;
  // A copy of its own bytes, not of the buffer that they are a part of.
  const bytes = new Uint8Array(task.bytes);
  worker.postMessage({ text, task: { ...task, bytes } }, [bytes.buffer]);
};

const start = (): void => {
  started++;
  // Not with the flags of the process, which may make the program an ES module.
  give(new Worker(host, { eval: true, execArgv: [], workerData: import.meta.url }));
};

export const nodeOffload: Offload = ({ text }, task) =>
  new Promise((done) => {
    queue.push({ message: { text, task }, done: done as (result: object) => void });
    const worker = idle.pop();
    if (worker !== undefined) give(worker);
    else if (started < availableParallelism()) start();
  });
