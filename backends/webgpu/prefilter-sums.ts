/**
 * B-spline coefficients that are kept as float16. A filter along lines would have to keep what it has yet to read in
 * float16 too, and lines beside each other share words; so each coefficient is a sum of its own, of as many samples
 * as float16 can tell.
 */
import type { Prefilter } from "../../compiler/plan.ts";
import { type Kernel, sourceNumbers, sourceValues } from "./kernel.ts";
import { bufferOf, type PlacedBuffers } from "./plan-buffers.ts";
import { itemType } from "./wgsl/elements.ts";
import { printMain } from "./wgsl/main.ts";
import { printRead } from "./wgsl/read.ts";
import { filterConstants, indexRule } from "./wgsl/spline-filter.ts";
import { letters, Writing } from "./wgsl/writing.ts";

/** |pole|^11 and all beyond are 3·10⁻⁶ of the largest sample: a two-hundredth of what float16 rounds. */
const horizon = 10;

export const sumsKernel = ({ source, output, axis, boundary }: Prefilter, plan: PlacedBuffers): Kernel => {
  const writing = new Writing();
  const { numbers, use } = writing;
  const [read, made] = [bufferOf(plan, source), bufferOf(plan, output)];
  const n = numbers.set("length", made.size[axis], "i32");
  const rule = use(indexRule[boundary]);
  const function0 = printRead(0, "real", read, writing);
  const names = sourceNumbers(0);
  const strides = ["1u", `numbers.${names.row}`, `numbers.${names.plane}`] as const;
  const places = letters.flatMap((letter, k) =>
    k === axis ? [] : [`(${letter} - numbers.${names[letter]}) * ${strides[k]}`],
  );
  const voxel = [
    "// Sample i of the line that begins at `start`, for any whole i.",
    "fn sample(start: u32, i: i32) -> f32 {",
    `  return read0(start + u32(${rule}(i, ${n})) * ${strides[axis]});`,
    "}",
    "",
    ...filterConstants,
    `const horizon = ${horizon}; // |pole|^${horizon + 1} is beyond float16`,
    "",
    "fn voxel(x: u32, y: u32, z: u32, channel: u32) -> f32 {",
    `  let start = (channel - numbers.channel) * numbers.${names.volume} + ${places.join(" + ")};`,
    `  let i = i32(${letters[axis]});`,
    "  var sum = sample(start, i);",
    "  var power = pole;",
    "  for (var m = 1; m <= horizon; m++) {",
    "    sum += power * (sample(start, i - m) + sample(start, i + m));",
    "    power *= pole;",
    "  }",
    "  return gain * sum;",
    "}",
  ].join("\n");
  const main = printMain(made.size[0], "real", made, writing);
  const types = { result: itemType("real", made.format), voxels: [itemType("real", read.format)] };
  return {
    code: writing.program(`B-spline coefficients along ${letters[axis]}`, types, [function0, voxel, main.text]),
    numbers,
    tables: writing.tables.words(),
    sources: [source],
    output,
    workgroup: main.workgroup,
    cost: main.perInvocation * (2 + 2 * horizon),
    extentOf: main.extentOf,
    uncut: axis,
    boxesFor: (box) => [box],
    numbersFor: (box, boxes) => new Map([...main.valuesFor(box), ...boxes.flatMap((b) => sourceValues(0, b))]),
  };
};
