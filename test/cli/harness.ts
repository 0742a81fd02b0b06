/** The command line without a process: what a command writes is caught, its exit status returned. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { VoxelArray } from "../../compiler/language/voxels.ts";
import { medimages } from "../../src/cli/cli.ts";

export { temporaryFolder } from "../temporary-folder.ts";

export interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

export class Catcher extends Writable {
  readonly isTTY: boolean;
  text = "";
  constructor(isTTY = false) {
    super();
    this.isTTY = isTTY;
  }
  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

export const callWith = async (
  { signal, isTTY }: { readonly signal?: AbortSignal; readonly isTTY?: boolean },
  words: readonly string[],
): Promise<Outcome> => {
  const stdout = new Catcher();
  const stderr = new Catcher(isTTY);
  const status = await medimages(words, { stdout, stderr, ...(signal ? { signal } : {}) });
  return { status, out: stdout.text, err: stderr.text };
};
export const call = (...words: readonly string[]): Promise<Outcome> => callWith({}, words);

export const root: string = fileURLToPath(new URL("../../", import.meta.url));

/** Files beside the checkout, which users do not have. */
export const shared = (path: string): string => join(root, "../shared", path);
export const hasShared: boolean = existsSync(shared("oracle/cases.json")) && existsSync(shared("data/expected.json"));

export const lines = (text: string): readonly string[] => text.split("\n").filter((line) => line !== "");

/** How many numbers of two arrays differ by more than `tolerance`. */
export const countBeyond = (a: VoxelArray, b: VoxelArray, tolerance: number): number => {
  let count = 0;
  for (let i = 0; i < a.length; i++) if (!(Math.abs(Number(a[i]) - Number(b[i])) <= tolerance)) count++;
  return count;
};
