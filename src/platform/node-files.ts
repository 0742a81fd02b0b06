/** Folders by path, and what is there. */
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deny } from "./node-errors.ts";

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
