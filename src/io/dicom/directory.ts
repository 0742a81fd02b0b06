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
import { baseName } from "./malformed.ts";
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

/** Finds files of the folder of a DICOMDIR by their IDs, which are in capitals: copies of discs have them in any case. */
const inAnyCase = async (path: string): Promise<(id: string) => string | undefined> => {
  const plain = (one: string): string => one.replaceAll("\\", "/").toLowerCase();
  const paths = await platform.listFolder(beside(path, "") || ".");
  // Among them is the DICOMDIR itself, which tells how the names of the others begin.
  const own = paths.filter((one) => baseName(one) === baseName(path)).sort((a, b) => a.length - b.length)[0] ?? path;
  const byName = new Map(paths.map((one) => [plain(one), one]));
  return (id) => byName.get(plain(beside(own, id)));
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
  const files = new Set<string>();
  const missing: string[] = [];
  let find: ((id: string) => string | undefined) | undefined;
  for (const id of ids) {
    // Whoever made the disc decides what is read, but not from where.
    const isInside = !leadsOutside(id);
    const named = beside(path, id);
    if (isInside && (await platform.kindOfPath(named)) === "file") files.add(named);
    else {
      find ??= await inAnyCase(path);
      const found = isInside ? find(id) : undefined;
      if (found === undefined) missing.push(id);
      else files.add(found);
    }
  }
  const told =
    missing.length > 3 ? `${missing.slice(0, 3).join(", ")} and ${missing.length - 3} more` : missing.join(", ");
  const absent = `${name}: names ${told}, which ${missing.length === 1 ? "is" : "are"} not there`;
  return {
    kind: "listed",
    name,
    files: [...files],
    missing,
    warnings: [...file.warnings, ...(missing.length === 0 ? [] : [{ kind: "missing", message: absent }])],
  };
};
