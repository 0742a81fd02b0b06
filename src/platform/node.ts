/**
 * The platform for Node: files by path, zlib on its thread pool, shared memory. Besides the command line only this
 * file and those that it is made of import from `node:`.
 */
import { createRequire } from "node:module";
import { totalmem } from "node:os";
import { allocateBacked } from "../../backends/wasm/memory.ts";
import { gunzip, gzip, unzlib, zlib } from "./node-deflate.ts";
import { kindOfPath, listFolder, withFolder } from "./node-files.ts";
import { nodeGpu } from "./node-gpu.ts";
import { nodeOffload } from "./node-offload.ts";
import { openFile } from "./node-source.ts";
import { nodeThreads } from "./node-threads.ts";
import { writeFile } from "./node-write.ts";
import type { Platform } from "./platform.ts";

const require = createRequire(import.meta.url);

export const platform: Platform = {
  openFile,
  kindOfPath,
  listFolder,
  writeFile,
  withFolder,
  gunzip,
  gzip,
  unzlib,
  zlib,
  threads: nodeThreads,
  load: (name) => import(name),
  // Half the time of `import`, which looks through the text for names of exports first.
  loadCommon: async (name) => require(name),
  offload: nodeOffload,
  gpu: nodeGpu,
  totalMemory: totalmem(),
  allocateBuffer: (bytes) => allocateBacked(bytes) ?? new SharedArrayBuffer(bytes),
};
