/** What the documents show is run as a reader would run it: the built package, in an empty folder. */

import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { isRight } from "fp-ts/lib/Either.js";
import { afterAll, describe, expect, test } from "vitest";
import { fromJSON } from "../src/index.ts";
import { hasGpu } from "./backends/webgpu/has-gpu.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const start = promisify(execFile);
const documents = [
  "README.md",
  ...readdirSync(`${root}docs`)
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

interface Block {
  readonly language: string;
  readonly code: string;
  readonly line: number;
}
const blocksOf = (document: string): readonly Block[] =>
  [...readFileSync(root + document, "utf8").matchAll(/^```(ts|sh|json)\n(.*?)^```$/gms)].map((match) => ({
    language: match[1]!,
    code: match[2]!,
    line: match.input.slice(0, match.index).split("\n").length,
  }));

const folders: string[] = [];
const emptyFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "medimages-docs-"));
  folders.push(folder);
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(root, join(folder, "node_modules", "medimages"));
  return folder;
};
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** What `console.log(…); // text` promises, up to where the text goes on in words. */
const promises = (code: string): readonly string[] =>
  [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map((match) => match[1]!.split(/, | … /)[0]!);
const squeeze = (text: string): string => text.replaceAll(/\s+/g, "");

const withCode = documents.filter((document) => blocksOf(document).length > 0);

describe.each(withCode)("%s", (document) => {
  // Its examples are for machines with a GPU.
  if (document === "docs/webgpu.md" && !hasGpu) return void test.skip("there is no GPU");
  const folder = emptyFolder();
  const blocks = blocksOf(document);
  test.each(blocks)("$language block at line $line", async ({ language, code, line }) => {
    if (language === "json") {
      expect(isRight(fromJSON(JSON.parse(code))), code).toBe(true);
    } else if (language === "ts") {
      const file = join(folder, `block-${line}.mts`);
      writeFileSync(file, code);
      const tsx = pathToFileURL(join(root, "node_modules/tsx/dist/esm/index.mjs")).href;
      const { stdout } = await start(process.execPath, ["--import", tsx, file], { cwd: folder });
      for (const promise of promises(code)) expect(squeeze(stdout)).toContain(squeeze(promise));
    } else {
      // The test command would run this very test; installing has happened, or the test would not run; examples have
      // a test of their own.
      const commands = code
        .split("\n")
        .filter((command) => command !== "" && !/npm (run|test)|examples\//.test(command));
      for (const command of commands) {
        const here = command
          .replace(/^npm ci && /, "")
          .replaceAll("npx medimages", `"${process.execPath}" "${root}dist/cli.js"`);
        const { stdout } = await start("bash", ["-euo", "pipefail", "-c", here], { cwd: folder });
        if (command.includes("--explain")) expect(stdout).toMatch(/^1 pass$/m);
      }
    }
  });
});
