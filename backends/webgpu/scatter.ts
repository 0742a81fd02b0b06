/**
 * The transpose of a tap as a kernel. There are no atomic sums of floats, and sums in no order would not be the same
 * twice; so each sample of the output gathers what the voxels around its inverse footprint give to it.
 */
import { at, axes, product } from "../../compiler/language/vector.ts";
import type { Scatter } from "../../compiler/plan.ts";
import { wholeBox } from "./boxes.ts";
import { unavailable } from "./device.ts";
import { footprintOf } from "./footprint.ts";
import { type Kernel, sourceValues } from "./kernel.ts";
import { broken, bufferOf, type PlacedBuffers } from "./plan-buffers.ts";
import { mixedCoordinate, periodOf } from "./tables.ts";
import { itemType } from "./wgsl/elements.ts";
import { printMain } from "./wgsl/main.ts";
import { printRead } from "./wgsl/read.ts";
import { printSearch, printWeight, type SearchNumber } from "./wgsl/spread.ts";
import { capitals, Writing } from "./wgsl/writing.ts";

/** Voxels that a pass may look at: some minutes of a fast device. */
const mostLooks = 2 ** 43;

/**
 * The kernel of a scatter whose body is its only tap, a copy: what voxels give has been computed by a gather before.
 * @throws MedImagesError `BackendUnavailable` where nearly every voxel would have to look at every other
 */
export const scatterKernel = ({ taps, output, through, size, channels }: Scatter, plan: PlacedBuffers): Kernel => {
  const source = taps[0]?.source ?? broken("a scatter of nothing");
  const [from, to] = [bufferOf(plan, source), bufferOf(plan, output)];
  const { pull, by, boundary } = through;
  const footprint = footprintOf(through, size, to.size);
  if (footprint.looks * product(to.size) * channels > mostLooks)
    return unavailable("a pull that lays voxels on each other is too large to be transposed", "use the wasm backend");
  const writing = new Writing();
  const { numbers } = writing;
  const read = printRead(0, "real", from, writing);
  const weights = axes.map((axis) => {
    const n = to.size[axis];
    const { shift, part } = mixedCoordinate(pull, axis, size, n, periodOf[boundary](n));
    for (const k of axes) writing.table(`coordinate${capitals[axis]}${capitals[k]}`, part(k));
    return printWeight({ by, boundary }, axis, n, shift, writing);
  });
  writing.use("coordinate");
  for (const axis of axes) {
    const letter = capitals[axis];
    const start = writing.tables.add(footprint.slabs[axis]);
    numbers.set(`slabs${letter}`, start);
    numbers.set(`ends${letter}`, start + to.size[axis] + 1);
    numbers.set(`domain${letter}`, size[axis], "i32");
    const { perStep, room, wide } = footprint.along[axis];
    const searched: Partial<Record<SearchNumber, number>> = {
      [`pull${letter}Y` as const]: at(pull.linear, axis, 1),
      [`pull${letter}Z` as const]: at(pull.linear, axis, 2),
      [`offset${letter}` as const]: pull.offset[axis],
      [`perStep${letter}` as const]: perStep,
      [`room${letter}` as const]: room,
      [`wide${letter}` as const]: wide,
      [`back${letter}Y` as const]: footprint.rows.linear[axis],
      [`back${letter}Z` as const]: footprint.planes.linear[axis],
    };
    for (const [name, value] of Object.entries(searched)) numbers.set(name, value, "f32");
  }
  for (const [letter, { offset, room }] of [
    ["Y", footprint.rows],
    ["Z", footprint.planes],
  ] as const) {
    numbers.set(`backOffset${letter}`, offset, "f32");
    numbers.set(`backRoom${letter}`, room, "f32");
  }
  const isSummed = to.channels < channels;
  const value = isSummed
    ? [
        "var sum = 0.0;",
        `for (var c = 0u; c < ${numbers.set("together", channels)}; c++) {`,
        `  sum += read0(at + c * ${numbers.set("perChannel", product(size))});`,
        "}",
        "return sum;",
      ]
    : ["return read0(at);"];
  const main = printMain(to.size[0], "real", to, writing);
  const types = { result: itemType("real", to.format), voxels: [itemType("real", from.format)] };
  const comment = `what ${by} taps give to the samples that they read, beyond the edges ${boundary}`;
  return {
    code: writing.program(comment, types, [read, ...weights, printSearch(value), main.text]),
    numbers,
    tables: writing.tables.words(),
    sources: [source],
    output,
    workgroup: main.workgroup,
    cost: main.perInvocation * Math.ceil(4 * footprint.looks * (isSummed ? channels : 1)),
    extentOf: main.extentOf,
    boxesFor: () => [wholeBox(size, channels)],
    numbersFor: (box, boxes) => new Map([...main.valuesFor(box), ...boxes.flatMap((b) => sourceValues(0, b))]),
  };
};
