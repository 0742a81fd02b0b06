/** Where tests find real files, damaged ones and room to write, none of which belong to the repository. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";

export const dataFolder: string = fileURLToPath(new URL("../../../shared/data", import.meta.url));
export const hasData: boolean = existsSync(join(dataFolder, "expected.json"));

const python = "/usr/bin/python3";
const runs = (...modules: readonly string[]): boolean => {
  try {
    execFileSync(python, ["-c", `import ${modules.join(", ")}`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};
export const canDamage: boolean = hasData && runs("pydicom", "numpy");
export const hasNibabel: boolean = runs("nibabel", "numpy");

/** The damaged inputs in a folder of their own; bombs take some seconds. */
export const makeDamaged = (folder: string, bombs: boolean): void => {
  const script = join(dataFolder, "make_malformed.py");
  const flags = bombs ? [] : ["--no-bombs"];
  execFileSync(python, [script, "--base", dataFolder, "--out", folder, ...flags], { stdio: "ignore" });
};

export const python3 = (script: string, ...args: readonly string[]): string =>
  execFileSync(python, ["-W", "ignore", "-c", script, ...args], { encoding: "utf8", maxBuffer: 2 ** 28 });

/** A folder that is removed after the tests of the calling file. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "medimages-io-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

export interface ExpectedFile {
  readonly kind: string;
  readonly shape: readonly number[];
  readonly affine_ras: readonly (readonly number[])[];
  readonly sha256_voxels_le: string;
  readonly scaled: { readonly min?: number; readonly max?: number; readonly mean?: number };
  readonly samples_scaled: readonly { readonly index: readonly number[]; readonly value: unknown }[];
  readonly reference_tool_error?: string;
}

/** The NIfTI entries of expected.json that the reference tool could read. */
export const expectedNifti = (): readonly (readonly [string, ExpectedFile])[] => {
  const { files } = JSON.parse(readFileSync(join(dataFolder, "expected.json"), "utf8")) as {
    files: Record<string, ExpectedFile>;
  };
  return Object.entries(files).filter(([path, e]) => path.startsWith("nifti/") && e.reference_tool_error === undefined);
};

export interface DamagedFile {
  readonly file: string;
  readonly verdict: string;
  readonly what: string;
}
/** The rows of MALFORMED.tsv, each file once. */
export const damagedNifti = (): readonly DamagedFile[] => {
  const rows = readFileSync(join(dataFolder, "MALFORMED.tsv"), "utf8").trim().split("\n").slice(1);
  const all = rows.map((row) => {
    const [file = "", verdict = "", what = ""] = row.split("\t");
    return { file, verdict, what };
  });
  return [...new Map(all.filter(({ file }) => file.startsWith("nifti/")).map((row) => [row.file, row])).values()];
};
