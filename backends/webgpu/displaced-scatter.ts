/**
 * The transpose of displaced looks as kernels. Where they lead cannot be told backwards, so each voxel gives to the
 * samples that it would read. There are no atomic sums of floats, and sums in no order would not be the same twice;
 * as in histograms whole numbers are summed, of which the largest value that is given is about 2³⁰.
 */
import { support } from "../../compiler/language/interpolator.ts";
import { product } from "../../compiler/language/vector.ts";
import type { DisplacedScatter } from "../../compiler/plan.ts";
import { wholeBox } from "./boxes.ts";
import { dispatchNumbers, type Kernel, sourceNumbers, sourceValues } from "./kernel.ts";
import { bufferOf, type PlacedBuffer, type PlacedBuffers } from "./plan-buffers.ts";
import { printAim } from "./wgsl/aim.ts";
import { printLargest, wordsPerBin, workgroup } from "./wgsl/counting.ts";
import { itemType } from "./wgsl/elements.ts";
import { givenValue, printGiving, printSums } from "./wgsl/giving.ts";
import { printRead } from "./wgsl/read.ts";
import { Writing } from "./wgsl/writing.ts";

export interface DisplacedScatterKernels {
  /** In the order in which they run, these sum into a buffer of `bytes` bytes, all 0 before. */
  readonly giving: readonly Kernel[];
  readonly bytes: number;
  /** Makes the output of that buffer, which is its only source. */
  readonly sums: Kernel;
}

/** The words of the buffer of sums: that of the largest value first. */
const wordsOf = ({ size, channels }: PlacedBuffer): number => 1 + wordsPerBin * product(size) * channels;

export const displacedScatterKernels = (pass: DisplacedScatter, plan: PlacedBuffers): DisplacedScatterKernels => ({
  giving: [largestKernel(pass, plan), givingKernel(pass, plan)],
  bytes: 4 * wordsOf(bufferOf(plan, pass.output)),
  sums: sumsKernel(pass, plan),
});

const largestKernel = (pass: DisplacedScatter, plan: PlacedBuffers): Kernel => {
  const writing = new Writing();
  const read = printRead(0, "real", bufferOf(plan, pass.given), writing);
  const bodies = [
    "fn bodies(x: u32, y: u32, z: u32, channel: u32) -> array<f32, 1> {",
    `  return array<f32, 1>(${givenValue});`,
    "}",
  ].join("\n");
  return domainKernel(pass, plan, writing, {
    comment: "the largest value that is given",
    sources: [pass.given],
    parts: [read, bodies, ...printLargest()],
    cost: 2,
  });
};

const givingKernel = (pass: DisplacedScatter, plan: PlacedBuffers): Kernel => {
  const { aim, by, boundary } = pass;
  const [given, output] = [bufferOf(plan, pass.given), bufferOf(plan, pass.output)];
  const writing = new Writing();
  const sources = [pass.given, ...aim.displacement];
  const reads = sources.map((source, k) => printRead(k, "real", bufferOf(plan, source), writing));
  const { statements, coordinates } = printAim(aim, given.size, 1, writing);
  // Nothing of the output is read, but it is addressed as what is.
  const binding = sources.length;
  for (const [name, value] of sourceValues(binding, wholeBox(output.size, output.channels)))
    writing.numbers.set(name, value);
  const source = { binding, size: output.size, type: "f32" };
  const place = { tap: { by, boundary }, k: 0, source, size: given.size, writing, aimed: coordinates };
  return domainKernel(pass, plan, writing, {
    comment: `what ${by} looks that a displacement moves give to the samples that they read, beyond the edges ${boundary}`,
    sources,
    parts: [...reads, ...printGiving(place, statements)],
    cost: 8 + 3 * support[by] ** 3,
  });
};

interface DomainKernel {
  readonly comment: string;
  readonly sources: readonly number[];
  readonly parts: readonly string[];
  readonly cost: number;
}

/** A kernel with an invocation for each voxel that gives. */
const domainKernel = (
  pass: DisplacedScatter,
  plan: PlacedBuffers,
  writing: Writing,
  { comment, sources, parts, cost }: DomainKernel,
): Kernel => {
  const { size, channels } = bufferOf(plan, pass.given);
  const { numbers } = writing;
  for (const name of Object.values(dispatchNumbers)) numbers.set(name, 0);
  for (const [name, value] of [
    ["sizeX", size[0]],
    ["sizeY", size[1]],
    ["sizeZ", size[2]],
    ["channel", 0],
  ] as const)
    numbers.set(name, value);
  const types = sources.map((source) => itemType("real", bufferOf(plan, source).format));
  return {
    code: writing.program(comment, { result: "atomic<u32>", voxels: types }, parts),
    numbers,
    tables: writing.tables.words(),
    sources,
    output: pass.output,
    workgroup: [workgroup, 1, 1],
    cost,
    extentOf: () => ({ width: product(size) * channels, rows: 1, layers: 1 }),
    boxesFor: () =>
      sources.map((source) => {
        const buffer = bufferOf(plan, source);
        return wholeBox(buffer.size, buffer.channels);
      }),
    numbersFor: (_, boxes) => new Map(boxes.flatMap((box, k) => sourceValues(k, box))),
  };
};

const sumsKernel = ({ output }: DisplacedScatter, plan: PlacedBuffers): Kernel => {
  const writing = new Writing();
  for (const name of Object.values(dispatchNumbers)) writing.numbers.set(name, 0);
  for (const name of Object.values(sourceNumbers(0))) writing.numbers.set(name, 0);
  const { size, channels } = bufferOf(plan, output);
  return {
    code: writing.program(
      "whole numbers as what they stand for",
      { result: "f32", voxels: ["u32"] },
      printSums(writing),
    ),
    numbers: writing.numbers,
    tables: writing.tables.words(),
    sources: [-1],
    output,
    workgroup: [workgroup, 1, 1],
    cost: 4,
    extentOf: () => ({ width: product(size) * channels, rows: 1, layers: 1 }),
    boxesFor: () => [],
    numbersFor: () => new Map(),
  };
};
