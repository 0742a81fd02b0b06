/** The examples do what they say, run as a reader would run them: on the built package, from a folder of their own. */
import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "medimages-examples-"));

beforeAll(() => {
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(root, join(folder, "node_modules", "medimages"));
  symlinkSync(join(root, "node_modules", "@tensorflow"), join(folder, "node_modules", "@tensorflow"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = async (name: string, ...parameters: readonly string[]): Promise<string> => {
  const file = join(folder, `${name}.mts`);
  copyFileSync(`${root}examples/${name}.ts`, file);
  const tsx = pathToFileURL(join(root, "node_modules/tsx/dist/esm/index.mjs")).href;
  const command = ["--import", tsx, file, ...parameters];
  const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: folder });
  return stdout;
};

test("segmentation: augmentation helps on heads that lie otherwise", { timeout: 240_000 }, async () => {
  const text = await run("segmentation", "40");
  const score = (how: string): number => Number(new RegExp(`four heads ${how}: Dice (\\d\\.\\d+)`).exec(text)?.[1]);
  expect(score("augmented")).toBeGreaterThan(0.65);
  expect(score("augmented") - score("as they are")).toBeGreaterThan(0.1);
});

test("spatial transformer: the movement is found from its gradients", { timeout: 120_000 }, async () => {
  const text = await run("spatial-transformer");
  expect(Number(/within (\d+\.\d+) degrees or mm/.exec(text)?.[1])).toBeLessThan(0.5);
});
