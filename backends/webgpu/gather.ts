/**
 * A gather as a kernel. What it computes with is float32; where voxels are only chosen and moved, it moves
 * their bits, of any dtype.
 */
import { support } from "../../compiler/language/interpolator.ts";
import { constant, nodesOf, replaceLeaves, type Scalar, showScalar } from "../../compiler/language/scalar.ts";
import { type DType, quantize, quantizeBigInt } from "../../compiler/language/voxels.ts";
import type { Gather } from "../../compiler/plan.ts";
import type { Format } from "./formats.ts";
import { type Kernel, sourceValues } from "./kernel.ts";
import { bufferOf, dtypeOfBuffer, type PlacedPlan } from "./plan-buffers.ts";
import { sourceBox } from "./reach.ts";
import { bodyStatements, type Leaves, onlyMoves } from "./wgsl/body.ts";
import { Coordinates } from "./wgsl/coordinates.ts";
import { type Domain, itemType, valueType, wordsOf } from "./wgsl/elements.ts";
import { printMain } from "./wgsl/main.ts";
import { printRead } from "./wgsl/read.ts";
import { printRegion } from "./wgsl/region.ts";
import { type Printed, printTap } from "./wgsl/tap.ts";
import { Writing } from "./wgsl/writing.ts";

/** The corner median of a channel of a buffer, in stored numbers. */
export type Background = (buffer: number, channel: number) => number;

/** The buffers whose background a gather asks for. */
export const backgroundsOf = (pass: Gather): readonly number[] => [
  ...new Set(nodesOf(pass.body).flatMap((s) => (s.kind === "background" ? [s.buffer] : []))),
];

/** Whether a gather computes nothing, and its output holds what its sources hold. */
export const moves = ({ taps, output, body }: Gather, formatOf: (buffer: number) => Format): boolean =>
  taps.every(({ by, source }) => by === "nearest" && formatOf(source) === formatOf(output)) && onlyMoves(body);

/** Bits are moved where nothing is computed, and sources and output are kept alike; units of float16 differ. */
export const domainOf = (pass: Gather, plan: PlacedPlan): Domain => {
  const formatOf = (buffer: number): Format => bufferOf(plan, buffer).format;
  return formatOf(pass.output) !== "float16" && moves(pass, formatOf) ? "bits" : "real";
};

export const gatherKernel = (pass: Gather, plan: PlacedPlan, background: Background): Kernel => {
  const output = bufferOf(plan, pass.output);
  const { size, channels } = output;
  const domain = domainOf(pass, plan);
  const sources = [...new Set(pass.taps.map(({ source }) => source))];
  const formatOf = (source: number): Format => bufferOf(plan, source).format;
  const writing = new Writing();
  const coordinates = new Coordinates(writing, size);
  const reads = sources.map((source, k) => printRead(k, domain, bufferOf(plan, source), writing));
  const taps = pass.taps.map((tap, k) => {
    const type = valueType(domain, formatOf(tap.source));
    const source = { binding: sources.indexOf(tap.source), size: bufferOf(plan, tap.source).size, type };
    return printTap(tap, k, source, size, writing, coordinates);
  });
  const regions = pass.regions.map((region, k) => printRegion(region, k, size, writing, coordinates));
  const leaves = leavesOf({ domain, dtype: dtypeOfBuffer(output), channels, taps, regions, background, writing });
  const statements = bodyStatements(pass.body, leaves);
  const voxel = [
    `fn voxel(x: u32, y: u32, z: u32, channel: u32) -> ${leaves.type} {`,
    ...coordinates.statements(),
    ...statements,
    "}",
  ].join("\n");
  const main = printMain(size[0], domain, output, writing);
  const types = {
    result: itemType(domain, output.format),
    voxels: sources.map((source) => itemType(domain, formatOf(source))),
  };
  const functions = [...reads, ...[...taps, ...regions].map(({ text }) => text), voxel, main.text];
  return {
    code: writing.program(`voxel = ${showStructure(pass.body)}`, types, functions),
    numbers: writing.numbers,
    tables: writing.tables.words(),
    sources,
    output: pass.output,
    workgroup: main.workgroup,
    cost: main.perInvocation * (1 + pass.taps.reduce((sum, { by }) => sum + support[by] ** 3, 0)),
    extentOf: main.extentOf,
    boxesFor: (box) =>
      sources.map((source) => {
        const { size, channels } = bufferOf(plan, source);
        return sourceBox(
          pass.taps.filter((tap) => tap.source === source),
          { size, channels },
          box,
        );
      }),
    numbersFor: (box, boxes) => new Map([...main.valuesFor(box), ...boxes.flatMap((b, k) => sourceValues(k, b))]),
  };
};

interface LeafContext {
  readonly domain: Domain;
  readonly dtype: DType;
  readonly channels: number;
  readonly taps: readonly Printed[];
  readonly regions: readonly Printed[];
  readonly background: Background;
  readonly writing: Writing;
}

/** How the leaves of the body are spelled. Constants are numbers of the run: other fills need no other kernel. */
const leavesOf = ({ domain, dtype, channels, taps, regions, background, writing }: LeafContext): Leaves => {
  const type = valueType(domain, dtype);
  const spelled = new Map<string, string>();
  const once = (key: string, spell: () => string): string => {
    const known = spelled.get(key) ?? spell();
    spelled.set(key, known);
    return known;
  };
  const words = (value: number): readonly number[] => storedWords(dtype, value).slice(0, type === "vec2u" ? 2 : 1);
  let constants = 0;
  const constantText = (value: number): string => {
    const name = `constant${constants++}`;
    if (domain === "real") return writing.numbers.set(name, value, "f32");
    const [low = 0, high] = words(value);
    const lowText = writing.numbers.set(name, low);
    return high === undefined ? lowText : `vec2u(${lowText}, ${writing.numbers.set(`${name}High`, high)})`;
  };
  let backgrounds = 0;
  const backgroundText = (buffer: number): string => {
    const values = Array.from({ length: channels }, (_, channel) => background(buffer, channel));
    const name = `background${backgrounds++}`;
    if (domain === "real") {
      const table = writing.table(name, new Uint32Array(Float32Array.from(values).buffer));
      return `bitcast<f32>(tables[${table} + channel])`;
    }
    const table = writing.table(name, Uint32Array.from(values.flatMap(words)));
    return type === "u32"
      ? `tables[${table} + channel]`
      : `vec2u(tables[${table} + 2u * channel], tables[${table} + 2u * channel + 1u])`;
  };
  return {
    type,
    constant: (value) => once(`constant ${Object.is(value, -0) ? "-0" : value}`, () => constantText(value)),
    background: (buffer) => once(`background ${buffer}`, () => backgroundText(buffer)),
    tap: (index) => taps[index]?.call ?? "",
    inside: (region) => regions[region]?.call ?? "",
    use: writing.use,
  };
};

/** The bits of a number as an array of `dtype` keeps it. */
const storedWords = (dtype: DType, value: number): readonly number[] =>
  wordsOf(dtype, dtype === "int64" || dtype === "uint64" ? quantizeBigInt(dtype, value) : quantize(dtype, value));

/** A body for people, without the values that kernels do not depend on. */
const showStructure = (body: Scalar): string => {
  const values: number[] = [];
  const numbered = replaceLeaves(body, (leaf) => {
    if (leaf.kind !== "const") return undefined;
    const known = values.findIndex((value) => Object.is(value, leaf.value));
    return constant(known >= 0 ? known : values.push(leaf.value) - 1);
  });
  return showScalar(numbered);
};
