/**
 * Sums over a domain as a kernel. A workgroup sums a block of voxels, in float32 and as a tree, so that rounding
 * does not grow with the domain; the sums of all blocks come back and are added in float64, always in one order.
 */
import { product } from "../../compiler/language/vector.ts";
import { bodiesOf, type Reduce, totalsLength } from "../../compiler/plan.ts";
import { unavailable } from "./device.ts";
import type { Kernel } from "./kernel.ts";
import type { Background } from "./look.ts";
import type { PlacedBuffers } from "./plan-buffers.ts";
import { printBodies } from "./wgsl/domain.ts";
import { printSums, workgroup } from "./wgsl/sums.ts";
import { Writing } from "./wgsl/writing.ts";

/** Voxels that an invocation adds one to the other: short, for the sake of rounding. */
const inARow = 16;

/** The kernel; its output is no buffer of the plan, but `elements` float32 for each of `blocks`. */
export interface ReduceKernel extends Kernel {
  readonly blocks: number;
  readonly elements: number;
}

/** `most` bounds the bytes of the output. @throws MedImagesError `BackendUnavailable` where there are too many voxels */
export const reduceKernel = (pass: Reduce, plan: PlacedBuffers, background: Background, most: number): ReduceKernel => {
  const { size, channels, totals } = pass;
  const writing = new Writing();
  const { numbers } = writing;
  const { functions, types, samples, shown, ...bound } = printBodies(pass, bodiesOf(pass), plan, background, writing);
  const voxels = product(size) * channels;
  const elements = totalsLength(totals);
  // Fewer and larger blocks where there would be too many sums to bring back.
  let rounds = 1;
  while (Math.ceil(voxels / (workgroup * inARow * rounds)) * elements * 4 > most) rounds *= 2;
  const blocks = Math.ceil(voxels / (workgroup * inARow * rounds));
  if (blocks * workgroup * inARow * rounds >= 2 ** 32)
    return unavailable(`a sum over ${voxels} voxels is more than a kernel counts`, "use the wasm backend");
  numbers.set("voxels", voxels);
  numbers.set("rounds", rounds);
  return {
    code: writing.program(`sums of ${shown}`, { result: "f32", voxels: types }, [
      ...functions,
      printSums(totals, inARow),
    ]),
    numbers,
    tables: writing.tables.words(),
    ...bound,
    output: pass.output,
    blocks,
    elements,
    // Counted in workgroups: each makes the sums of a block.
    workgroup: [1, 1, 1],
    cost: workgroup * inARow * rounds * (1 + samples),
    extentOf: () => ({ width: blocks, rows: 1, layers: 1 }),
  };
};

/** The sums of all blocks, for each element, as a tree in float64. */
export const sumBlocks = (sums: Float32Array, elements: number): Float64Array<ArrayBuffer> => {
  const blocks = sums.length / elements;
  const sum = (element: number, from: number, to: number): number => {
    if (to - from === 1) return sums[from * elements + element] ?? 0;
    const middle = Math.floor((from + to) / 2);
    return sum(element, from, middle) + sum(element, middle, to);
  };
  return Float64Array.from({ length: elements }, (_, element) => sum(element, 0, blocks));
};
