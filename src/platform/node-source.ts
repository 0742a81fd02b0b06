/**
 * One file of a disk, to be read anywhere in it. A series has hundreds of small files, and to ask a thread of the
 * pool for each step of opening them costs ten times what the steps take where the disk is at hand: so steps are
 * done at once, until one of them takes as long as disks and networks do that are not.
 */
import { close, closeSync, open, openSync, read, readSync, type Stats, stat, statSync } from "node:fs";
import { promisify } from "node:util";
import { fail } from "../../compiler/errors.ts";
import { deny } from "./node-errors.ts";
import type { ByteSource } from "./platform.ts";

const chunkSize = 2 ** 20;

const later = { open: promisify(open), read: promisify(read), close: promisify(close), stat: promisify(stat) };

/** A step that took so many ms was not served from memory. */
const longest = 2;
/** So many steps are waited for, then, before one is tried at once again. */
const patience = 256;
let waiting = 0;

/** Does a step at once, or on a thread where the last ones took long. */
const promptly = async <A>(now: () => A, onThread: () => Promise<A>): Promise<A> => {
  if (waiting > 0) {
    waiting--;
    return onThread();
  }
  const start = performance.now();
  const result = now();
  if (performance.now() - start > longest) waiting = patience;
  return result;
};

/** Reads of up to so many bytes are steps; longer ones keep threads busy with copying. */
const smallRead = 2 ** 15;

const fileSource = (path: string, file: number, size: number): ByteSource => {
  const readNow = (offset: number, target: Uint8Array): number => {
    let filled = 0;
    try {
      while (filled < target.length) {
        const count = readSync(file, target, filled, target.length - filled, offset + filled);
        if (count === 0) break;
        filled += count;
      }
    } catch (thrown) {
      deny(path, thrown);
    }
    return filled;
  };
  const readOnThread = async (offset: number, target: Uint8Array): Promise<number> => {
    let filled = 0;
    while (filled < target.length) {
      const { bytesRead } = await later
        .read(file, target, filled, target.length - filled, offset + filled)
        .catch((thrown: unknown) => deny(path, thrown));
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return filled;
  };
  const readInto = (offset: number, target: Uint8Array): Promise<number> =>
    target.length > smallRead
      ? readOnThread(offset, target)
      : promptly(
          () => readNow(offset, target),
          () => readOnThread(offset, target),
        );
  const readPart = async (offset: number, length: number): Promise<Uint8Array> => {
    const target = Buffer.allocUnsafeSlow(Math.max(0, Math.min(length, size - offset)));
    return target.subarray(0, await readInto(offset, target));
  };
  return {
    name: path,
    size,
    read: readPart,
    readInto,
    readNow,
    // The next piece is on its way while the present one is in use.
    async *stream(offset) {
      let ahead = readPart(offset, chunkSize);
      try {
        for (let at = offset; at < size; ) {
          const piece = await ahead;
          if (piece.length === 0) return;
          at += piece.length;
          ahead = readPart(at, chunkSize);
          yield piece;
        }
      } finally {
        await ahead.catch(() => undefined);
      }
    },
    close: () =>
      promptly(
        () => closeSync(file),
        () => later.close(file),
      ),
  };
};

const statusOf = (path: string): Promise<Stats> =>
  promptly(
    () => statSync(path),
    () => later.stat(path),
  ).catch((thrown: unknown) =>
    deny(
      path,
      thrown,
      /^[a-z]{2,}:\/\//i.test(path) ? "a URL is no path: hand in the bytes that fetch gives" : undefined,
    ),
  );

/** Opens a file, whose size may be known. @throws MedImagesError `FileAccess` */
export const openFile = async (path: string, known?: number): Promise<ByteSource> => {
  let size = known;
  if (size === undefined) {
    const found = await statusOf(path);
    // Before it is opened: a pipe would wait for whoever writes to it.
    if (!found.isFile())
      fail({
        kind: "FileAccess",
        path,
        reason: found.isDirectory() ? "is a folder, not a file" : "is not a regular file",
        remedy: "name a file",
      });
    size = found.size;
  }
  const file = await promptly(
    () => openSync(path, "r"),
    () => later.open(path, "r"),
  ).catch((thrown: unknown) => deny(path, thrown));
  return fileSource(path, file, size);
};
