/**
 * Prints what a sum of slopes looks at: the value of a tap together with its derivatives along the axes of its
 * source, from samples that are read once.
 */
import type { Interpolator } from "../../../compiler/language/interpolator.ts";
import type { Axis } from "../../../compiler/language/vector.ts";
import type { Tap } from "../../../compiler/plan.ts";
import { makeStencil } from "../../../compiler/stencil.ts";
import { fillSlopes } from "../../../compiler/stencil-slopes.ts";
import { coordinateAlong, driversOf } from "../tables.ts";
import {
  type AimedPlace,
  type Printed,
  printAimed,
  printAimedTap,
  printSampling,
  printTap,
  type TapPlace,
} from "./tap.ts";
import { capitals, letterOf, letters, type Writing } from "./writing.ts";

/** A function `jet` that returns a `vec4f`: the value, then the slopes along x, y and z. */
export const printJet = (place: TapPlace): Printed => {
  const { tap, k, source, writing } = place;
  return tap.by === "nearest"
    ? flatJet(place)
    : printSampling(place, `jet${k}`, "vec4f", (row) => slopesAlong(place, row), sums[tap.by](source.binding, writing));
};

/** As {@link printJet}, from coordinates that are known already. */
export const printAimedJet = (place: AimedPlace): Printed => {
  const { tap, source, writing } = place;
  if (tap.by === "nearest") {
    const { text, call } = printAimedTap(place);
    return { text, call: `vec4f(${call}, 0.0, 0.0, 0.0)` };
  }
  const more = (row: Axis): readonly string[] => (tap.by === "bspline" ? splitSlopes(letters[row]) : []);
  return printAimed(place, "jet0", "vec4f", more, sums[tap.by](source.binding, writing));
};

const flatJet = (place: TapPlace): Printed => {
  const { text, call } = printTap(place);
  return { text, call: `vec4f(${call}, 0.0, 0.0, 0.0)` };
};

/** Statements that find the derivatives of the weights along an axis, where these are more than −1 and 1. */
const slopesAlong = ({ tap, k, source, size, writing }: TapPlace, row: Axis): readonly string[] => {
  if (tap.by !== "bspline") return [];
  const a = letters[row];
  const drivers = driversOf(tap.pull, row);
  // Held coordinates are whole ones there, at which mirrored samples make a slope of 0.
  if (drivers.length > 1) return splitSlopes(a);
  const [along] = drivers;
  const words = slopeTable(tap, row, along ?? 0, along === undefined ? 1 : size[along], source.size[row]);
  const table = writing.table(`slopes${k}${capitals[row]}`, words);
  const entry = `${a}SlopeEntry`;
  return [
    `let ${entry} = ${along === undefined ? table : `${table} + 4u * ${letterOf(along)}`};`,
    `let ${a}Slopes = bitcast<vec4f>(vec4u(${[0, 1, 2, 3].map((i) => `tables[${entry} + ${i}u]`).join(", ")}));`,
  ];
};

const splitSlopes = (a: string): readonly string[] => [
  `let ${a}Rest = 1.0 - ${a}Split.part;`,
  `let ${a}Slopes = ${slopesAt(`${a}Split.part`, `${a}Rest`)};`,
];

/** How fast each weight rises, `t` beyond a sample and `u` before the next. */
export const slopesAt = (t: string, u: string): string =>
  `vec4f(-${u} * ${u} / 2.0, ${t} * (1.5 * ${t} - 2.0), ${u} * (2.0 - 1.5 * ${u}), ${t} * ${t} / 2.0)`;

/** For each of `count` indices along the driving axis the derivatives of the weights. */
const slopeTable = ({ pull, by, boundary }: Tap, row: Axis, along: Axis, count: number, n: number): Uint32Array => {
  const stencil = makeStencil(by);
  const width = stencil.weight.length;
  const slopes = new Float32Array(count * width);
  for (let i = 0; i < count; i++) {
    fillSlopes(stencil, by, boundary, coordinateAlong(pull, row, along, i), n);
    slopes.set(stencil.weight, i * width);
  }
  return new Uint32Array(slopes.buffer);
};

/** Statements that read the samples and return the jet. */
const sums: Readonly<
  Record<Exclude<Interpolator, "nearest">, (binding: number, writing: Writing) => readonly string[]>
> = {
  linear: (binding, { use }) => {
    const blend = use("blend");
    const edges = [0, 1].flatMap((z) =>
      [0, 1].flatMap((y) => [
        `let near${y}${z} = read${binding}(start + y${y} + z${z} + x0);`,
        `let far${y}${z} = read${binding}(start + y${y} + z${z} + x1);`,
        `let row${y}${z} = ${blend}(near${y}${z}, far${y}${z}, xPart);`,
      ]),
    );
    const planes = [0, 1].flatMap((z) => [
      `let plane${z} = ${blend}(row0${z}, row1${z}, yPart);`,
      `let planeX${z} = ${blend}(far0${z} - near0${z}, far1${z} - near1${z}, yPart);`,
      `let planeY${z} = row1${z} - row0${z};`,
    ]);
    const parts = ["plane", "planeX", "planeY"].map((name) => `${blend}(${name}0, ${name}1, zPart)`);
    return [...edges, ...planes, `return vec4f(${parts.join(", ")}, plane1 - plane0);`];
  },
  bspline: (binding, { use }) => {
    const weigh = use("weigh");
    const four = (name: (i: number) => string): string => `vec4f(${[0, 1, 2, 3].map(name).join(", ")})`;
    return [
      ...[0, 1, 2, 3].flatMap((z) => [
        ...[0, 1, 2, 3].flatMap((y) => [
          `let at${y}${z} = start + y${y} + z${z};`,
          `let samples${y}${z} = ${four((i) => `read${binding}(at${y}${z} + x${i})`)};`,
          `let row${y}${z} = ${weigh}(samples${y}${z}, xWeights);`,
          `let rowX${y}${z} = ${weigh}(samples${y}${z}, xSlopes);`,
        ]),
        `let rows${z} = ${four((y) => `row${y}${z}`)};`,
        `let plane${z} = ${weigh}(rows${z}, yWeights);`,
        `let planeX${z} = ${weigh}(${four((y) => `rowX${y}${z}`)}, yWeights);`,
        `let planeY${z} = ${weigh}(rows${z}, ySlopes);`,
      ]),
      `let planes = ${four((z) => `plane${z}`)};`,
      "return vec4f(",
      `  ${weigh}(planes, zWeights),`,
      `  ${weigh}(${four((z) => `planeX${z}`)}, zWeights),`,
      `  ${weigh}(${four((z) => `planeY${z}`)}, zWeights),`,
      `  ${weigh}(planes, zSlopes),`,
      ");",
    ];
  },
};
