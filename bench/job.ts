/**
 * The README's main command on a 512×512×300 int16 volume, as a whole process and beside an ITK program that
 * does the same step by step, where cmake and ITK are installed.
 *
 *   npm run bench:job -- [--repeats N]
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadImage, statistics } from "../src/index.ts";

const { values } = parseArgs({ options: { repeats: { type: "string", default: "5" } } });
const repeats = Number(values.repeats);
const folder = mkdtempSync(join(tmpdir(), "medimages-job-"));
const cli = fileURLToPath(new URL("../dist/cli.js", import.meta.url));
const input = join(folder, "in.nii.gz");
const output = (who: string): string => join(folder, `${who}.nii.gz`);

const run = (command: string, words: readonly string[]): { readonly ms: number; readonly text: string } => {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(command, words, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${words.join(" ")} ended with ${status}: ${stderr}`);
  return { ms: performance.now() - start, text: `${stdout}${stderr}` };
};

const itk = (): string | undefined => {
  const [source, built] = [fileURLToPath(new URL("itk", import.meta.url)), join(tmpdir(), "medimages-itk-job")];
  const made =
    spawnSync("cmake", ["-S", source, "-B", built], { stdio: "ignore" }).status === 0 &&
    spawnSync("cmake", ["--build", built, "-j2"], { stdio: "ignore" }).status === 0;
  return made ? join(built, "itk_job") : undefined;
};

const median = (all: readonly number[]): number =>
  all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN;
const lastJson = (text: string): string => text.split("\n").findLast((line) => line.startsWith("{")) ?? "";

try {
  run(process.execPath, [cli, "phantom", "-o", input, "--size", "512,512,300", "--kind", "ct"]);
  const program = itk();
  if (program === undefined) process.stderr.write("left out: ITK (it cannot be built here)\n");
  process.stdout.write(
    "| job | who | median of whole process, ms | phases of the last run |\n| --- | --- | --- | --- |\n",
  );
  for (const crop of [[], ["--crop", "50,30,20:120,120,100"]]) {
    const steps = ["--fill", "0", "--spacing", "1,1,1", "--orient", "RAS", ...crop, "--rotate", "z:5"];
    const ours = (): ReturnType<typeof run> =>
      run(process.execPath, [cli, "run", input, ...steps, "-o", output("ours"), "--timing"]);
    const theirs = program === undefined ? undefined : () => run(program, [input, output("itk"), ...crop.slice(0, 1)]);
    const times: Record<string, number[]> = { medimages: [], itk: [] };
    const phases: Record<string, string> = {};
    // In turn, since machines drift.
    for (let i = 0; i <= repeats; i++)
      for (const [who, go] of [
        ["medimages", ours],
        ["itk", theirs],
      ] as const) {
        const done = go?.();
        if (done === undefined) continue;
        if (i > 0) times[who]?.push(done.ms);
        phases[who] = lastJson(done.text);
      }
    const job = crop.length === 0 ? "whole volume" : "README (120×120×100 box)";
    for (const [who, all] of Object.entries(times))
      if (all.length > 0)
        process.stdout.write(`| ${job} | ${who} | ${median(all).toFixed(0)} | \`${phases[who]}\` |\n`);
    for (const who of program === undefined ? ["ours"] : ["ours", "itk"]) {
      const image = await loadImage(output(who));
      const { mean } = statistics(image);
      process.stderr.write(
        `${who}: ${image.grid.size.join("×")}, origin ${image.grid.origin.map((v) => v.toFixed(2)).join(", ")}, mean ${mean.toFixed(3)}, ${(statSync(output(who)).size / 2 ** 20).toFixed(1)} MiB\n`,
      );
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
