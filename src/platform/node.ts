/**
 * The platform for Node: files by path, zlib on its thread pool, shared memory. Besides
 * the command line the only file that imports from `node:`.
 */

import { randomBytes } from "node:crypto";
import { closeSync, openSync, type Stats, unlinkSync } from "node:fs";
import { type FileHandle, open, readdir, realpath, rename, stat, unlink } from "node:fs/promises";
import { totalmem } from "node:os";
import { basename, dirname, join } from "node:path";
import { Readable } from "node:stream";
import { constants, crc32, createDeflate, createInflate, createInflateRaw, deflateRaw } from "node:zlib";
import { allocateBacked } from "../../backends/wasm/memory.ts";
import { fail, MedImagesError } from "../../compiler/errors.ts";
import { corrupt, gunzipMembers } from "./gunzip.ts";
import { gzipHeader, gzipTrailer } from "./gzip-member.ts";
import { codeOf, deny } from "./node-errors.ts";
import { nodeGpu } from "./node-gpu.ts";
import { nodeOffload } from "./node-offload.ts";
import { openFile } from "./node-source.ts";
import { nodeThreads } from "./node-threads.ts";
import type { Platform } from "./platform.ts";
import { type Pushback, pushbackOf } from "./pushback.ts";

const chunkSize = 2 ** 20;

// ---------------------------------------------------------------- files

const kindOfPath = async (path: string): Promise<"file" | "folder" | "absent"> => {
  const found = await stat(path).catch(() => undefined);
  return found === undefined ? "absent" : found.isDirectory() ? "folder" : "file";
};

/** Links to folders are not followed: they may lead in circles. */
const listFolder = async (path: string): Promise<readonly string[]> => {
  const entries = await readdir(path, { withFileTypes: true }).catch((thrown: unknown) => deny(path, thrown));
  const lists = await Promise.all(
    entries.map(async (entry): Promise<readonly string[]> => {
      const inside = join(path, entry.name);
      if (entry.isDirectory()) return listFolder(inside);
      if (entry.isFile()) return [inside];
      return entry.isSymbolicLink() && (await kindOfPath(inside)) === "file" ? [inside] : [];
    }),
  );
  return lists.flat();
};

// ---------------------------------------------------------------- unfinished files

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

const addUnfinished = (path: string): void => {
  if (unfinished.size === 0) watch();
  unfinished.add(path);
};
const dropUnfinished = (path: string): void => {
  if (unfinished.delete(path) && unfinished.size === 0) stopWatching();
};

interface Target {
  readonly path: string;
  /** The file that is there already. */
  readonly old: Stats | undefined;
}

/** Where to write so that a link stays a link; refuses folders and devices, which a rename would replace. */
const targetOf = async (path: string): Promise<Target> => {
  const target = await realpath(path).catch(() => path);
  const found = await stat(target).catch(() => undefined);
  return found === undefined || found.isFile()
    ? { path: target, old: found }
    : fail({
        kind: "FileAccess",
        path,
        reason: found.isDirectory() ? "is a folder, not a file" : "is not a regular file",
        remedy: "name a file",
      });
};

const writeAll = async (handle: FileHandle, bytes: Uint8Array): Promise<void> => {
  for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at, bytes.length - at)).bytesWritten;
};

/** Beside its place, under a name that file systems take, however long that of the file is. */
const draftOf = (target: string): string => {
  const beginning = [...basename(target)].slice(0, 48).join("");
  return join(dirname(target), `.${beginning}.${randomBytes(6).toString("hex")}.part`);
};

/** Who may read and write the old file may do so with the new one, and nobody else. */
const inheritRights = async (handle: FileHandle, old: Stats): Promise<void> => {
  // Only the superuser can give a file away, and only its members can give it to a group.
  const given = await handle.chown(old.uid, old.gid).then(
    () => true,
    () => false,
  );
  const kept = given || (await handle.stat()).gid === old.gid;
  // Where a file system knows no rights, the draft stays its writer's own.
  await handle.chmod(old.mode & (kept ? 0o777 : 0o707)).catch(() => undefined);
};

