/**
 * Prints the entry point: which voxels an invocation computes, and how it stores them. Small integers are
 * packed, so an invocation makes a whole word of them; where rows do not end at words, a word may reach over.
 */
import type { Box } from "../boxes.ts";
import { type Format, formats, type Kept } from "../formats.ts";
import { dispatchNumbers, type Extent } from "../kernel.ts";
import { type Domain, perWord, quantizeReal } from "./elements.ts";
import type { Writing } from "./writing.ts";

export interface Main {
  readonly text: string;
  readonly workgroup: readonly [number, number, number];
  readonly perInvocation: number;
  readonly extentOf: (output: Box) => Extent;
  readonly valuesFor: (output: Box) => readonly (readonly [string, number])[];
}

/** Fits every device, and keeps neighbours in all directions together. */
export const gridWorkgroup = [32, 4, 2] as const;
const lineWorkgroup = [256, 1, 1] as const;

const boxNumbers = [
  "boxWidth",
  "rowItems",
  "boxRows",
  "boxPlanes",
  "boxElements",
  "column",
  "row",
  "plane",
  "channel",
] as const;

/** The entry point of a kernel whose function `voxel(x, y, z, channel)` gives an element; `width` is the output's. */
export const printMain = (width: number, domain: Domain, { format, unit }: Kept, writing: Writing): Main => {
  for (const name of [...Object.values(dispatchNumbers), ...boxNumbers]) writing.numbers.set(name, 0);
  const count = perWord(format);
  const perUnit = (): string => writing.numbers.set("resultPerUnit", 1 / unit, "f32");
  const item = (call: string): string => (domain === "bits" ? call : quantizeReal[format](call, writing.use, perUnit));
  const inRows = width % count === 0;
  return {
    text: inRows ? gridMain(count, item, format) : wordsMain(count, item, format),
    workgroup: inRows ? gridWorkgroup : lineWorkgroup,
    perInvocation: count,
    extentOf: ({ size, channels }) =>
      inRows
        ? { width: size[0] / count, rows: size[1], layers: size[2] * channels }
        : { width: Math.ceil((size[0] * size[1] * size[2] * channels) / count), rows: 1, layers: 1 },
    valuesFor: ({ start, size, channel, channels }) => [
      ["boxWidth", size[0]],
      ["rowItems", Math.ceil(size[0] / count)],
      ["boxRows", size[1]],
      ["boxPlanes", size[2]],
      ["boxElements", size[0] * size[1] * size[2] * channels],
      ["column", start[0]],
      ["row", start[1]],
      ["plane", start[2]],
      ["channel", channel],
    ],
  };
};

const mask = (format: Format): string => (formats[format].bytes === 1 ? "0xffu" : "0xffffu");

const gridMain = (count: number, item: (call: string) => string, format: Format): string => {
  const [x, y, z] = gridWorkgroup;
  const store =
    count === 1
      ? [`  result[at] = ${item("voxel(numbers.column + column, y, z, channel)")};`]
      : [
          "  var word = 0u;",
          `  for (var i = 0u; i < ${count}u; i++) {`,
          `    let item = ${item(`voxel(numbers.column + ${count}u * column + i, y, z, channel)`)};`,
          `    word |= (item & ${mask(format)}) << (${32 / count}u * i);`,
          "  }",
          "  result[at] = word;",
        ];
  return [
    `@compute @workgroup_size(${x}, ${y}, ${z})`,
    "fn main(@builtin(global_invocation_id) id: vec3u) {",
    "  if (id.x >= numbers.width || id.y >= numbers.rows || id.z >= numbers.layers) { return; }",
    "  let column = numbers.firstInRow + id.x;",
    "  let row = numbers.firstRow + id.y;",
    "  let layer = numbers.firstLayer + id.z;",
    "  let y = numbers.row + row;",
    "  let volume = layer / numbers.boxPlanes;",
    "  let z = numbers.plane + layer - volume * numbers.boxPlanes;",
    "  let channel = numbers.channel + volume;",
    "  let at = (layer * numbers.boxRows + row) * numbers.rowItems + column;",
    ...store,
    "}",
  ].join("\n");
};

const wordsMain = (count: number, item: (call: string) => string, format: Format): string =>
  [
    `@compute @workgroup_size(${lineWorkgroup[0]})`,
    "fn main(@builtin(global_invocation_id) id: vec3u) {",
    "  if (id.x >= numbers.width) { return; }",
    "  let at = numbers.firstInRow + id.x;",
    "  var word = 0u;",
    `  for (var i = 0u; i < ${count}u; i++) {`,
    `    let element = ${count}u * at + i;`,
    "    if (element >= numbers.boxElements) { break; }",
    "    let row = element / numbers.boxWidth;",
    "    let layer = row / numbers.boxRows;",
    "    let y = numbers.row + row % numbers.boxRows;",
    "    let z = numbers.plane + layer % numbers.boxPlanes;",
    "    let channel = numbers.channel + layer / numbers.boxPlanes;",
    `    let item = ${item("voxel(numbers.column + element % numbers.boxWidth, y, z, channel)")};`,
    `    word |= (item & ${mask(format)}) << (${32 / count}u * i);`,
    "  }",
    "  result[at] = word;",
    "}",
  ].join("\n");
