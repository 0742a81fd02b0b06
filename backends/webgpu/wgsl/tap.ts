/**
 * Prints a tap. Each source axis is printed by what drives it: along one output axis, stencils come from a
 * table; where output axes mix, from a coordinate in fixed point. Copies, separable and general pulls are the
 * same code, of which each has only what it needs.
 */
import type { Interpolator } from "../../../compiler/language/interpolator.ts";
import { type Axis, axes, type Vector3 } from "../../../compiler/language/vector.ts";
import type { Tap, TapBoundary } from "../../../compiler/plan.ts";
import { splineBoundary } from "../../../compiler/stencil.ts";
import { sourceNumbers } from "../kernel.ts";
import { driversOf, nearestHalf, periodOf, stencilTable, stencilWords } from "../tables.ts";
import type { Coordinate, Coordinates } from "./coordinates.ts";
import type { HelperName } from "./library.ts";
import { capitals, letterOf, letters, type Writing } from "./writing.ts";

/** The function that brings an index back to the samples. */
export const indexRule: Readonly<Record<TapBoundary, HelperName>> = {
  clamp: "clampIndex",
  wrap: "wrapIndex",
  reflect: "reflectIndex",
  mirror: "mirrorIndex",
};

/** A function of a kernel and how it is called from where x, y, z, channel and the coordinates are known. */
export interface Printed {
  readonly text: string;
  readonly call: string;
}

export interface TapSource {
  /** The number of its binding. */
  readonly binding: number;
  readonly size: Vector3;
  /** The type of a sample. */
  readonly type: string;
}

/** Numbers of the samples along an axis, and their weights, as statements. */
interface AxisText {
  readonly statements: readonly string[];
  readonly coordinates: readonly Coordinate[];
}

/** Where a tap is printed, and from what. */
export interface TapPlace {
  readonly tap: Tap;
  readonly k: number;
  readonly source: TapSource;
  /** The size of the output. */
  readonly size: Vector3;
  readonly writing: Writing;
  readonly coordinates: Coordinates;
}

/** Where a tap is printed whose coordinates are known already. */
export type AimedPlace = Omit<TapPlace, "tap" | "coordinates"> & {
  readonly tap: Pick<Tap, "by" | "boundary">;
  readonly aimed: readonly [Coordinate, Coordinate, Coordinate];
};

export const printAimedTap = (place: AimedPlace): Printed =>
  printAimed(place, "tap0", place.source.type, () => [], sums[place.tap.by](place.source.binding, place.writing));

/** As {@link printSampling}. */
export const printAimed = (
  { tap, k, source, writing, aimed }: AimedPlace,
  name: string,
  type: string,
  more: (row: Axis) => readonly string[],
  result: readonly string[],
): Printed =>
  printFunction(
    axes.map((row) => coordinateText(tap, k, row, source, aimed[row], writing)),
    { comment: tap.by, boundary: tap.boundary, binding: source.binding, name, type, more, result },
  );

export const printTap = (place: TapPlace): Printed =>
  printSampling(
    place,
    `tap${place.k}`,
    place.source.type,
    () => [],
    sums[place.tap.by](place.source.binding, place.writing),
  );

/** A function that finds the samples around a coordinate, does something `more` along each axis, and returns `result`. */
export const printSampling = (
  { tap, k, source, size, writing, coordinates }: TapPlace,
  name: string,
  type: string,
  more: (row: Axis) => readonly string[],
  result: readonly string[],
): Printed => {
  const parts = axes.map((row) => axisText(tap, k, row, source, size, writing, coordinates));
  const comment = tap.class === "copy" ? "copied" : tap.by;
  return printFunction(parts, { comment, boundary: tap.boundary, binding: source.binding, name, type, more, result });
};

interface FunctionText {
  readonly comment: string;
  readonly boundary: TapBoundary;
  readonly binding: number;
  readonly name: string;
  readonly type: string;
  readonly more: (row: Axis) => readonly string[];
  readonly result: readonly string[];
}

