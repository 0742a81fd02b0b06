/**
 * Decoders on worker threads of Node, as many as there are processors. They are started when the first frame is
 * to be decoded beside others, and hold the process only while they work.
 */
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Decode, DecodeResult, DecodeTask } from "./decoders.ts";
import { decoding } from "./decoders.ts";

const { resolve } = createRequire(import.meta.url);

// Loaders that run TypeScript wrap functions in a helper of this name.
const program = `
const __name = (one) => one;
const { parentPort } = require("node:worker_threads");
const decode = (${decoding.toString()})((path) => require(path));
parentPort.on("message", (task) => decode(task).then(
  (result) => parentPort.postMessage(result, "bytes" in result ? [result.bytes.buffer] : []),
  (error) => parentPort.postMessage({ failure: String(error) }),
));`;

interface Waiting {
  readonly task: DecodeTask;
  readonly done: (result: DecodeResult) => void;
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
  const finish = (result: DecodeResult): void => {
    worker.off("message", finish);
    worker.off("error", lose);
    next.done(result);
    give(worker);
  };
  const lose = (error: Error): void => {
    worker.off("message", finish);
    started--;
    next.done({ failure: `its decoder failed: ${error.message}` });
    if (queue.length > 0) start();
  };
  worker.on("message", finish);
  worker.once("error", lose);
  const { module, decoder, bytes } = next.task;
  // A copy of its own bytes, not of the buffer that they are a part of.
  const copy = new Uint8Array(bytes);
  worker.postMessage({ module: resolve(module), decoder, bytes: copy }, [copy.buffer]);
};

const start = (): void => {
  started++;
  // Not with the flags of the process, which may make the program an ES module.
  give(new Worker(program, { eval: true, execArgv: [] }));
};

export const nodeDecode: Decode = (task) =>
  new Promise((done) => {
    queue.push({ task, done });
    const worker = idle.pop();
    if (worker !== undefined) give(worker);
    else if (started < availableParallelism()) start();
  });
