/**
 * Prints what the bodies of a pass look at, over a domain: a function for each tap and region, and how the leaves
 * of the bodies are spelled. Gathers and sums share it.
 */
import { support } from "../../compiler/language/interpolator.ts";
import { wordsOf as wordsOfKey } from "../../compiler/language/random.ts";
import {
  constant,
  type Lookup,
  nodesOf,
  type Random,
  random,
  replaceLeaves,
  type Scalar,
  showScalar,
} from "../../compiler/language/scalar.ts";
import type { Axis } from "../../compiler/language/vector.ts";
import { type DType, quantize, quantizeBigInt } from "../../compiler/language/voxels.ts";
import { type Buffer, bodiesOf, type GradientPass, type Look } from "../../compiler/plan.ts";
import { type Box, wholeBox } from "./boxes.ts";
import { broken, bufferOf, type PlacedBuffers } from "./plan-buffers.ts";
import { sourceBox } from "./reach.ts";
import { bodyStatements, type Leaves } from "./wgsl/body.ts";
import { Coordinates } from "./wgsl/coordinates.ts";
import { type Domain, itemType, valueType, wordsOf } from "./wgsl/elements.ts";
import { printRead } from "./wgsl/read.ts";
import { printRegion } from "./wgsl/region.ts";
import { type Printed, printTap, type TapPlace } from "./wgsl/tap.ts";
import type { Writing } from "./wgsl/writing.ts";

/** The corner median of a channel of a buffer, in stored numbers. */
export type Background = (buffer: number, channel: number) => number;

/** The buffers whose background a pass asks for. */
export const backgroundsOf = (pass: GradientPass): readonly number[] => [
  ...new Set(
    bodiesOf(pass)
      .flatMap(nodesOf)
      .flatMap((s) => (s.kind === "background" ? [s.buffer] : [])),
  ),
];

export interface LookContext {
  readonly look: Look;
  readonly bodies: readonly Scalar[];
  /** The grid of indices that the pass runs over. */
  readonly over: Pick<Buffer, "size" | "channels">;
  readonly plan: PlacedBuffers;
  readonly background: Background;
  /** What bodies are computed in, and the dtype that they give. */
  readonly domain: Domain;
  readonly dtype: DType;
  readonly writing: Writing;
  /** For the plans of gradients: others ask for nothing of the kind. */
  readonly gradientLeaves?: GradientLeaves;
}

/** What only the bodies of gradients look at. */
export interface GradientLeaves {
  /** A tap whose slopes are asked for. */
  readonly printJet: (place: TapPlace) => Printed;
  /** The functions of a row and a column that look at tables, and what these need. */
  readonly printLookups: (looks: readonly TableLook[], writing: Writing) => readonly string[];
}

/** What a table is looked at for, and what the function is called. */
export interface TableLook extends Pick<Lookup, "weights"> {
  readonly name: string;
  readonly binding: number;
  readonly bins: number;
}

export interface PrintedLook {
  /** The buffers of the plan that are read, in the order of their bindings, and the types of their items. */
  readonly sources: readonly number[];
  readonly types: readonly string[];
  readonly functions: readonly string[];
  readonly leaves: Leaves;
  /** The statements of a function of x, y, z and channel: they end with what `finish` makes of the bodies' values. */
  readonly statements: readonly string[];
  /** Samples that are read for a voxel. */
  readonly samples: number;
  /** The part of each source that a part of the domain needs. */
  readonly boxesFor: (part: Box) => readonly Box[];
}

