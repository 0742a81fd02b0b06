/**
 * A gather as a kernel. What it computes with is float32; where voxels are only chosen and moved, it moves
 * their bits, of any dtype.
 */
import type { Gather, Tap } from "../../compiler/plan.ts";
import type { Format } from "./formats.ts";
import { type Kernel, sourceValues } from "./kernel.ts";
import { type Background, type GradientLeaves, printLook, showStructure } from "./look.ts";
import { bufferOf, dtypeOfBuffer, type PlacedBuffers } from "./plan-buffers.ts";
import { conditionsIn, onlyMoves } from "./wgsl/body.ts";
import { type Domain, itemType } from "./wgsl/elements.ts";
import { printMain } from "./wgsl/main.ts";
import { Writing } from "./wgsl/writing.ts";

/** Whether a gather computes nothing, and its output holds what its sources hold. */
export const moves = ({ taps, output, body }: Gather, formatOf: (buffer: number) => Format): boolean => {
  const conditions = conditionsIn(body);
  // What decides is a float, which is 0 or not by its bits.
  const holds = ({ by, source }: Tap, k: number): boolean =>
    by === "nearest" && formatOf(source) === (conditions.has(k) ? "float32" : formatOf(output));
  return taps.every(holds) && onlyMoves(body);
};

/** Bits are moved where nothing is computed, and sources and output are kept alike; units of float16 differ. */
export const domainOf = (pass: Gather, plan: PlacedBuffers): Domain => {
  const formatOf = (buffer: number): Format => bufferOf(plan, buffer).format;
  return formatOf(pass.output) !== "float16" && moves(pass, formatOf) ? "bits" : "real";
};

export const gatherKernel = (
  pass: Gather,
  plan: PlacedBuffers,
  background: Background,
  gradientLeaves?: GradientLeaves,
): Kernel => {
  const output = bufferOf(plan, pass.output);
  const domain = domainOf(pass, plan);
  const dtype = dtypeOfBuffer(output);
  const writing = new Writing();
  const { sources, types, functions, leaves, statements, samples, boxesFor } = printLook(
    {
      look: pass,
      bodies: [pass.body],
      over: output,
      plan,
      background,
      domain,
      dtype,
      writing,
      ...(gradientLeaves && { gradientLeaves }),
    },
    ([value = ""]) => [`return ${value};`],
  );
  const voxel = [`fn voxel(x: u32, y: u32, z: u32, channel: u32) -> ${leaves.type} {`, ...statements, "}"].join("\n");
  const main = printMain(output.size[0], domain, output, writing);
  const items = { result: itemType(domain, output.format), voxels: types };
  return {
    code: writing.program(`voxel = ${showStructure(pass.body)}`, items, [...functions, voxel, main.text]),
    numbers: writing.numbers,
    tables: writing.tables.words(),
    sources,
    output: pass.output,
    workgroup: main.workgroup,
    cost: main.perInvocation * (1 + samples),
    extentOf: main.extentOf,
    boxesFor,
    numbersFor: (box, boxes) => new Map([...main.valuesFor(box), ...boxes.flatMap((b, k) => sourceValues(k, b))]),
  };
};
