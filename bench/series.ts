/**
 * Loading a CT series of 300 slices of 512×512 int16, as it is and as JPEG 2000, beside ITK's GDCM reader and
 * dcm2niix where they are installed. Needs pydicom to make the series and gdcmconv to pack it.
 *
 *   npm run build && npm run bench:series -- [--repeats N]
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { repeats: { type: "string", default: "5" } } });
const repeats = Number(values.repeats);
const folder = mkdtempSync(join(tmpdir(), "medimages-series-"));
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

const run = (command: string, ...words: readonly string[]): string => {
  const { status, stdout, stderr, error } = spawnSync(command, words, { encoding: "utf8" });
  if (status !== 0) throw error ?? new Error(`${command} ended with ${status}: ${stderr}`);
  return stdout;
};
const timed = (command: string, ...words: readonly string[]): number => {
  const start = performance.now();
  run(command, ...words);
  return performance.now() - start;
};
const median = (all: readonly number[]): number =>
  all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN;

/** A program that loads a folder three times and prints the milliseconds that each took. */
const ours = `import { loadImage } from ${JSON.stringify(new URL("../dist/index.js", import.meta.url).href)};
const times = [];
for (let k = 0; k < 3; k++) {
  const start = performance.now();
  const { grid } = await loadImage(process.argv[1]);
  if (grid.size[2] !== 300) throw new Error("not the series");
  times.push(performance.now() - start);
}
process.stdout.write(times.join(" "));`;
const once = ours.replace("k < 3", "k < 1");

const itk = (): string | undefined => {
  const built = join(tmpdir(), "medimages-itk-series");
  const made =
    spawnSync("cmake", ["--fresh", "-S", here("itk"), "-B", built], { stdio: "ignore" }).status === 0 &&
    spawnSync("cmake", ["--build", built, "--target", "itk_series"], { stdio: "ignore" }).status === 0;
  return made ? join(built, "itk_series") : undefined;
};

try {
  const [plain, packed] = [join(folder, "plain"), join(folder, "packed")];
  run("/usr/bin/python3", here("series.py"), plain, "1");
  mkdirSync(packed);
  for (const name of readdirSync(plain)) run("gdcmconv", "--j2k", join(plain, name), join(packed, name));
  const program = itk();
  if (program === undefined) process.stderr.write("left out: ITK (it cannot be built here)\n");
  const output = join(folder, "out");
  mkdirSync(output);
  const dcm2niix = spawnSync("dcm2niix", ["-v"]).error === undefined;
  process.stdout.write(`${availableParallelism()} processors\n\n| series | who | median, ms |\n| --- | --- | --- |\n`);
  for (const [what, where] of [
    ["uncompressed", plain],
    ["JPEG 2000 lossless", packed],
  ] as const) {
    const all: Readonly<Record<string, (() => number) | undefined>> = {
      "medimages, loadImage in a fresh process": () =>
        Number(run(process.execPath, "--input-type=module", "--eval", once, where)),
      "medimages, loadImage in a warm process": () =>
        Number(run(process.execPath, "--input-type=module", "--eval", ours, where).split(" ")[2]),
      "ITK, ImageSeriesReader with GDCM": program === undefined ? undefined : () => Number(run(program, where)),
      "medimages, whole process": () => timed(process.execPath, "--input-type=module", "--eval", once, where),
      "dcm2niix, whole process with its .nii": dcm2niix
        ? () => timed("dcm2niix", "-b", "n", "-z", "n", "-w", "1", "-o", output, "-f", "x", where)
        : undefined,
    };
    const times = new Map<string, number[]>();
    // In turn, since machines drift; the first of each warms the file cache.
    for (let k = 0; k <= repeats; k++)
      for (const [who, go] of Object.entries(all)) {
        if (go === undefined) continue;
        const time = go();
        if (k > 0) times.set(who, [...(times.get(who) ?? []), time]);
      }
    for (const [who, list] of times) process.stdout.write(`| ${what} | ${who} | ${Math.round(median(list))} |\n`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
