/** What a file system says no with, as tagged errors. */
import { fail, MedImagesError } from "../../compiler/errors.ts";

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  ENOTDIR: "no such file",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EISDIR: "is a folder, not a file",
  ENOSPC: "no space left on the device",
  EROFS: "the file system is read-only",
  EMFILE: "too many open files",
};

const remedies: Readonly<Record<string, string>> = {
  ENOENT: "check its name",
  ENOTDIR: "check its name",
  EISDIR: "name a file in it",
  EACCES: "ask for the right to it, or name another",
  EPERM: "ask for the right to it, or name another",
  ENOSPC: "make room, or choose another place",
  EROFS: "choose another place",
};

export const codeOf = (thrown: unknown): string =>
  thrown instanceof Error && "code" in thrown && typeof thrown.code === "string" ? thrown.code : "";

/** Turns a rejection of the file system into a tagged error; tagged errors pass as they are. */
export const deny = (path: string, thrown: unknown, remedy: string | undefined = remedies[codeOf(thrown)]): never =>
  thrown instanceof MedImagesError
    ? fail(thrown.error, thrown.cause)
    : fail(
        {
          kind: "FileAccess",
          path,
          reason: reasons[codeOf(thrown)] ?? (thrown instanceof Error ? thrown.message : String(thrown)),
          ...(remedy === undefined ? {} : { remedy }),
        },
        thrown,
      );
