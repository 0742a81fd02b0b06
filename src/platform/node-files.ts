/** Files and folders by path: what is there, and reading it. */
import { readSync } from "node:fs";
import { type FileHandle, mkdtemp, open, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fail } from "../../compiler/errors.ts";
import { deny } from "./node-errors.ts";
import type { ByteSource } from "./platform.ts";

const chunkSize = 2 ** 20;

const fileSource = (path: string, handle: FileHandle, size: number): ByteSource => {
  const readInto = async (offset: number, target: Uint8Array): Promise<number> => {
    let filled = 0;
    while (filled < target.length) {
      const { bytesRead } = await handle
        .read(target, filled, target.length - filled, offset + filled)
        .catch((thrown: unknown) => deny(path, thrown));
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return filled;
  };
  const readNow = (offset: number, target: Uint8Array): number => {
    let filled = 0;
    try {
      while (filled < target.length) {
        const count = readSync(handle.fd, target, filled, target.length - filled, offset + filled);
        if (count === 0) break;
        filled += count;
      }
    } catch (thrown) {
      deny(path, thrown);
    }
    return filled;
  };
  const read = async (offset: number, length: number): Promise<Uint8Array> => {
    const target = Buffer.allocUnsafeSlow(Math.max(0, Math.min(length, size - offset)));
    return target.subarray(0, await readInto(offset, target));
  };
  return {
    name: path,
    size,
    read,
    readInto,
    readNow,
    // The next piece is on its way while the present one is in use.
    async *stream(offset) {
      let ahead = read(offset, chunkSize);
      try {
        for (let at = offset; at < size; ) {
          const piece = await ahead;
          if (piece.length === 0) return;
          at += piece.length;
          ahead = read(at, chunkSize);
          yield piece;
        }
      } finally {
        await ahead.catch(() => undefined);
      }
    },
    close: () => handle.close(),
  };
};

export const openFile = async (path: string): Promise<ByteSource> => {
  const found = await stat(path).catch((thrown: unknown) => deny(path, thrown));
  if (!found.isFile())
    fail({
      kind: "FileAccess",
      path,
      reason: found.isDirectory() ? "is a folder, not a file" : "is not a regular file",
      remedy: "name a file",
    });
  const handle = await open(path, "r").catch((thrown: unknown) => deny(path, thrown));
  return fileSource(path, handle, found.size);
};

export const kindOfPath = async (path: string): Promise<"file" | "folder" | "absent"> => {
  const found = await stat(path).catch(() => undefined);
  return found === undefined ? "absent" : found.isDirectory() ? "folder" : "file";
};

/** Links to folders are not followed: they may lead in circles. */
export const listFolder = async (path: string): Promise<readonly string[]> => {
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

/** A folder of one's own among the temporary ones, removed with all that is in it. */
export const withFolder = async <A>(use: (path: string) => Promise<A>): Promise<A> => {
  const path = await mkdtemp(join(tmpdir(), "medimages-")).catch((thrown: unknown) => deny(tmpdir(), thrown));
  try {
    return await use(path);
  } finally {
    await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
};