const writeFile = async (path: string, chunks: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void> => {
  const { path: target, old } = await targetOf(path);
  const draft = draftOf(target);
  // Known as unfinished before it exists, and made at once: an interrupt must find neither in between.
  addUnfinished(draft);
  try {
    closeSync(openSync(draft, "wx", old === undefined ? 0o666 : 0o600));
  } catch (thrown) {
    dropUnfinished(draft);
    deny(path, codeOf(thrown) === "ENOENT" ? new Error("its folder does not exist") : thrown, "choose another place");
  }
  try {
    const handle = await open(draft, "r+");
    try {
      for await (const chunk of chunks) {
        if (signal?.aborted) fail({ kind: "Aborted" });
        await writeAll(handle, chunk);
      }
      if (old !== undefined) await inheritRights(handle, old);
    } finally {
      await handle.close();
    }
    if (signal?.aborted) fail({ kind: "Aborted" });
    await rename(draft, target);
  } catch (thrown) {
    await unlink(draft).catch(() => undefined);
    deny(path, thrown);
  } finally {
    dropUnfinished(draft);
  }
};

// ---------------------------------------------------------------- gzip

/** Inflates one deflate stream as far as its consumer pulls and puts back what follows it. */
async function* inflateMember(
  input: Pushback,
  path: string,
  wrapping: "gzip" | "zlib" = "gzip",
): AsyncGenerator<Uint8Array, void> {
  // One piece per read: zlib's pieces are used where they lie, never joined.
  const options = { chunkSize, readableObjectMode: true, readableHighWaterMark: 3 };
  const inflate = wrapping === "gzip" ? createInflateRaw(options) : createInflate(options);
  let fed = 0;
  let last: Uint8Array = new Uint8Array(0);
  let over = false;
  let wake = (): void => {};
  const feed = async (): Promise<void> => {
    while (!over) {
      const piece = await input.next();
      if (piece === undefined) {
        inflate.end();
        return;
      }
      last = piece;
      fed += piece.length;
      if (over) return;
      // A write that reaches beyond the end of the stream need not be answered: `wake` does it then.
      await new Promise<void>((done) => {
        wake = done;
        inflate.write(piece, () => done());
      });
      // zlib leaves bytes only when its stream has ended.
      if (inflate.bytesWritten < fed) return;
    }
  };
  const feeding = feed().catch((thrown: unknown) => {
    inflate.destroy(thrown instanceof Error ? thrown : new Error(String(thrown)));
  });
  try {
    for await (const piece of inflate) yield piece as Uint8Array;
  } catch (thrown) {
    if (thrown instanceof MedImagesError) throw thrown;
    const cut = codeOf(thrown) === "Z_BUF_ERROR";
    const reason = cut
      ? `its ${wrapping} stream is cut off`
      : `its ${wrapping} data are damaged and cannot be inflated`;
    corrupt(path, reason, thrown);
  } finally {
    over = true;
    wake();
    inflate.destroy();
    await feeding;
  }
  input.putBack(last.subarray(last.length - (fed - inflate.bytesWritten)));
}

/** Level 1, as nibabel: higher levels cost several times the time for a tenth of the size. */
const deflateOptions = { level: 1, chunkSize: chunkSize / 2, finishFlush: constants.Z_SYNC_FLUSH };
const deflatePiece = (piece: Uint8Array): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    deflateRaw(piece, deflateOptions, (error, result) => (error === null ? resolve(result) : reject(error)));
  });
const inFlight = 4;
const emptyFinalBlock = new Uint8Array([3, 0]);

async function* pieces(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of chunks)
    for (let at = 0; at < chunk.length; at += chunkSize) yield chunk.subarray(at, at + chunkSize);
}

/**
 * One gzip member whose pieces are deflated side by side, each ending on a byte boundary, as pigz does.
 * The bytes depend on the pieces only, not on the number of threads.
 */
async function* gzip(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  let checksum = 0;
  let length = 0;
  const queue: Promise<Uint8Array>[] = [];
  try {
    yield gzipHeader();
    for await (const piece of pieces(chunks)) {
      checksum = crc32(piece, checksum);
      length += piece.length;
      queue.push(deflatePiece(piece));
      const first = queue.length >= inFlight ? queue.shift() : undefined;
      if (first !== undefined) yield await first;
    }
    for (let first = queue.shift(); first !== undefined; first = queue.shift()) yield await first;
    yield emptyFinalBlock;
    yield gzipTrailer(checksum, length);
  } finally {
    await Promise.allSettled(queue);
  }
}

// ---------------------------------------------------------------- zlib

/** The stream checks its own checksum; what follows it is left alone. */
async function* unzlib(chunks: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<Uint8Array, void> {
  const input = pushbackOf(chunks);
  try {
    yield* inflateMember(input, path, "zlib");
  } finally {
    await input.close();
  }
}

async function* zlib(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const deflate = createDeflate({ level: 1, chunkSize: chunkSize / 2 });
  const source = Readable.from(pieces(chunks), { objectMode: true });
  source.on("error", (thrown) => deflate.destroy(thrown));
  try {
    for await (const piece of source.pipe(deflate)) yield piece as Uint8Array;
  } finally {
    source.destroy();
    deflate.destroy();
  }
}

export const platform: Platform = {
  openFile,
  kindOfPath,
  listFolder,
  writeFile,
  gunzip: (chunks, name) => gunzipMembers(chunks, name, inflateMember, crc32),
  gzip,
  unzlib,
  zlib,
  threads: nodeThreads,
  load: (name) => import(name),
  offload: nodeOffload,
  gpu: nodeGpu,
  totalMemory: totalmem(),
  allocateBuffer: (bytes) => allocateBacked(bytes) ?? new SharedArrayBuffer(bytes),
};
