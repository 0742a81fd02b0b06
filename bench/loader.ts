/**
 * Resident memory of a process in which a loader makes a thousand batches: whether it stays as it is once the first
 * are done.
 *
 *   npm run bench:loader [-- --dropped]
 *
 * Batches are given back after use or, with `--dropped`, left to the garbage collector.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { augment, randomAffine, randomFlip, randomGamma, sequence } from "../src/augment/index.ts";
import { as, type MedImage, phantom, wasm } from "../src/index.ts";
import { collate, datasetOf, loader } from "../src/train/index.ts";

const mebibytes = (): number => Math.round(process.memoryUsage().rss / 2 ** 20);
const collect = async (): Promise<void> => {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.();
    await sleep(20);
  }
};

const size = [64, 64, 64] as const;
const batches = 1000;
const images: readonly MedImage<"intensity">[] = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => phantom({ size, seed }));
// Copied for each epoch, as if it were read from a file.
const dataset = datasetOf(images, ({ voxels, ...image }) => ({
  ...image,
  voxels: { ...voxels, data: voxels.data.slice() },
}));
const pipeline = augment(
  sequence(
    randomAffine({ rotate: [-15, 15], scale: [0.9, 1.1] }, { interpolation: "linear", fill: -1000 }),
    randomFlip(),
    randomGamma({ exponent: [0.8, 1.2], range: [-1000, 2000] }),
  ),
);

// One way in a process: what the other left behind would be counted with it.
const isDropped = process.argv.includes("--dropped");
process.stdout.write(`| batches of 4, ${isDropped ? "dropped" : "given back"} | RSS, MiB |\n| --- | --- |\n`);
const start = performance.now();
const options = { dataset, batchSize: 4, shuffle: 1, epochs: batches / 2, ahead: 2, backend: wasm };
for await (const batch of loader({ ...options, augment: (seed) => (image) => as("float32")(pipeline(seed)(image)) })) {
  collate(batch.samples);
  if (!isDropped) batch[Symbol.dispose]();
  const done = batch.step + 1;
  if (done % 200 !== 0 && done !== 50) continue;
  await collect();
  process.stdout.write(`| ${done} | ${mebibytes()} |\n`);
}
const seconds = (performance.now() - start) / 1000;
process.stdout.write(`\n${((4 * batches) / seconds).toFixed(0)} volumes of 64×64×64 a second\n`);
