/**
 * What every search over damaged files asks for: whatever was done to a file, it is read or refused, soon, within the
 * budget, by this library's errors; and a sound file is still read after it. Seeds are printed in the names of tests.
 */
import fc from "fast-check";
import { expect } from "vitest";
import { platform } from "#platform";
import { MedImagesError } from "../../compiler/errors.ts";
import { loadHeader, loadImage, type SeriesSource } from "../../src/io/load.ts";

export const seed: number = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);
export const runs: number = Number(process.env.FUZZ_RUNS ?? 20_000);
/** For the name of a test: with these it can be run again. */
export const seedText: string = `FUZZ_SEED=${seed}, FUZZ_RUNS=${runs}`;

const budget = 2 ** 20;
/** Milliseconds. */
const longest = 2000;
const mostMemory = 500 * 2 ** 20;

/** One way to read a file; what it throws is judged. */
export type Way = (bytes: Uint8Array, options: { readonly memory: number }) => Promise<unknown>;

const finite = (numbers: readonly number[]): void => expect(numbers.every(Number.isFinite)).toBe(true);

/** All voxels, into memory; what comes out is an image that can be. */
export const readingAs =
  (as: (bytes: Uint8Array) => SeriesSource): Way =>
  async (bytes, options) => {
    const { grid, voxels } = await loadImage(as(bytes), options);
    finite([...grid.origin, ...grid.spacing, ...grid.direction, voxels.rescale.slope, voxels.rescale.intercept]);
  };
export const reading: Way = readingAs((bytes) => bytes);
/** The header, and the voxels thrown away. */
export const verifying: Way = async (bytes, options) => {
  const { grid } = await loadHeader(bytes, { ...options, verify: true });
  finite([...grid.origin, ...grid.spacing, ...grid.direction]);
};

const refusals: ReadonlySet<string> = new Set(["MalformedFile", "UnsupportedFile", "BudgetExceeded"]);

/** Whether it was refused. */
const refuses = async (work: Promise<unknown>): Promise<boolean> => {
  try {
    await work;
    return false;
  } catch (thrown) {
    if (!(thrown instanceof MedImagesError)) throw thrown;
    expect(refusals).toContain(thrown.error.kind);
    expect(thrown.message.split("\n")).toHaveLength(1);
    return true;
  }
};

/** The largest buffer for voxels that is asked for during `use`. */
const largestBuffer = async (use: () => Promise<void>): Promise<number> => {
  const spied = platform as { allocateBuffer: typeof platform.allocateBuffer };
  const { allocateBuffer } = spied;
  let largest = 0;
  spied.allocateBuffer = (bytes) => {
    largest = Math.max(largest, bytes);
    return allocateBuffer(bytes);
  };
  try {
    await use();
  } finally {
    spied.allocateBuffer = allocateBuffer;
  }
  return largest;
};

/** Shown in one line, as far as one line can. */
const shown = (bytes: Uint8Array): { readonly bytes: Uint8Array } => {
  const text = bytes.length > 4000 ? `${bytes.length} bytes` : `base64 ${Buffer.from(bytes).toString("base64")}`;
  const mutant = { bytes, [fc.toStringMethod]: () => text };
  return mutant;
};

/**
 * Reads mutants, each in one of the ways, in turn.
 * @param stillReads called now and then: fails unless sound files are read as before
 * @param numRuns how many; for files that take long, fewer
 */
export const searchMutants = async (
  mutants: fc.Arbitrary<Uint8Array>,
  ways: readonly Way[],
  stillReads: () => Promise<void> = async () => {},
  numRuns: number = runs,
): Promise<void> => {
  const before = process.memoryUsage().rss;
  let refused = 0;
  let count = 0;
  const largest = await largestBuffer(() =>
    fc.assert(
      fc.asyncProperty(mutants.map(shown), async ({ bytes }) => {
        const start = performance.now();
        const way = ways[count++ % ways.length]!;
        refused += Number(await refuses(way(bytes, { memory: budget })));
        expect(performance.now() - start).toBeLessThan(longest);
        if (count % 256 === 0) expect(process.memoryUsage().rss - before).toBeLessThan(mostMemory);
        if (count % 2000 === 0) await stillReads();
      }),
      { seed, numRuns },
    ),
  );
  await stillReads();
  expect(largest).toBeLessThanOrEqual(budget);
  // Both outcomes must occur, or the mutants are too tame or too wild to tell anything.
  expect(refused / count).toBeGreaterThan(0.1);
  expect(refused / count).toBeLessThan(0.95);
};
