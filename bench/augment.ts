/**
 * Times random augmentation in a warm loop: affine, flip, gamma and noise of 128³ int16 to float32, in batches of four,
 * each volume with a seed of its own. `bench/augment.py` times the same chain in scipy and PyTorch.
 *
 *   npm run bench:augment -- [--threads N] [--batches N] [--how one|batch|loader] [--json]
 *
 * Each volume by itself (`one`), the four together by `evaluateBatch`, or from a loader that reads two batches ahead.
 */
import { parseArgs } from "node:util";
import { augment, randomAffine, randomFlip, randomGamma, randomNoise, sequence } from "../src/augment/index.ts";
import { evaluate, explain, imageFromArray, type MedImage, pipe, release, wasm } from "../src/index.ts";
import { datasetOf, evaluateBatch, loader } from "../src/train/index.ts";

const { values } = parseArgs({
  options: {
    threads: { type: "string", default: "2" },
    batches: { type: "string", default: "20" },
    how: { type: "string", default: "one" },
    json: { type: "boolean", default: false },
  },
});
const threads = Number(values.threads);
const batches = Number(values.batches);
const together = 4;

const volume = (seed: number): MedImage<"intensity"> => {
  let state = seed;
  const data = Int16Array.from({ length: 128 ** 3 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return ((state >>> 8) / 16777216) * 2000 - 1000;
  });
  return imageFromArray(data, { size: [128, 128, 128] });
};
const volumes = Array.from({ length: together }, (_, k) => volume(k + 1));

const movement = randomAffine(
  { rotate: [-15, 15], scale: [0.9, 1.1], shear: [-0.05, 0.05], translate: [-5, 5] },
  { interpolation: "linear", fill: -1000 },
);
const chains = {
  affine: movement,
  "affine + flip": sequence(movement, randomFlip()),
  "affine + flip + gamma": sequence(
    movement,
    randomFlip(),
    randomGamma({ exponent: [0.7, 1.5], range: [-1000, 1000] }),
  ),
  "affine + flip + gamma + noise": sequence(
    movement,
    randomFlip(),
    randomGamma({ exponent: [0.7, 1.5], range: [-1000, 1000] }),
    randomNoise({ deviation: [10, 50] }),
  ),
};

for (const [name, sampler] of Object.entries(chains)) {
  const augmented = augment(sampler);
  const passes = explain(pipe(volumes[0] as MedImage<"intensity">, augmented(0))).split("\n")[0];
  const options = { backend: wasm, threads };
  const dataset = datasetOf(volumes, (image) => image);
  const endless = { ...options, dataset, batchSize: together, epochs: Infinity };
  const feeding = loader({ ...endless, augment: (seed) => (image) => pipe(image, augmented(seed)) });
  const fed = feeding[Symbol.asyncIterator]();
  const ways: Readonly<Record<string, (number: number) => Promise<void>>> = {
    one: async (number) => {
      for (const [k, image] of volumes.entries()) release(await evaluate(pipe(image, augmented([number, k])), options));
    },
    batch: async (number) => {
      const four = volumes.map((image, k) => pipe(image, augmented([number, k])));
      (await evaluateBatch(four, options)).forEach(release);
    },
    loader: async () => {
      const { value } = await fed.next();
      value?.[Symbol.dispose]();
    },
  };
  const way = ways[values.how];
  if (way === undefined) throw new Error(`no way "${values.how}"; there are ${Object.keys(ways).join(", ")}`);
  const batch = async (number: number): Promise<number> => {
    const start = performance.now();
    await way(number);
    return performance.now() - start;
  };
  const warm = performance.now() + 1500;
  for (let k = 0; performance.now() < warm; k++) await batch(k);
  const times: number[] = [];
  for (let k = 0; k < batches; k++) times.push(await batch(1000 + k));
  await fed.return?.();
  times.sort((a, b) => a - b);
  const median = (times[Math.floor(times.length / 2)] ?? Number.NaN) / together;
  const perSecond = 1000 / median;
  process.stdout.write(
    values.json
      ? `${JSON.stringify({ peer: "medimages", case: name, threads, ms_per_volume: Number(median.toFixed(2)), best_ms: Number(((times[0] ?? 0) / together).toFixed(2)), volumes_per_s: Number(perSecond.toFixed(1)) })}\n`
      : `${name.padEnd(30)} ${passes}: ${median.toFixed(2)} ms a volume (best batch ${((times[0] ?? 0) / together).toFixed(2)}), ${perSecond.toFixed(1)} volumes/s, ${threads} thread(s)\n`,
  );
}
process.exit(0);
