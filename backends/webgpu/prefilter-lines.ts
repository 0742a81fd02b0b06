/**
 * B-spline coefficients in float32: an invocation filters a line, forth and back, as the reference does. The
 * response of the pole is over after a few samples, so fewer are summed for its start.
 */
import type { Prefilter } from "../../compiler/plan.ts";
import type { Box } from "./boxes.ts";
import { dispatchNumbers, type Kernel } from "./kernel.ts";
import { bufferOf, type PlacedBuffers } from "./plan-buffers.ts";
import { itemType } from "./wgsl/elements.ts";
import { gridWorkgroup } from "./wgsl/main.ts";
import { readFunction } from "./wgsl/read.ts";
import { filterConstants, indexRule } from "./wgsl/spline-filter.ts";
import { Writing } from "./wgsl/writing.ts";

/** Stride of each axis in a box, and of its channels. */
const stridesOf = ({ size }: Box): readonly [number, number, number, number] => [
  1,
  size[0],
  size[0] * size[1],
  size[0] * size[1] * size[2],
];

/** The axes across the lines, the one with neighbours in memory first; 3 stands for channels. */
const across: Readonly<Record<0 | 1 | 2, readonly [number, number, number]>> = {
  0: [1, 2, 3],
  1: [0, 2, 3],
  2: [0, 1, 3],
};

export const linesKernel = ({ source, output, axis, boundary }: Prefilter, plan: PlacedBuffers): Kernel => {
  const writing = new Writing();
  const { numbers, use } = writing;
  for (const name of Object.values(dispatchNumbers)) numbers.set(name, 0);
  const n = numbers.set("length", bufferOf(plan, output).size[axis], "i32");
  const [step, rowStep, layerStep, inRow] = ["step", "rowStep", "layerStep", "inRowStep"].map((name) =>
    numbers.set(name, 0),
  );
  const read = bufferOf(plan, source);
  const rule = use(indexRule[boundary]);
  const [x, y, z] = gridWorkgroup;
  const text = [
    readFunction(0, "real", read, writing),
    "",
    "// Sample i of the line that begins at `start`, for any whole i.",
    "fn sample(start: u32, i: i32) -> f32 {",
    `  return read0(start + u32(${rule}(i, ${n})) * ${step});`,
    "}",
    "",
    ...filterConstants,
    "const horizon = 24; // |pole|^24 is beyond float32",
    "",
    `@compute @workgroup_size(${x}, ${y}, ${z})`,
    "fn main(@builtin(global_invocation_id) id: vec3u) {",
    "  if (id.x >= numbers.width || id.y >= numbers.rows || id.z >= numbers.layers) { return; }",
    "  let row = numbers.firstRow + id.y;",
    "  let layer = numbers.firstLayer + id.z;",
    `  let start = (numbers.firstInRow + id.x) * ${inRow} + row * ${rowStep} + layer * ${layerStep};`,
    `  let last = ${n} - 1;`,
    "  // Before the first sample and after the last the responses go on by the boundary.",
    "  var forth = 0.0;",
    "  var back = sample(start, last);",
    "  var power = 1.0;",
    "  for (var m = 0; m <= horizon; m++) {",
    "    forth += power * sample(start, -m);",
    "    if (m > 0) { back += power * (sample(start, last - m) + sample(start, last + m)); }",
    "    power *= pole;",
    "  }",
    "  result[start] = forth;",
    `  for (var i = 1; i < ${n}; i++) {`,
    `    let at = start + u32(i) * ${step};`,
    "    forth = read0(at) + pole * forth;",
    "    result[at] = forth;",
    "  }",
    "  back *= gain;",
    `  result[start + u32(last) * ${step}] = back;`,
    "  for (var i = last - 1; i >= 0; i--) {",
    `    let at = start + u32(i) * ${step};`,
    "    back = pole * (back - 6.0 * result[at]);",
    "    result[at] = back;",
    "  }",
    "}",
  ].join("\n");
  return {
    code: writing.program(
      `B-spline coefficients along ${"xyz"[axis]}`,
      { result: "f32", voxels: [itemType("real", read.format)] },
      [text],
    ),
    numbers,
    tables: writing.tables.words(),
    sources: [source],
    output,
    workgroup: gridWorkgroup,
    cost: 3 * bufferOf(plan, output).size[axis] + 72,
    extentOf: (box) => {
      const counts = [...box.size, box.channels];
      const [width = 1, rows = 1, layers = 1] = across[axis].map((k) => counts[k] ?? 1);
      return { width, rows, layers };
    },
    uncut: axis,
    boxesFor: (box) => [box],
    numbersFor: (box) => {
      const strides = stridesOf(box);
      const [inRow = 0, row = 0, layer = 0] = across[axis].map((k) => strides[k] ?? 0);
      return new Map([
        ["step", strides[axis]],
        ["inRowStep", inRow],
        ["rowStep", row],
        ["layerStep", layer],
      ]);
    },
  };
};
