/**
 * Times the peers and this library on the standard cases in one run, and prints the ratios side by side:
 * machines drift, ratios of one run hold.
 *
 *   npm run bench:peers -- [--threads N] [--repeats N] [--backend NAME]
 *
 * Peers live in ../shared/peers, scipy's Gaussians here: ITK is built where cmake and ITK are installed, scipy and
 * PyTorch are run where Python has them. A peer that cannot be run is named and left out.
 */
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

interface Line {
  readonly peer?: string;
  readonly backend?: string;
  readonly case: string;
  readonly median_ms: number;
}

const peers = fileURLToPath(new URL("../../shared/peers", import.meta.url));
const { values } = parseArgs({
  options: {
    threads: { type: "string", default: "2" },
    repeats: { type: "string", default: "5" },
    backend: { type: "string", default: "wasm" },
  },
});

/** The JSON lines that a command prints, or nothing when it cannot be run. */
const linesOf = (command: string, words: readonly string[]): readonly Line[] => {
  const { status, stdout, error } = spawnSync(command, words, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  if (status !== 0) process.stderr.write(`left out: ${command} (${error?.message ?? `status ${status}`})\n`);
  return (stdout ?? "")
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line): Line => JSON.parse(line));
};

const itk = (): readonly Line[] => {
  const built = join(tmpdir(), "medimages-itk");
  const made =
    spawnSync("cmake", ["-S", join(peers, "itk"), "-B", built], { stdio: "ignore" }).status === 0 &&
    spawnSync("cmake", ["--build", built, "-j2", "--target", "itk_bench"], { stdio: "ignore" }).status === 0;
  if (made) return linesOf(join(built, "itk_bench"), [values.threads, values.repeats]);
  process.stderr.write("left out: ITK (it cannot be built here)\n");
  return [];
};

const main = fileURLToPath(new URL("main.ts", import.meta.url));
const tsx = fileURLToPath(new URL("../node_modules/tsx/dist/cli.mjs", import.meta.url));
const ours = linesOf(process.execPath, [
  ...[tsx, main, "--json", "--backend", values.backend],
  ...["--threads", values.threads, "--repeats", values.repeats],
]);
const theirs = [
  ...itk(),
  ...linesOf("/usr/bin/python3", [join(peers, "python_bench.py"), values.threads, values.repeats]),
  ...linesOf("/usr/bin/python3", [fileURLToPath(new URL("smooth.py", import.meta.url)), values.repeats]),
];

const names = [...new Set(theirs.map(({ peer }) => peer ?? ""))];
const cell = (ms: number | undefined, own: number): string =>
  ms === undefined ? "–" : `${ms.toFixed(1)} (${(ms / own).toFixed(1)}×)`;
const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |\n`;
process.stdout.write(row(["case", `${values.backend}, ms`, ...names.map((name) => `${name}, ms (ratio)`)]));
process.stdout.write(row(["case", ...names, "ours"].map(() => "---")));
for (const { case: name, median_ms: own } of ours) {
  const found = names.map((peer) => theirs.find((line) => line.peer === peer && line.case === name)?.median_ms);
  process.stdout.write(row([name, own.toFixed(1), ...found.map((ms) => cell(ms, own))]));
}
