/** The loader gives every step what the step is due, keeps to its bounds, and ends cleanly however it ends. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fail } from "../../compiler/errors.ts";
import { augment, evaluateSubject, randomElastic, randomRotate, sequence, subject } from "../../src/augment/index.ts";
import {
  type Backend,
  crop,
  type Expression,
  evaluate,
  labelImage,
  type MedImage,
  pipe,
  reference,
  rotate,
  type Vector3,
  voxelCount,
  voxelsOf,
  wasm,
} from "../../src/index.ts";
import {
  type Batch,
  type Dataset,
  datasetOf,
  type LoaderOptions,
  loader,
  type Skipped,
} from "../../src/train/index.ts";
import { noise } from "../backends/noise.ts";

const images = Array.from({ length: 7 }, (_, k) => noise([6, 5, 4], k + 1));
const dataset: Dataset<MedImage<"intensity">> = datasetOf(
  images,
  (image) => image,
  (_, index) => `case ${index}`,
);
const rotated = augment(randomRotate({ degrees: [-30, 30] }, { fill: 0 }));
const turned =
  (seed: readonly number[]) =>
  (image: MedImage<"intensity">): Expression<"intensity"> =>
    rotated(seed)(image);

const collected = async <R>(batches: AsyncIterable<Batch<R>>): Promise<readonly Batch<R>[]> => {
  const all: Batch<R>[] = [];
  for await (const batch of batches) all.push(batch);
  return all;
};
const names = (batches: readonly Batch<unknown>[]): readonly (readonly string[])[] =>
  batches.map((batch) => batch.names);
const voxels = (batches: readonly Batch<MedImage>[]): readonly unknown[] =>
  batches.map(({ step, samples }) => [step, samples.map((image) => [...image.voxels.data])]);

describe("which samples", () => {
  test("in their own order, each once in an epoch; the last batch has what is left", async () => {
    const batches = loader({ dataset, batchSize: 3, epochs: 2 });
    expect([batches.stepsPerEpoch, batches.steps]).toEqual([3, 6]);
    const all = await collected(batches);
    const epoch = [["case 0", "case 1", "case 2"], ["case 3", "case 4", "case 5"], ["case 6"]];
    expect(names(all)).toEqual([...epoch, ...epoch]);
    expect(all.map(({ epoch, step }) => [epoch, step])).toEqual([0, 0, 0, 1, 1, 1].map((e, k) => [e, k]));
    expect(names(await collected(loader({ dataset, batchSize: 3, dropLast: true })))).toEqual(epoch.slice(0, 2));
  });

  test("shuffled: each epoch another order of all of them, the same for the same seed", async () => {
    const options = { dataset, batchSize: 1, epochs: 20, shuffle: 5 };
    const found = names(await collected(loader(options))).flat();
    const epochs = Array.from({ length: 20 }, (_, k) => found.slice(7 * k, 7 * k + 7));
    for (const epoch of epochs) expect([...epoch].sort()).toEqual(images.map((_, k) => `case ${k}`));
    expect(new Set(epochs.map((epoch) => epoch.join())).size).toBeGreaterThan(15);
    expect(names(await collected(loader(options))).flat()).toEqual(found);
    expect(names(await collected(loader({ ...options, shuffle: 6 }))).flat()).not.toEqual(found);
  });

  test("orders are as likely as each other", async () => {
    const three = datasetOf(["a", "b", "c"], () => 0);
    const counts = new Map<string, number>();
    for (const { names } of await collected(loader({ dataset: three, batchSize: 3, epochs: 1200, shuffle: 1 })))
      counts.set(names.join(""), (counts.get(names.join("")) ?? 0) + 1);
    // χ² with five degrees of freedom is below 20.5 for all but one seed in a thousand.
    const chi = [...counts.values()].reduce((sum, n) => sum + (n - 200) ** 2 / 200, 0);
    expect(counts.size).toBe(6);
    expect(chi).toBeLessThan(20.5);
  });
});

describe("what they become", () => {
  test("a resumed loop sees what it would have seen, whatever is read ahead", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          batchSize: fc.integer({ min: 1, max: 8 }),
          from: fc.integer({ min: 0, max: 12 }),
          ahead: fc.integer({ min: 0, max: 4 }),
          readers: fc.integer({ min: 1, max: 5 }),
          shuffle: fc.integer(),
        }),
        async ({ from, ahead, readers, ...common }) => {
          const options = { ...common, dataset, epochs: 2, augment: turned, backend: wasm };
          const whole = await collected(loader(options));
          const rest = await collected(loader({ ...options, from, ahead, readers }));
          expect(voxels(rest)).toEqual(voxels(whole).slice(from));
        },
      ),
      { numRuns: 20 },
    );
  });

  test("as the seed, the epoch and the sample say", async () => {
    const [, second] = await collected(loader({ dataset, batchSize: 7, epochs: 2, seed: 9, augment: turned }));
    const wanted = await evaluate(turned([9, 1, 3])(images[3]!));
    expect([...second!.samples[3]!.voxels.data]).toEqual([...wanted.voxels.data]);
  });

  test("records keep what is no image", async () => {
    const records = datasetOf([4], (grade) => ({ grade, ct: images[0]!, cut: crop([1, 1, 1], [2, 2, 2])(images[1]!) }));
    for await (const { samples } of loader({ dataset: records, batchSize: 1 })) {
      const [{ grade, ct, cut }] = samples as [(typeof samples)[number]];
      const typed: readonly [number, MedImage<"intensity">, MedImage<"intensity">] = [grade, ct, cut];
      expect([typed[0], typed[1].voxels === images[0]!.voxels, typed[2].grid.size]).toEqual([4, true, [2, 2, 2]]);
    }
  });
});

describe("subjects", () => {
  test("are moved together, computed in batches, and become records of images and points", async () => {
    const [ct, other] = [images[0]!, images[1]!];
    const seg = labelImage({ voxels: voxelsOf(new Uint8Array(voxelCount(ct.grid)).fill(1)), grid: ct.grid });
    const landmarks: readonly Vector3[] = [ct.grid.origin];
    const pipeline = augment(sequence(randomRotate({ degrees: [-20, 20] }), randomElastic({ displacement: [1, 2] })));
    const subjects = datasetOf([ct, other], (image) => subject({ image, seg, landmarks }));
    const augmented = (seed: readonly number[]) => (of: Awaited<ReturnType<typeof subjects.load>>) =>
      pipeline(seed)(of);
    const all = await collected(loader({ dataset: subjects, batchSize: 2, seed: 4, augment: augmented }));
    const { samples } = all[0]!;
    expect(samples).toHaveLength(2);
    for (const [k, sample] of samples.entries()) {
      const { image, seg: label, landmarks: points } = sample;
      const typed: readonly [MedImage<"intensity">, MedImage<"label">, readonly Vector3[]] = [image, label, points];
      const due = await evaluateSubject(pipeline([4, 0, k])(subject({ image: [ct, other][k]!, seg, landmarks })));
      expect([...typed[0].voxels.data]).toEqual([...due.image.voxels.data]);
      expect([...typed[1].voxels.data]).toEqual([...due.seg.voxels.data]);
      expect(typed[2]).toEqual(due.landmarks);
    }
  });
});

describe("bounds", () => {
  test.each([0, 1, 3])("never more than are kept ready are under way: %i ahead", async (ahead) => {
    // Batches whose samples have been asked for.
    const asked = new Set<number>();
    let [given, most, reading, mostReading] = [0, 0, 0, 0];
    const counting: Dataset<MedImage<"intensity">> = {
      ...dataset,
      load: async (index) => {
        asked.add(Math.floor(index / 2));
        // The loop takes one over before it is told of.
        most = Math.max(most, asked.size - given);
        mostReading = Math.max(mostReading, ++reading);
        await new Promise((resolve) => setTimeout(resolve, 1));
        reading--;
        return images[index] as MedImage<"intensity">;
      },
    };
    for await (const { samples } of loader({ dataset: counting, batchSize: 2, ahead, readers: 2 })) {
      given++;
      expect(samples.length).toBeGreaterThan(0);
      // Whoever works for long enough finds all that may be read ahead.
      while (asked.size < Math.min(4, given + ahead)) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(most).toBeLessThanOrEqual(ahead + 1);
    expect(mostReading).toBe(2);
  });

  test("a thousand batches: each image is given back once, and never the dataset's own", async () => {
    const live = new Set<object>();
    let [made, most] = [0, 0];
    const counting: Backend = {
      ...reference,
      runBatchKept: async (programs) =>
        Promise.all(
          programs.map(async (program) => {
            const voxels = await reference.run(program);
            const kept = {
              ...voxels,
              owner: counting,
              fetch: async () => voxels,
              [Symbol.dispose]: () => expect(live.delete(kept)).toBe(true),
            };
            live.add(kept);
            made++;
            most = Math.max(most, live.size);
            return { status: "fulfilled" as const, value: kept };
          }),
        ),
    };
    const tiny = datasetOf([noise([2, 2, 2])], (image) => ({ turned: rotate("z", 90)(image) }));
    const batches = loader({ dataset: tiny, batchSize: 1, epochs: 1000, backend: counting, keep: "gpu", ahead: 3 });
    for await (const batch of batches) batch[Symbol.dispose]();
    expect([made, live.size]).toEqual([1000, 0]);
    expect(most).toBeLessThanOrEqual(4);
    for await (const batch of loader({ dataset, batchSize: 7, backend: wasm })) batch[Symbol.dispose]();
    expect([...images[0]!.voxels.data]).toEqual([...noise([6, 5, 4], 1).voxels.data]);
  });
});

describe("ends", () => {
  const broken: Dataset<MedImage<"intensity">> = {
    ...dataset,
    load: (index) => {
      if (index === 2) throw new Error("the disk is gone");
      if (index === 4) return fail({ kind: "FileAccess", path: "four.nii", reason: "no such file" });
      return images[index] as MedImage<"intensity">;
    },
  };

  test("a sample that cannot be read stops the loop at its step, by name", async () => {
    const seen: number[] = [];
    const loop = async (options: Partial<LoaderOptions<MedImage<"intensity">>> = {}): Promise<void> => {
      for await (const { step } of loader({ dataset: broken, batchSize: 2, ...options })) seen.push(step);
    };
    await expect(loop()).rejects.toThrow("sample case 2: loading it failed: the disk is gone");
    expect(seen).toEqual([0]);
    await expect(loop({ from: 2 })).rejects.toThrow("sample case 4: four.nii: no such file");
  });

  test("or is left out, and somebody is told", async () => {
    const told: Skipped[] = [];
    const onSkip = (skipped: Skipped): void => void told.push(skipped);
    const cut = () => (image: MedImage<"intensity">) =>
      image === images[0] ? crop([5, 5, 5], [9, 9, 9])(image) : pipe(image, rotate("z", 5));
    const batches = await collected(loader({ dataset: broken, batchSize: 2, augment: cut, onError: "skip", onSkip }));
    expect(names(batches)).toEqual([["case 1"], ["case 3"], ["case 5"], ["case 6"]]);
    expect(told.map(({ name, step, error }) => [name, step, error.kind])).toEqual([
      ["case 0", 0, "InvalidPipeline"],
      ["case 2", 1, "CallbackFailed"],
      ["case 4", 2, "FileAccess"],
    ]);
    const none = loader({ dataset: broken, batchSize: 1, from: 2, onError: "skip" });
    expect((await collected(none)).map(({ step }) => step)).toEqual([3, 5, 6]);
  });

  test("breaking off waits for what is under way, and nothing is asked for any more", async () => {
    let [asked, running] = [0, 0];
    const slow: Dataset<MedImage<"intensity">> = {
      ...dataset,
      load: async (index) => {
        asked++;
        running++;
        await new Promise((resolve) => setTimeout(resolve, 5));
        running--;
        return images[index] as MedImage<"intensity">;
      },
    };
    for await (const batch of loader({ dataset: slow, batchSize: 2, ahead: 3, readers: 1, epochs: 100 })) {
      expect(batch.step).toBe(0);
      break;
    }
    const before = asked;
    expect(running).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(asked).toBe(before);
  });

  test("an abort rejects the step that is waited for", async () => {
    const controller = new AbortController();
    const loop = async (): Promise<void> => {
      for await (const { step } of loader({ dataset, batchSize: 1, signal: controller.signal, augment: turned }))
        if (step === 2) controller.abort();
    };
    await expect(loop()).rejects.toMatchObject({ error: { kind: "Aborted" } });
  });

  test("numbers that cannot be are refused at once, all of them", () => {
    expect(() => loader({ dataset, batchSize: 0, from: -1, ahead: 0.5 })).toThrow(
      /batchSize is 0.*\n.*from is -1.*\n.*ahead is 0\.5/,
    );
    expect(() => loader({ dataset, batchSize: 8, dropLast: true })).toThrow("7 samples make no batch of 8");
  });
});
