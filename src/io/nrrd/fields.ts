/**
 * The header of an NRRD file: a magic line, `field: value` lines, `key:=value` lines and comments, up to an empty
 * line that the voxels follow, or to the end of a header with its voxels elsewhere. As teem's documentation of the
 * format has them.
 */
import { fail } from "../../../compiler/errors.ts";
import type { DType } from "../../../compiler/language/voxels.ts";
import type { Content } from "../content.ts";
import { headerLines } from "../header-lines.ts";

export interface NrrdFields {
  /** NRRD0001 to NRRD0005. */
  readonly version: string;
  /** By their names in lower case, without spaces. */
  readonly fields: ReadonlyMap<string, string>;
  /** What anybody may add to a header. */
  readonly keys: ReadonlyMap<string, string>;
  /** The lines after `data file: LIST`. */
  readonly files: readonly string[];
}

/** "space directions" and "spacedirections" are one field. */
const fieldName = (name: string): string => name.toLowerCase().replaceAll(/\s+/g, "");

/** In values of keys a line break and a backslash are written as two characters. */
const unescaped = (value: string): string =>
  value.replaceAll(/\\([n\\])/g, (_, letter: string) => (letter === "n" ? "\n" : "\\"));
export const escaped = (value: string): string => value.replaceAll("\\", "\\\\").replaceAll(/\r?\n/g, "\\n");

const listName = "datafile";

/**
 * Reads the header up to the voxels.
 * @throws MedImagesError `MalformedFile`
 */
export const readNrrdFields = async (content: Content): Promise<NrrdFields> => {
  const path = content.name;
  const next = headerLines(content);
  const [, version] = /^(NRRD\d{4})\s*$/.exec((await next()) ?? "") ?? [];
  if (version === undefined)
    return fail({ kind: "MalformedFile", path, reason: "its first line is not that of an NRRD file" });
  if (version > "NRRD0005")
    fail({ kind: "UnsupportedFile", path, reason: `is of the version ${version}, which is newer than this reader` });
  const fields = new Map<string, string>();
  const keys = new Map<string, string>();
  const files: string[] = [];
  for (let number = 2; ; number++) {
    const line = await next();
    // Only a header whose voxels lie elsewhere may end with its file.
    if (line === undefined) {
      if (!fields.has(listName))
        fail({
          kind: "MalformedFile",
          path,
          reason: "ends within its header: the empty line before the voxels is missing",
        });
      break;
    }
    if (line === "") break;
    if (line.startsWith("#")) continue;
    if (/^LIST\b/.test(fields.get(listName) ?? "")) {
      files.push(line.trim());
      continue;
    }
    const key = /^([^:\0]+):=(.*)$/.exec(line);
    const field = key === null ? /^([A-Za-z][A-Za-z ]*):\s*(.*?)\s*$/.exec(line) : null;
    if (key !== null) keys.set(unescaped(key[1] ?? ""), unescaped(key[2] ?? ""));
    else if (field !== null) fields.set(fieldName(field[1] ?? ""), field[2] ?? "");
    else
      fail({
        kind: "MalformedFile",
        path,
        reason: `line ${number} of its header is neither "field: value" nor "key:=value"; is the empty line before the voxels missing?`,
      });
  }
  return { version, fields, keys, files };
};

const typeNames: Readonly<Record<DType, readonly [string, ...string[]]>> = {
  int8: ["int8", "signed char", "int8_t"],
  uint8: ["uint8", "uchar", "unsigned char", "uint8_t"],
  int16: ["int16", "short", "short int", "signed short", "signed short int", "int16_t"],
  uint16: ["uint16", "ushort", "unsigned short", "unsigned short int", "uint16_t"],
  int32: ["int32", "int", "signed int", "int32_t"],
  uint32: ["uint32", "uint", "unsigned int", "uint32_t"],
  int64: ["int64", "longlong", "long long", "long long int", "signed long long", "signed long long int", "int64_t"],
  uint64: ["uint64", "ulonglong", "unsigned long long", "unsigned long long int", "uint64_t"],
  float32: ["float"],
  float64: ["double"],
};

const types: ReadonlyMap<string, DType> = new Map(
  Object.entries(typeNames).flatMap(([dtype, all]) => all.map((name) => [name, dtype as DType] as const)),
);

export const dtypeOfType = (name: string): DType | undefined => types.get(name.toLowerCase().replaceAll(/\s+/g, " "));

/** The name under which voxels are written. */
export const typeOf = (dtype: DType): string => typeNames[dtype][0];
