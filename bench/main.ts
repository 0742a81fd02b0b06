/**
 * Times `evaluate` on the standard cases in a warm process, input and output in memory.
 *
 *   npm run bench -- [--json] [--case NAME] [--backend NAME] [--threads N] [--repeats N] [--fresh]
 *
 * One JSON line a case with `--json` (the form that the peers print too), a table without.
 */
import { parseArgs } from "node:util";
import { type Backend, type MedImage, reference, release, wasm } from "../src/index.ts";
import { webgpu } from "../src/webgpu.ts";
import { type Case, cases } from "./cases.ts";

const backends: Readonly<Record<string, Backend>> = { reference, wasm, webgpu: webgpu() };

interface Timing {
  readonly backend: string;
  readonly case: string;
  readonly threads: number;
  readonly median_ms: number;
  readonly min_ms: number;
  readonly voxels: number;
}

const time = async (
  standard: Case,
  backend: Backend,
  threads: number,
  repeats: number,
  fresh: boolean,
): Promise<Timing> => {
  const { voxels, run } = standard.build();
  const once = (): Promise<readonly MedImage[]> => run({ backend, threads });
  // As in a loop over volumes: each result is given back before the next is computed. Engines compile kernels
  // again, and better, once they have seen them run; the slow reference needs no such warming.
  const warm = performance.now() + 300;
  do (await once()).forEach(release);
  while (performance.now() < warm);
  const times: number[] = [];
  for (let i = 0; i < repeats; i++) {
    const start = performance.now();
    const results = await once();
    times.push(performance.now() - start);
    if (!fresh) results.forEach(release);
  }
  times.sort((a, b) => a - b);
  const round = (ms: number | undefined): number => Number((ms ?? Number.NaN).toFixed(3));
  return {
    backend: backend.name,
    case: standard.name,
    threads,
    median_ms: round(times[Math.floor(times.length / 2)]),
    min_ms: round(times[0]),
    voxels,
  };
};

const show = ({ backend, case: name, threads, median_ms, min_ms, voxels }: Timing): string =>
  `${backend.padEnd(10)} ${name.padEnd(20)} ${`${threads}`.padStart(2)} thread(s) ${median_ms.toFixed(1).padStart(10)} ms median ${min_ms.toFixed(1).padStart(10)} ms best ${((median_ms * 1e6) / voxels).toFixed(2).padStart(8)} ns/voxel`;

/** A wrong flag ends the run with status 2: a benchmark of something else than asked is worse than none. */
const usage = (message: string): never => {
  process.stderr.write(`${message}\n`);
  process.exit(2);
};

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      json: { type: "boolean", default: false },
      case: { type: "string", multiple: true },
      backend: { type: "string", default: "wasm" },
      threads: { type: "string", default: "1" },
      repeats: { type: "string", default: "3" },
      // Without giving results back: each pays for fresh memory.
      fresh: { type: "boolean", default: false },
    },
  });
  const backend =
    backends[values.backend] ?? usage(`no backend "${values.backend}"; there is ${Object.keys(backends).join(", ")}`);
  const names = values.case ?? cases.map(({ name }) => name);
  const unknown = names.filter((name) => !cases.some((c) => c.name === name));
  if (unknown.length > 0) usage(`no case ${unknown.join(", ")}; there are ${cases.map(({ name }) => name).join(", ")}`);
  const count = (flag: "threads" | "repeats"): number => {
    const n = Number(values[flag]);
    return Number.isInteger(n) && n >= 1 ? n : usage(`--${flag} takes a whole number from 1, found "${values[flag]}"`);
  };
  const [threads, repeats] = [count("threads"), count("repeats")];
  for (const standard of cases.filter(({ name }) => names.includes(name))) {
    const timing = await time(standard, backend, threads, repeats, values.fresh);
    process.stdout.write(`${values.json ? JSON.stringify(timing) : show(timing)}\n`);
  }
};

await main();