const printFunction = (
  parts: readonly AxisText[],
  { comment, boundary, binding, name, type, more, result }: FunctionText,
): Printed => {
  const needed = [...new Set(parts.flatMap((part) => part.coordinates))];
  const parameters = ["x: u32", "y: u32", "z: u32", "channel: u32", ...needed.map(({ name }) => `${name}: Fixed`)];
  const statements = axes.flatMap((row) => [...(parts[row]?.statements ?? []), ...more(row)]);
  return {
    text: [
      `// ${comment} from voxels${binding}, beyond the edges ${boundary}`,
      `fn ${name}(${parameters.join(", ")}) -> ${type} {`,
      `  let start = (channel - numbers.channel) * numbers.${sourceNumbers(binding).volume};`,
      ...[...statements, ...result].map((line) => `  ${line}`),
      "}",
    ].join("\n"),
    call: `${name}(${["x", "y", "z", "channel", ...needed.map(({ name }) => name)].join(", ")})`,
  };
};

const axisText = (
  { pull, by, boundary }: Tap,
  k: number,
  row: Axis,
  source: TapSource,
  size: Vector3,
  writing: Writing,
  coordinates: Coordinates,
): AxisText => {
  const n = source.size[row];
  const drivers = driversOf(pull, row);
  if (drivers.length < 2) {
    const [along] = drivers;
    const count = along === undefined ? 1 : size[along];
    const words = stencilTable(pull, row, along ?? 0, count, by, boundary, n);
    const table = writing.table(`tap${k}${capitals[row]}`, words);
    const position = along === undefined ? table : `${table} + ${stencilWords[by]}u * ${letterOf(along)}`;
    return { statements: tabled[by](letters[row], position, addressAlong(row, source.binding)), coordinates: [] };
  }
  const coordinate = coordinates.of(pull, row, n, periodOf[boundary](n));
  return coordinateText({ by, boundary }, k, row, source, coordinate, writing);
};

/** What an index along an axis adds to the address. */
const addressAlong = (row: Axis, binding: number): ((index: string) => string) => {
  const names = sourceNumbers(binding);
  const first = `numbers.${names[letters[row]]}`;
  const stride = row === 0 ? "" : ` * numbers.${row === 1 ? names.row : names.plane}`;
  return (index) => (stride === "" ? `${index} - ${first}` : `(${index} - ${first})${stride}`);
};

const coordinateText = (
  { by, boundary }: Pick<Tap, "by" | "boundary">,
  k: number,
  row: Axis,
  source: TapSource,
  coordinate: Coordinate,
  writing: Writing,
): AxisText => {
  const [a, n] = [letters[row], source.size[row]];
  const limit = writing.numbers.set(`tap${k}Size${capitals[row]}`, n, "i32");
  const rule = by === "bspline" ? splineBoundary[boundary] : boundary;
  const at = (index: string): string => `u32(${writing.use(indexRule[rule])}(${index}, ${limit}))`;
  const address = addressAlong(row, source.binding);
  const statements = summed[by]({ a, coordinate, limit, at, address, hold: boundary === "clamp", writing });
  return { statements, coordinates: [coordinate] };
};

/** Statements that look an axis up in its table. */
const tabled: Readonly<
  Record<Interpolator, (a: string, position: string, address: (index: string) => string) => readonly string[]>
> = {
  nearest: (a, position, address) => [`let ${a}0 = ${address(`tables[${position}]`)};`],
  linear: (a, position, address) => [
    `let ${a}Entry = ${position};`,
    `let ${a}0 = ${address(`tables[${a}Entry]`)};`,
    `let ${a}1 = ${address(`tables[${a}Entry + 1u]`)};`,
    `let ${a}Part = bitcast<f32>(tables[${a}Entry + 2u]);`,
  ],
  bspline: (a, position, address) => [
    `let ${a}Entry = ${position};`,
    ...[0, 1, 2, 3].map((i) => `let ${a}${i} = ${address(`tables[${a}Entry + ${i}u]`)};`),
    `let ${a}Weights = bitcast<vec4f>(vec4u(${[4, 5, 6, 7].map((i) => `tables[${a}Entry + ${i}u]`).join(", ")}));`,
  ],
};

