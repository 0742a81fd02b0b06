/** Prints how voxels give to the samples around where they look, in whole numbers, and what these stand for. */
import { type Interpolator, support } from "../../../compiler/language/interpolator.ts";
import { addToSum, eachVoxel, wordsPerBin, workgroup } from "./counting.ts";
import { type AimedPlace, printAimed } from "./tap.ts";
import type { Writing } from "./writing.ts";

/** What the voxel at x, y, z of a channel gives, of a volume that is bound whole. */
export const givenValue = "read0(((channel * numbers.sizeZ + z) * numbers.sizeY + y) * numbers.sizeX + x)";

/** Weights along an axis, as the statements of a look leave them. */
const weights: Readonly<Record<Interpolator, (a: string) => readonly string[]>> = {
  nearest: () => ["1.0"],
  linear: (a) => [`1.0 - ${a}Part`, `${a}Part`],
  bspline: (a) => [0, 1, 2, 3].map((i) => `${a}Weights[${i}]`),
};

/** `statements` leave the coordinates of voxel x, y, z, and whether they lead anywhere. */
export const printGiving = (place: AimedPlace, statements: readonly string[]): readonly string[] => {
  const { by } = place.tap;
  const count = support[by];
  const arrays = ["x", "y", "z"].flatMap((a) => [
    `var ${a}s = array<u32, ${count}>(${Array.from({ length: count }, (_, i) => `${a}${i}`).join(", ")});`,
    `var ${a}Shares = array<f32, ${count}>(${weights[by](a).join(", ")});`,
  ]);
  const spread = printAimed(place, "spread", "bool", () => [], [
    `let value = ${givenValue};`,
    "let finite = (bitcast<u32>(value) & 0x7fffffffu) < 0x7f800000u;",
    "let perUnit = bitcast<f32>(min(283u - (atomicLoad(&result[0]) >> 23u), 254u) << 23u);",
    ...arrays,
    `for (var c = 0u; c < ${count}u; c++) {`,
    `  for (var b = 0u; b < ${count}u; b++) {`,
    `    for (var a = 0u; a < ${count}u; a++) {`,
    "      let share = xShares[a] * yShares[b] * zShares[c];",
    `      let at = 1u + ${wordsPerBin}u * (start + xs[a] + ys[b] + zs[c]);`,
    "      if (share == 0.0) { continue; }",
    "      if (finite) { count(at, i32(round(value * perUnit * share))); } else { mark(at, value, share); }",
    "    }",
    "  }",
    "}",
    "return true;",
  ]);
  return [
    ...addToSum(place.writing),
    spread.text,
    eachVoxel([
      `if (!${place.writing.use("isNotZero")}(${givenValue})) { return; }`,
      ...statements.map((line) => line.trimStart()),
      "if (!leads) { return; }",
      `_ = ${spread.call};`,
    ]),
  ];
};

/** The entry point of a kernel that reads the sums and leaves what they stand for. */
export const printSums = ({ use }: Writing): readonly string[] => [
  [
    `@compute @workgroup_size(${workgroup})`,
    "fn main(@builtin(global_invocation_id) id: vec3u) {",
    "  if (id.x >= numbers.width) { return; }",
    "  let at = numbers.firstInRow + id.x;",
    `  let first = 1u + ${wordsPerBin}u * at;`,
    "  let kinds = voxels0[first + 2u];",
    "  let exponent = min(283u - (voxels0[0] >> 23u), 254u);",
    `  let sum = ${use("fromInt64")}(vec2u(voxels0[first], voxels0[first + 1u]));`,
    "  let finite = sum / bitcast<f32>(exponent << 23u);",
    `  let none = ${use("quietNan")}(0.0);`,
    "  let infinite = select(bitcast<f32>(0x7f800000u | (kinds << 30u)), none, kinds > 2u);",
    "  result[at] = select(infinite, finite, kinds == 0u);",
    "}",
  ].join("\n"),
];
