/**
 * The platform for browsers: no files by path, but everything else, with the browser's own streams for
 * gzip. These are strict: whatever is wrong with a gzip stream makes it unreadable.
 */
import { allocateBacked } from "../../backends/wasm/memory.ts";
import { fail, MedImagesError } from "../../compiler/errors.ts";
import { browserGpu } from "./browser-gpu.ts";
import { browserThreads } from "./browser-threads.ts";
import type { GzipEnd, Platform } from "./platform.ts";

const noFiles = (path: string, remedy: string): never =>
  fail({ kind: "FileAccess", path, reason: "a browser has no files by path", remedy });

/** Runs pieces through a transform stream of the browser, as fast as they are pulled. */
async function* through(
  chunks: AsyncIterable<Uint8Array>,
  transform: CompressionStream | DecompressionStream,
): AsyncGenerator<Uint8Array, void> {
  const writer = transform.writable.getWriter();
  const reader: ReadableStreamDefaultReader<Uint8Array> = transform.readable.getReader();
  let over = false;
  let failure: unknown;
  const feed = async (): Promise<void> => {
    for await (const chunk of chunks) {
      if (over) return;
      // Streams of the browser refuse shared memory.
      await writer.write(chunk.buffer instanceof ArrayBuffer ? (chunk as Uint8Array<ArrayBuffer>) : chunk.slice());
    }
    await writer.close();
  };
  const feeding = feed().catch((thrown: unknown) => {
    failure = thrown;
    return writer.abort(thrown).catch(() => undefined);
  });
  try {
    for (let step = await reader.read(); !step.done; step = await reader.read()) yield step.value;
  } catch (thrown) {
    throw failure instanceof MedImagesError ? failure : thrown;
  } finally {
    over = true;
    await reader.cancel().catch(() => undefined);
    await feeding;
  }
}

async function* inflate(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  format: "gzip" | "deflate",
): AsyncGenerator<Uint8Array, GzipEnd> {
  try {
    yield* through(chunks, new DecompressionStream(format));
  } catch (thrown) {
    if (thrown instanceof MedImagesError) throw thrown;
    fail(
      {
        kind: "MalformedFile",
        path: name,
        reason: "its compressed data are cut off or damaged",
        remedy: "get the file again from where it came",
      },
      thrown,
    );
  }
  return { warnings: [] };
}

/** Browsers keep the machine's memory to themselves, or round it; a tab seldom gets more than 4 GiB. */
const assumedMemory = 4 * 2 ** 30;

const load = (name: string): Promise<unknown> => import(/* @vite-ignore */ /* webpackIgnore: true */ name);

export const platform: Platform = {
  openFile: async (path) => noFiles(path, "pass a File, a Blob or the bytes instead"),
  kindOfPath: async () => "absent",
  listFolder: async (path) => noFiles(path, "pass the files of the folder as a list instead"),
  writeFile: async (path) => noFiles(path, "make the bytes with encodeNifti and save those"),
  withFolder: async () => noFiles("a folder", "do this in Node"),
  gunzip: (chunks, name) => inflate(chunks, name, "gzip"),
  gzip: (chunks) => through(chunks, new CompressionStream("gzip")),
  unzlib: (chunks, name) => inflate(chunks, name, "deflate"),
  zlib: (chunks) => through(chunks, new CompressionStream("deflate")),
  threads: browserThreads,
  load,
  loadCommon: load,
  offload: undefined,
  gpu: browserGpu,
  totalMemory: assumedMemory,
  allocateBuffer: (bytes) => allocateBacked(bytes) ?? new ArrayBuffer(bytes),
};