interface Summed {
  readonly a: string;
  readonly coordinate: Coordinate;
  readonly limit: string;
  /** An index brought back to the samples. */
  readonly at: (index: string) => string;
  readonly address: (index: string) => string;
  /** Whether coordinates beyond the outermost centres are brought to them, where the interpolator would go on. */
  readonly hold: boolean;
  readonly writing: Writing;
}

/** Statements that compute an axis from a coordinate in fixed point. */
const summed: Readonly<Record<Interpolator, (s: Summed) => readonly string[]>> = {
  nearest: ({ a, coordinate: { name, shift, shiftText }, at, address, writing }) => {
    const half = writing.fixed(`${name}Half`, nearestHalf, shift);
    return [`let ${a}0 = ${address(at(`${writing.use("nearest")}(${name}, ${half}, ${shiftText})`))};`];
  },
  linear: ({ a, coordinate: { name, shiftText }, at, address, writing }) => [
    `let ${a}Split = ${writing.use("split")}(${name}, ${shiftText});`,
    `let ${a}0 = ${address(at(`${a}Split.whole`))};`,
    `let ${a}1 = ${address(at(`${a}Split.whole + 1`))};`,
    `let ${a}Part = ${a}Split.part;`,
  ],
  bspline: ({ a, coordinate: { name, shiftText }, limit, at, address, hold, writing }) => {
    const split = `${writing.use("split")}(${name}, ${shiftText})`;
    return [
      `let ${a}Split = ${hold ? `${writing.use("held")}(${split}, ${limit})` : split};`,
      ...[" - 1", "", " + 1", " + 2"].map((by, i) => `let ${a}${i} = ${address(at(`${a}Split.whole${by}`))};`),
      `let ${a}Weights = ${writing.use("splineWeights")}(${a}Split.part);`,
    ];
  },
};

/** Statements that read the samples and return what becomes of them. */
const sums: Readonly<Record<Interpolator, (binding: number, writing: Writing) => readonly string[]>> = {
  nearest: (binding) => [`return read${binding}(start + x0 + y0 + z0);`],
  linear: (binding, { use }) => {
    const blend = use("blend");
    const row = (y: number, z: number): string =>
      `${blend}(read${binding}(row${y}${z} + x0), read${binding}(row${y}${z} + x1), xPart)`;
    return [
      ...[0, 1].flatMap((z) => [0, 1].map((y) => `let row${y}${z} = start + y${y} + z${z};`)),
      ...[0, 1].map((z) => `let plane${z} = ${blend}(${row(0, z)}, ${row(1, z)}, yPart);`),
      `return ${blend}(plane0, plane1, zPart);`,
    ];
  },
  bspline: (binding, { use }) => {
    const weigh = use("weigh");
    const row = (y: number, z: number): string => {
      const samples = [0, 1, 2, 3].map((i) => `read${binding}(row${y}${z} + x${i})`);
      return `${weigh}(vec4f(${samples.join(", ")}), xWeights)`;
    };
    return [
      ...[0, 1, 2, 3].flatMap((z) => [
        ...[0, 1, 2, 3].map((y) => `let row${y}${z} = start + y${y} + z${z};`),
        `let plane${z} = ${weigh}(vec4f(${[0, 1, 2, 3].map((y) => row(y, z)).join(", ")}), yWeights);`,
      ]),
      `return ${weigh}(vec4f(plane0, plane1, plane2, plane3), zWeights);`,
    ];
  },
};
