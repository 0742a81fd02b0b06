/** Writing a file that is complete or absent, with the rights of the one that it takes the place of. */
import { closeSync, openSync, type Stats } from "node:fs";
import { type FileHandle, open, realpath, rename, stat, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fail } from "../../compiler/errors.ts";
import { codeOf, deny } from "./node-errors.ts";
import { addUnfinished, dropUnfinished } from "./node-unfinished.ts";

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
  return join(dirname(target), `.${beginning}.${crypto.randomUUID().slice(0, 13)}.part`);
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

export const writeFile = async (
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<void> => {
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
