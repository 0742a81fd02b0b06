/** Where tests find real files, damaged ones and room to write, none of which belong to the repository. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { constants, crc32, deflateRawSync } from "node:zlib";
import { handmade } from "./handmade.ts";

export { temporaryFolder } from "../temporary-folder.ts";

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
export const hasPython: boolean = runs("sys");
export const hasH5py: boolean = runs("h5py");
export const hasNibabel: boolean = runs("nibabel", "numpy");

/** The damaged inputs in a folder of their own. */
export const makeDamaged = (folder: string): void => {
  const script = join(dataFolder, "make_malformed.py");
  execFileSync(python, [script, "--base", dataFolder, "--out", folder, "--no-bombs"], { stdio: "ignore" });
  makeBombs(join(folder, "nifti"));
};

/** One gzip member of `head` and so many zeros. */
const bomb = (head: Uint8Array, zeros: number): Uint8Array => {
  const step = 2 ** 24;
  const deflate = (bytes: Uint8Array): Uint8Array =>
    deflateRawSync(bytes, { level: 9, finishFlush: constants.Z_FULL_FLUSH });
  const full = new Uint8Array(step);
  const rest = full.subarray(0, zeros % step);
  const repeats = Math.floor(zeros / step);
  let checksum = crc32(rest, crc32(head));
  for (let k = 0; k < repeats; k++) checksum = crc32(full, checksum);
  const trailer = new DataView(new ArrayBuffer(8));
  trailer.setUint32(0, checksum, true);
  trailer.setUint32(4, (head.length + zeros) % 2 ** 32, true);
  return Buffer.concat([
    Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255),
    deflate(head),
    ...Array<Uint8Array>(repeats).fill(deflate(full)),
    deflate(rest),
    Uint8Array.of(3, 0),
    new Uint8Array(trailer.buffer),
  ]);
};

const gibibyte = 2 ** 30;
const bombSize = 2048 * 2048 * 1100;

/**
 * The two bombs of the corpus, which its script takes half a minute to deflate: here one deflated block of
 * zeros is repeated. Each is a header, true or false, before gibibytes of zeros.
 */
const makeBombs = (folder: string): void => {
  const head = handmade({ dim: [57, 67, 56], datatype: 2, bitpix: 8, data: new Uint8Array(0) });
  const large = head.slice();
  [2048, 2048, 1100].forEach((n, k) => {
    new DataView(large.buffer).setInt16(42 + 2 * k, n, true);
  });
  writeFileSync(join(folder, "gz_bomb_dims_match.nii.gz"), bomb(large, bombSize));
  writeFileSync(join(folder, "gz_bomb_small_header.nii.gz"), bomb(head, 4.25 * gibibyte));
};

export const python3 = (script: string, ...args: readonly string[]): string =>
  execFileSync(python, ["-W", "ignore", "-c", script, ...args], { encoding: "utf8", maxBuffer: 2 ** 28 });

/** The same with bytes in and out. */
export const python3Bytes = (script: string, input: Uint8Array): Uint8Array =>
  new Uint8Array(execFileSync(python, ["-c", script], { input, maxBuffer: 2 ** 28 }));

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
/** The rows of MALFORMED.tsv for one folder, each file once. */
export const damagedInputs = (under: string): readonly DamagedFile[] => {
  const rows = readFileSync(join(dataFolder, "MALFORMED.tsv"), "utf8").trim().split("\n").slice(1);
  const all = rows.map((row) => {
    const [file = "", verdict = "", what = ""] = row.split("\t");
    return { file, verdict, what };
  });
  return [...new Map(all.filter(({ file }) => file.startsWith(under)).map((row) => [row.file, row])).values()];
};
