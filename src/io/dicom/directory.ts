/**
 * A DICOMDIR (PS3.3 annex F): the files of a disc, by the records that name them. It stands for these files, as a
 * folder stands for those in it; what is not where it says is named.
 */
import { platform } from "#platform";
import { fail } from "../../../compiler/errors.ts";
import type { Warning } from "../../image.ts";
import type { Content } from "../content.ts";
import { beside, leadsOutside } from "../data-files.ts";
import type { Budget } from "../limits.ts";
import { isDirectory, readDicomFile } from "./file.ts";
import { saysDirectory } from "./recognize.ts";

/** Files that stand together under a name. */
export interface ListedFiles {
  readonly kind: "listed";
  readonly name: string;
  readonly files: readonly string[];
  /** Those that are named and are not there. */
  readonly missing: readonly string[];
  readonly warnings: readonly Warning[];
}

/** File IDs are written in capitals; discs that were copied have them in any case. */
const inAnyCase = async (folder: string): Promise<(path: string) => string | undefined> => {
  const paths = await platform.listFolder(folder);
  const plain = (path: string): string => path.replaceAll("\\", "/").toLowerCase();
  const byName = new Map(paths.map((path) => [plain(path), path]));
  return (path) => byName.get(plain(path));
};

/**
 * The files that a content lists, where it is a DICOMDIR that was opened by its path; nothing where it is not.
 * @throws MedImagesError `MalformedFile`, `FileAccess`
 */
export const listedFiles = async (content: Content, budget: Budget): Promise<ListedFiles | undefined> => {
  const { path, name, gzipped } = content;
  if (path === undefined || gzipped || !saysDirectory(await content.peek(1024))) return undefined;
  const file = await readDicomFile(path, budget);
  if (!isDirectory(file)) return undefined;
  const ids = new Set<string>();
  for (const record of file.data.items("DirectoryRecordSequence")) {
    const id = record.texts("ReferencedFileID").join("/");
    if (id !== "") ids.add(id);
  }
  if (ids.size === 0)
    fail({ kind: "MalformedFile", path, reason: "is a DICOMDIR that names no files", remedy: "name their folder" });
  const files: string[] = [];
  const missing: string[] = [];
  let find: ((path: string) => string | undefined) | undefined;
  for (const id of ids) {
    // Whoever made the disc decides what is read, but not from where.
    const wanted = leadsOutside(id) ? undefined : beside(path, id);
    if (wanted !== undefined && (await platform.kindOfPath(wanted)) === "file") files.push(wanted);
    else {
      find ??= await inAnyCase(beside(path, "") || ".");
      const found = wanted === undefined ? undefined : find(wanted);
      if (found === undefined) missing.push(id);
      else files.push(found);
    }
  }
  const told =
    missing.length > 3 ? `${missing.slice(0, 3).join(", ")} and ${missing.length - 3} more` : missing.join(", ");
  const absent = `${name}: names ${told}, which ${missing.length === 1 ? "is" : "are"} not there`;
  return {
    kind: "listed",
    name,
    files,
    missing,
    warnings: [...file.warnings, ...(missing.length === 0 ? [] : [{ kind: "missing", message: absent }])],
  };
};
