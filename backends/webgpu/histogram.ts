/**
 * Joint histograms as kernels. There are no atomic sums of floats, and sums in no order would not be the same twice; so
 * voxels are counted in whole numbers. The largest weight stands for about 2³⁰ of them, of which 64 bits hold enough.
 */
import type { Scalar } from "../../compiler/language/scalar.ts";
import { product } from "../../compiler/language/vector.ts";
import type { Histogram } from "../../compiler/plan.ts";
import { unavailable } from "./device.ts";
import type { Kernel } from "./kernel.ts";
import type { Background } from "./look.ts";
import type { PlacedBuffers } from "./plan-buffers.ts";
import { printCounting, printLargest, unitsPerWeight, wordsPerBin, workgroup } from "./wgsl/counting.ts";
import { printBodies } from "./wgsl/domain.ts";
import { Writing } from "./wgsl/writing.ts";

/** Bytes of copies of a histogram, between which voxels that fall in the same few bins are parted. */
const bytesOfCopies = 2 ** 20;
const mostCopies = 64;
/** Before them stands the largest weight. */
const bytesOfFirst = 4;

/** The kernels, in the order in which they run; their output is no buffer of the plan. */
export interface HistogramKernels {
  readonly kernels: readonly Kernel[];
  /** Bytes of the output; the first word is to be `largest` before they run, all others 0. */
  readonly bytes: number;
  readonly largest: number;
}

/**
 * @param most bytes that their output may take
 * @throws MedImagesError `BackendUnavailable` where there are too many voxels, or bins
 */
export const histogramKernels = (
  pass: Histogram,
  plan: PlacedBuffers,
  background: Background,
  most: number,
): HistogramKernels => {
  const { size, channels, bins, row, column, weight } = pass;
  const bytesOfOne = 4 * wordsPerBin * bins ** 2;
  if (bytesOfFirst + bytesOfOne > most)
    return unavailable(
      `a histogram of ${bins} × ${bins} bins takes ${bytesOfFirst + bytesOfOne} bytes, and the device binds ${most}`,
      `take at most ${Math.floor(Math.sqrt((most - bytesOfFirst) / (4 * wordsPerBin)))} bins, or use the wasm backend`,
    );
  const copies = Math.min(
    mostCopies,
    Math.max(1, Math.floor(bytesOfCopies / bytesOfOne)),
    Math.floor((most - bytesOfFirst) / bytesOfOne),
  );
  if (product(size) * channels >= 2 ** 32 - workgroup)
    return unavailable(
      `a histogram of ${product(size) * channels} voxels is more than a kernel counts`,
      "use the wasm backend",
    );
  const kernel = (bodies: readonly Scalar[], print: (writing: Writing) => readonly string[]): Kernel =>
    domainKernel(pass, bodies, plan, background, print);
  const counting = kernel([row, column, weight], (writing) => printCounting(bins, copies, writing));
  const known = weight.kind === "const" ? bitsOf(Math.abs(weight.value)) : undefined;
  return {
    kernels: known === undefined ? [kernel([weight], printLargest), counting] : [counting],
    bytes: bytesOfFirst + copies * bytesOfOne,
    largest: known ?? 0,
  };
};

const bitsOf = (value: number): number => new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0;

/** A kernel with an invocation for each voxel. */
const domainKernel = (
  pass: Histogram,
  bodies: readonly Scalar[],
  plan: PlacedBuffers,
  background: Background,
  print: (writing: Writing) => readonly string[],
): Kernel => {
  const writing = new Writing();
  const { functions, types, samples, shown, ...bound } = printBodies(pass, bodies, plan, background, writing);
  // What both looking up and counting take is printed once.
  const parts = [...new Set([...functions, ...print(writing)])];
  return {
    code: writing.program(`counts of ${shown}`, { result: "atomic<u32>", voxels: types }, parts),
    numbers: writing.numbers,
    tables: writing.tables.words(),
    ...bound,
    output: pass.output,
    workgroup: [workgroup, 1, 1],
    cost: 1 + samples,
    extentOf: () => ({ width: product(pass.size) * pass.channels, rows: 1, layers: 1 }),
  };
};

/** The histogram that the words of an output are: all copies together. */
export const countsOf = (words: Uint32Array, bins: number): Float64Array<ArrayBuffer> => {
  const elements = bins ** 2;
  const units = unitsPerWeight(words[0] ?? 0);
  return Float64Array.from({ length: elements }, (_, element) => {
    let [low, high, kinds] = [0, 0, 0];
    for (let at = 1 + wordsPerBin * element; at < words.length; at += wordsPerBin * elements) {
      low += words[at] ?? 0;
      high += (words[at + 1] ?? 0) | 0;
      kinds |= words[at + 2] ?? 0;
    }
    return (high * 2 ** 32 + low) / units + (notFinite[kinds] ?? Number.NaN);
  });
};

/** What infinities and NaN amount to, by which of them there are. */
const notFinite: readonly number[] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