export const printLook = (
  { look, bodies, over, plan, background, domain, dtype, writing, gradientLeaves = none }: LookContext,
  finish: (values: readonly string[]) => readonly string[],
): PrintedLook => {
  const { size } = over;
  const nodes = bodies.flatMap(nodesOf);
  const lookups = nodes.filter((s) => s.kind === "lookup");
  const tables = new Set(lookups.map(({ buffer }) => buffer));
  const sources = [...new Set([...look.taps.map(({ source }) => source), ...tables])];
  const coordinates = new Coordinates(writing, size);
  const jets = new Set(nodes.flatMap((s) => (s.kind === "slope" ? [s.index] : [])));
  const reads = sources.map((source, k) => printRead(k, domain, bufferOf(plan, source), writing));
  const taps = look.taps.map((tap, k) => {
    const { size: samples, format } = bufferOf(plan, tap.source);
    const source = { binding: sources.indexOf(tap.source), size: samples, type: valueType(domain, format) };
    const place = { tap, k, source, size, writing, coordinates };
    return jets.has(k) ? gradientLeaves.printJet(place) : printTap(place);
  });
  const regions = look.regions.map((region, k) => printRegion(region, k, size, writing, coordinates));
  const lookupName = ({ buffer, weights }: Lookup): string => `${weights}Of${sources.indexOf(buffer)}`;
  const tableLooks = lookups.map((of): readonly [string, TableLook] => {
    const [name, binding] = [lookupName(of), sources.indexOf(of.buffer)];
    return [name, { name, binding, bins: bufferOf(plan, of.buffer).size[0], weights: of.weights }];
  });
  const looks = gradientLeaves.printLookups([...new Map(tableLooks).values()], writing);
  const leaves = leavesOf({ domain, dtype, over, taps, jets, regions, lookupName, background, writing });
  const statements = bodyStatements(bodies, leaves, finish);
  return {
    sources,
    types: sources.map((source) => itemType(domain, bufferOf(plan, source).format)),
    functions: [...reads, ...[...taps, ...regions].map(({ text }) => text), ...looks],
    leaves,
    statements: [
      ...coordinates.statements(),
      ...[...jets].map((k) => `  let ${jetName(k)} = ${taps[k]?.call ?? ""};`),
      ...statements,
    ],
    samples: look.taps.reduce((sum, { by }) => sum + support[by] ** 3, 0),
    boxesFor: (part) =>
      sources.map((source) => {
        const { size, channels } = bufferOf(plan, source);
        if (tables.has(source)) return wholeBox(size, channels);
        const readers = look.taps.filter((tap) => tap.source === source);
        return sourceBox(readers, { size, channels }, part);
      }),
  };
};

const notHere = (): never => broken("only gradients look at slopes and tables");
const none: GradientLeaves = {
  printJet: notHere,
  printLookups: (looks) => (looks.length === 0 ? [] : notHere()),
};

/** The components of a jet that are slopes, by source axis. */
const slopeOf: Readonly<Record<Axis, string>> = { 0: "y", 1: "z", 2: "w" };

const jetName = (tap: number): string => `slopes${tap}`;

interface LeafContext {
  readonly domain: Domain;
  readonly dtype: DType;
  readonly over: Pick<Buffer, "size" | "channels">;
  readonly taps: readonly Printed[];
  /** Of the taps whose slopes are asked for. */
  readonly jets: ReadonlySet<number>;
  readonly regions: readonly Printed[];
  readonly lookupName: (of: Lookup) => string;
  readonly background: Background;
  readonly writing: Writing;
}

/** How the leaves of the body are spelled. Constants are numbers of the run: other fills need no other kernel. */
const leavesOf = ({
  domain,
  dtype,
  over: { size, channels },
  taps,
  jets,
  regions,
  lookupName,
  background,
  writing,
}: LeafContext): Leaves => {
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
  let randoms = 0;
  const randomText = (of: Random): string => {
    const name = `random${randoms++}`;
    const [s, t] = wordsOfKey(of);
    const [width, depth] = [writing.numbers.set("randomWidth", size[0]), writing.numbers.set("randomDepth", size[2])];
    const key = [writing.numbers.set(`${name}S`, s), writing.numbers.set(`${name}T`, t)];
    return `${writing.use("random")}(x + ${width} * y, z + ${depth} * channel, ${key.join(", ")})`;
  };
  return {
    type,
    random: (of) => once(`random ${of.id}`, () => randomText(of)),
    constant: (value) => once(`constant ${Object.is(value, -0) ? "-0" : value}`, () => constantText(value)),
    background: (buffer) => once(`background ${buffer}`, () => backgroundText(buffer)),
    tap: (index) => (jets.has(index) ? `${jetName(index)}.x` : (taps[index]?.call ?? "")),
    slope: (index, axis) => `${jetName(index)}.${slopeOf[axis]}`,
    lookup: (of, row, column) => `${lookupName(of)}(${row}, ${column})`,
    inside: (region) => regions[region]?.call ?? "",
    use: writing.use,
  };
};

/** The bits of a number as an array of `dtype` keeps it. */
const storedWords = (dtype: DType, value: number): readonly number[] =>
  wordsOf(dtype, dtype === "int64" || dtype === "uint64" ? quantizeBigInt(dtype, value) : quantize(dtype, value));

/** A body for people, without the values that kernels do not depend on. */
export const showStructure = (body: Scalar): string => {
  const values: number[] = [];
  const randoms: Random[] = [];
  const numbered = replaceLeaves(body, (leaf) => {
    if (leaf.kind === "random") {
      const known = randoms.indexOf(leaf);
      return random(known >= 0 ? known : randoms.push(leaf) - 1);
    }
    if (leaf.kind !== "const") return undefined;
    const known = values.findIndex((value) => Object.is(value, leaf.value));
    return constant(known >= 0 ? known : values.push(leaf.value) - 1);
  });
  return showScalar(numbered);
};
