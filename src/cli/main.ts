#!/usr/bin/env node
/**
 * The process around the command line. An interrupt ends it at once, as users expect: files are written
 * beside their place and the platform removes an unfinished one, so nothing has to be done here.
 */
import { medimages } from "./cli.ts";

// Whoever read the results may have seen enough (`medimages run … --explain | head -1`): the work goes on.
const readerIsGone = ["EPIPE", "ERR_STREAM_DESTROYED"];
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (readerIsGone.includes(error.code ?? "")) return;
  process.stderr.write(`medimages: results cannot be written: ${error.message}\n`);
  process.exit(1);
});

// Nobody is left to be told about messages that cannot be written, and a job does not depend on them.
process.stderr.on("error", () => {});

process.exitCode = await medimages(process.argv.slice(2), process);
