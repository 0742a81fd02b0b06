/**
 * What `evaluate` takes: resident memory at its peak over what was resident before, beside the bytes of the
 * result, and what is left once the result is dropped. Linux only, since only there can a peak be reset.
 *
 *   npm run bench:memory
 *
 * Each case runs in a process of its own, with voxels as the reader leaves them.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type MedImage, wasm } from "../src/index.ts";
import { cases } from "./cases.ts";

const mebibytes = (bytes: number): number => Math.round(bytes / 2 ** 20);
const status = (field: "VmRSS" | "VmHWM"): number => {
  const line = new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync("/proc/self/status", "utf8"));
  return Number(line?.[1]) * 1024;
};
const collect = async (): Promise<void> => {
  for (let i = 0; i < 4; i++) {
    globalThis.gc?.();
    await sleep(50);
  }
};

const measure = async (name: string): Promise<void> => {
  const standard = cases.find((c) => c.name === name);
  if (standard === undefined) return;
  const { warm, run } = standard.build();
  // Warm: threads are up and the kernel is compiled on a small volume of the same structure; the input is in place.
  await warm(wasm);
  // Memory that was given back waits a little for the next volume.
  await sleep(2500);
  await collect();
  const before = status("VmRSS");
  writeFileSync("/proc/self/clear_refs", "5");
  let results: readonly MedImage[] | undefined = await run({ backend: wasm });
  const peak = status("VmHWM") - before;
  const bytes = results.reduce((sum, { voxels }) => sum + voxels.data.byteLength, 0);
  results = undefined;
  await collect();
  await sleep(2500);
  await collect();
  const left = status("VmRSS") - before;
  process.stdout.write(
    `| ${[name, mebibytes(bytes), mebibytes(peak), mebibytes(peak - bytes), mebibytes(left)].join(" | ")} |\n`,
  );
};

const [, , only] = process.argv;
if (only !== undefined) await measure(only);
else {
  process.stdout.write("| case | result, MiB | peak growth, MiB | over the result, MiB | left, MiB |\n");
  process.stdout.write("| --- | --- | --- | --- | --- |\n");
  const tsx = import.meta.resolve("tsx");
  for (const { name } of cases)
    spawnSync(process.execPath, ["--expose-gc", "--import", tsx, fileURLToPath(import.meta.url), name], {
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, TSX_TSCONFIG_PATH: fileURLToPath(new URL("../tsconfig.json", import.meta.url)) },
    });
}
