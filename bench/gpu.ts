/**
 * How near the GPU backend comes to what the card can do: first how fast it copies, then each case, voxels in
 * and out on the card, as a share of that.
 *
 *   npm run bench:gpu -- [--size 512] [--repeats 20] [--json]
 *
 * A case counts as the bytes of the volume it reads, once, and of the one it writes; a copy as those it reads
 * and writes. `bench/grid_sample.py` times PyTorch on the same cases.
 */
import { parseArgs } from "node:util";
import { evaluate, type GpuImage, gridOf, imageFromArray, resampleToImage, rotate, type Source } from "../src/index.ts";
import { toGpu, webgpu } from "../src/webgpu.ts";

interface Line {
  readonly case: string;
  readonly median_ms: number;
  readonly min_ms: number;
  readonly gigabytes_per_second: number;
  /** Of the bandwidth of a copy. */
  readonly share: number;
}

const { values } = parseArgs({
  options: {
    size: { type: "string", default: "512" },
    repeats: { type: "string", default: "20" },
    json: { type: "boolean", default: false },
  },
});
const n = Number(values.size);
const repeats = Number(values.repeats);
/** Runs between two looks at the clock, so that waiting for the card does not count. */
const together = 5;

const backend = webgpu();
const device = await backend.device();

/** Milliseconds of one call, from several that follow each other on the card. */
const time = async (work: () => Promise<void>): Promise<readonly number[]> => {
  await work();
  await device.queue.onSubmittedWorkDone();
  const times: number[] = [];
  for (let i = 0; i < repeats; i++) {
    const start = performance.now();
    for (let k = 0; k < together; k++) await work();
    await device.queue.onSubmittedWorkDone();
    times.push((performance.now() - start) / together);
  }
  return times.sort((a, b) => a - b);
};

const lineOf = (name: string, times: readonly number[], bytes: number, copy: number): Line => {
  const median = times[Math.floor(times.length / 2)] ?? Number.NaN;
  const speed = bytes / median / 1e6;
  const round = (x: number): number => Number(x.toPrecision(4));
  return {
    case: name,
    median_ms: round(median),
    min_ms: round(times[0] ?? Number.NaN),
    gigabytes_per_second: round(speed),
    share: round(copy === 0 ? 1 : speed / copy),
  };
};

const print = (line: Line): void => {
  const { median_ms, min_ms, gigabytes_per_second, share } = line;
  process.stdout.write(
    values.json
      ? `${JSON.stringify(line)}\n`
      : `${line.case.padEnd(20)} ${median_ms.toFixed(3).padStart(10)} ms median ${min_ms.toFixed(3).padStart(10)} ms best ${gigabytes_per_second.toFixed(1).padStart(8)} GB/s ${(100 * share).toFixed(0).padStart(4)} % of a copy\n`,
  );
};

const bytes = 4 * n ** 3;
const copied = async (): Promise<number> => {
  const [from, to] = [0, 1].map(() => device.createBuffer({ size: bytes, usage: 0x4 | 0x8 }));
  if (from === undefined || to === undefined) return 0;
  const times = await time(async () => {
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(from, 0, to, 0, bytes);
    device.queue.submit([encoder.finish()]);
  });
  const line = lineOf("copy", times, 2 * bytes, 0);
  print(line);
  from.destroy();
  to.destroy();
  return line.gigabytes_per_second;
};

const noise = Float32Array.from({ length: n ** 3 }, (_, i) => ((Math.imul(i, 1664525) + 1013904223) >>> 8) % 2000);
const image = await toGpu(imageFromArray(noise, { size: [n, n, n] }), backend);
const half = Math.floor(n / 2);
const small = await toGpu(imageFromArray(noise.slice(0, half ** 3), { size: [half, half, half] }), backend);
const finer = gridOf([n, n, n], { spacing: [0.5, 0.5, 0.5] });

type Interpolation = "nearest" | "linear" | "bspline";
const turned = (by: Interpolation): Source =>
  by === "nearest"
    ? rotate([0.3, 1, 0.2], 20, { interpolation: by, fill: 0 })(image)
    : rotate([0.3, 1, 0.2], 20, { interpolation: by, fill: 0 })(image);
const enlarged = (by: Interpolation): Source =>
  by === "nearest"
    ? resampleToImage(finer, { interpolation: by, fill: 0 })(small)
    : resampleToImage(finer, { interpolation: by, fill: 0 })(small);

interface Case {
  readonly name: string;
  readonly source: Source;
  readonly bytes: number;
}
const cases: readonly Case[] = (["linear", "nearest", "bspline"] as const).flatMap((by) => [
  { name: `rotate-${by}`, source: turned(by), bytes: 2 * bytes },
  { name: `up-${by}`, source: enlarged(by), bytes: bytes + 4 * half ** 3 },
]);

const copy = await copied();
for (const { name, source, bytes } of cases) {
  const times = await time(async () => {
    using _: GpuImage = await evaluate(source, { backend, keep: "gpu" });
  });
  print(lineOf(name, times, bytes, copy));
}
await backend.dispose();
