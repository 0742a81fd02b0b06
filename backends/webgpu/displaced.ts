/**
 * Looks that a displacement moves, and whether they lead into an extent, as kernels: as other taps, from coordinates to
 * which something read for each voxel is added.
 */
import { support } from "../../compiler/language/interpolator.ts";
import { axes, type Vector3 } from "../../compiler/language/vector.ts";
import type { Displaced, Within } from "../../compiler/plan.ts";
import { type Box, wholeBox } from "./boxes.ts";
import type { Format } from "./formats.ts";
import { type Kernel, sourceValues } from "./kernel.ts";
import { bufferOf, type PlacedBuffers } from "./plan-buffers.ts";
import { extentHigh, extentLow } from "./tables.ts";
import { printAim } from "./wgsl/aim.ts";
import { bitsType, type Domain, itemType, valueType } from "./wgsl/elements.ts";
import { printAimedJet } from "./wgsl/jet.ts";
import { printMain } from "./wgsl/main.ts";
import { printRead } from "./wgsl/read.ts";
import { type Printed, printAimedTap } from "./wgsl/tap.ts";
import { Writing } from "./wgsl/writing.ts";

export const displacedKernel = (pass: Displaced | Within, plan: PlacedBuffers): Kernel => {
  const output = bufferOf(plan, pass.output);
  const { size } = output;
  // The nearest voxels are moved as bits where they are kept as the source keeps them.
  const source =
    pass.kind === "displaced" && pass.slope === undefined && pass.by === "nearest"
      ? bufferOf(plan, pass.source)
      : undefined;
  const domain = source?.format === output.format && output.format !== "float16" ? "bits" : "real";
  const writing = new Writing();
  const looked = pass.kind === "displaced" ? [pass.source] : [];
  const sources = [...looked, ...pass.aim.displacement];
  const kept = sources.map((source) => bufferOf(plan, source));
  const domainOf = (k: number): Domain => (k < looked.length ? domain : "real");
  const reads = kept.map((buffer, k) => printRead(k, domainOf(k), buffer, writing));
  const aim = printAim(pass.aim, size, looked.length, writing);
  const found =
    pass.kind === "displaced"
      ? printLook(pass, plan, { size, domain, format: output.format }, aim.coordinates, writing)
      : printWithin(pass, aim.coordinates, writing);
  const voxel = [
    `fn voxel(x: u32, y: u32, z: u32, channel: u32) -> ${valueType(domain, output.format)} {`,
    ...aim.statements,
    ...found.statements,
    "}",
  ].join("\n");
  const main = printMain(size[0], domain, output, writing);
  const types = {
    result: itemType(domain, output.format),
    voxels: kept.map(({ format }, k) => itemType(domainOf(k), format)),
  };
  return {
    code: writing.program(found.comment, types, [...reads, ...found.functions, voxel, main.text]),
    numbers: writing.numbers,
    tables: writing.tables.words(),
    sources,
    output: pass.output,
    workgroup: main.workgroup,
    cost: main.perInvocation * (4 + (pass.kind === "displaced" ? support[pass.by] ** 3 : 0)),
    extentOf: main.extentOf,
    boxesFor: (part) => [
      ...looked.map((source) => wholeFor(plan, source, part)),
      ...pass.aim.displacement.map(() => ({ ...part, channel: 0, channels: 1 })),
    ],
    numbersFor: (box, boxes) => new Map([...main.valuesFor(box), ...boxes.flatMap((b, k) => sourceValues(k, b))]),
  };
};

/** Nothing is known of how far a displacement goes: all of the channels that a part of the output is of. */
const wholeFor = (plan: PlacedBuffers, source: number, part: Box): Box => {
  const { size, channels } = bufferOf(plan, source);
  const all = wholeBox(size, channels);
  return channels === 1 ? all : { ...all, channel: part.channel, channels: part.channels };
};

interface Found {
  readonly comment: string;
  readonly functions: readonly string[];
  readonly statements: readonly string[];
}

const printLook = (
  { source, by, boundary, slope }: Displaced,
  plan: PlacedBuffers,
  { size, domain, format }: { readonly size: Vector3; readonly domain: Domain; readonly format: Format },
  coordinates: Parameters<typeof printAimedTap>[0]["aimed"],
  writing: Writing,
): Found => {
  const from = { binding: 0, size: bufferOf(plan, source).size, type: valueType(domain, format) };
  const place = { tap: { by, boundary }, k: 0, source: from, size, writing, aimed: coordinates };
  const look: Printed = slope === undefined ? printAimedTap(place) : printAimedJet(place);
  const value = slope === undefined ? look.call : `${look.call}.${"yzw"[slope]}`;
  return {
    comment: `${by} looks that a displacement moves, beyond the edges ${boundary}`,
    functions: [look.text],
    statements: [
      "  // What leads nowhere has no value.",
      `  if (!leads) { return ${domain === "bits" ? noneOf(format) : `${writing.use("quietNan")}(0.0)`}; }`,
      `  return ${value};`,
    ],
  };
};

/** The bits of what is no number; integers have 0 for it. */
const noneOf = (format: Format): string => {
  if (format === "float32") return "0x7fc00000u";
  if (format === "float64") return "vec2u(0u, 0x7ff80000u)";
  return bitsType(format) === "vec2u" ? "vec2u(0u)" : "0u";
};

const printWithin = (
  { extent }: Within,
  coordinates: ReturnType<typeof printAim>["coordinates"],
  writing: Writing,
): Found => {
  const isLess = writing.use("isLess");
  const conditions = axes.flatMap((axis) => {
    const { name, shift } = coordinates[axis];
    const low = writing.fixed(`${name}From`, extentLow, shift);
    const high = writing.fixed(`${name}To`, extentHigh(extent[axis]), shift);
    return [`!${isLess}(${name}, ${low})`, `${isLess}(${name}, ${high})`];
  });
  return {
    comment: "whether looks that a displacement moves lead into an extent",
    functions: [],
    statements: [`  return select(0.0, 1.0, leads && ${conditions.join("\n    && ")});`],
  };
};
