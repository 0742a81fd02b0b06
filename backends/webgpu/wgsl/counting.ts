/**
 * Prints how voxels are counted into a histogram. The buffer of the result begins with the bits of the largest
 * weight; each bin of each copy of the histogram follows as {@link wordsPerBin} words.
 */
import { indexStatements } from "./domain.ts";
import { tablePlace } from "./table.ts";
import type { Writing } from "./writing.ts";

/** Invocations that run together; every device has as many. */
export const workgroup = 256;

/** The lower and the upper word of the sum, and which infinities and NaN were added (1: ∞, 2: −∞, 4: NaN). */
export const wordsPerBin = 3;

/** What the largest weight, given by its bits, is counted as: between 2²⁹ and 2³⁰, unless it is tiny. A power of two. */
export const unitsPerWeight = (largest: number): number => 2 ** (Math.min(283 - (largest >>> 23), 254) - 127);

/** The entry point of a kernel with an invocation for each voxel of a domain. */
export const eachVoxel = (statements: readonly string[]): string =>
  [
    `@compute @workgroup_size(${workgroup})`,
    "fn main(@builtin(global_invocation_id) id: vec3u, @builtin(workgroup_id) group: vec3u) {",
    "  if (id.x >= numbers.width) { return; }",
    "  let at = numbers.firstInRow + id.x;",
    ...[...indexStatements, ...statements].map((line) => `  ${line}`),
    "}",
  ].join("\n");

/** The entry point of a kernel whose function `bodies(x, y, z, channel)` gives the weight: finds the largest. */
export const printLargest = (): readonly string[] => [
  eachVoxel([
    "let size = bitcast<u32>(bodies(x, y, z, channel)[0]) & 0x7fffffffu;",
    "// Few are larger than all before.",
    "if (size < 0x7f800000u && size > atomicLoad(&result[0])) { atomicMax(&result[0], size); }",
  ]),
];

/** Functions that add to the words of a sum: a number of units, or that something was not finite. */
export const addToSum = ({ use }: Writing): readonly string[] => {
  const isNan = use("isNan");
  return [
    `// Adds to 64 bits. What comes in between changes no sum.
fn count(at: u32, units: i32) {
  if (units == 0) { return; }
  let low = bitcast<u32>(units);
  let before = atomicAdd(&result[at], low);
  let high = u32(before + low < low) - u32(units < 0);
  if (high != 0u) { atomicAdd(&result[at + 1u], high); }
}`,
    `fn mark(at: u32, weight: f32, share: f32) {
  let isNone = ${isNan}(weight) || share == 0.0;
  atomicOr(&result[at + 2u], select(select(2u, 1u, weight > 0.0), 4u, isNone));
}`,
  ];
};

/** The entry point of a kernel whose function `bodies(x, y, z, channel)` gives row, column and weight: counts. */
export const printCounting = (bins: number, copies: number, writing: Writing): readonly string[] => {
  const { numbers, use } = writing;
  const isNan = use("isNan");
  return [
    tablePlace,
    ...addToSum(writing),
    eachVoxel([
      "let values = bodies(x, y, z, channel);",
      "let weight = values[2];",
      `if (${isNan}(values[0]) || ${isNan}(values[1]) || weight == 0.0) { return; }`,
      `let place = tablePlace(values[0], values[1], ${numbers.set("bins", bins, "f32")});`,
      `let shares = ${use("splineWeights")}(place.part);`,
      `let copy = group.x % ${numbers.set("copies", copies)};`,
      `let first = 1u + ${wordsPerBin}u * (copy * ${numbers.set("elements", bins ** 2)} + place.at);`,
      "let isFinite = (bitcast<u32>(weight) & 0x7fffffffu) < 0x7f800000u;",
      "let perUnit = bitcast<f32>(min(283u - (atomicLoad(&result[0]) >> 23u), 254u) << 23u);",
      "for (var k = 0u; k < 4u; k++) {",
      `  let bin = first + ${wordsPerBin}u * k;`,
      "  if (isFinite) { count(bin, i32(round(weight * perUnit * shares[k]))); } else { mark(bin, weight, shares[k]); }",
      "}",
    ]),
  ];
};
