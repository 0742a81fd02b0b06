/** Prints how a workgroup sums the bodies of a block of voxels. */
import type { Total } from "../../../compiler/plan.ts";
import { indexStatements } from "./domain.ts";

/** Invocations that sum a block together; a power of two that every device has. */
export const workgroup = 128;

/**
 * The entry point of a kernel whose function `bodies(x, y, z, channel)` gives a number for each total. Each
 * invocation takes every `workgroup`-th voxel, `inARow` of them before it adds to what it had; then halves are added to
 * halves.
 */
export const printSums = (totals: readonly Total[], inARow: number): string => {
  const type = ({ moments }: Total): string => (moments ? "vec4f" : "f32");
  const each = (print: (total: Total, k: number) => string): readonly string[] => totals.map(print);
  let element = 0;
  const stores = totals.flatMap(({ moments }, k) => {
    const first = element;
    element += moments ? 4 : 1;
    const parts = moments ? [".x", ".y", ".z", ".w"] : [""];
    return [
      `  let sum${k} = ${moments ? "sumOfFour" : "sumOfOne"}(total${k}, local);`,
      ...parts.map((part, i) => `  if (local == 0u) { result[at + ${first + i}u] = sum${k}${part}; }`),
    ];
  });
  const kinds = [
    ...(totals.some(({ moments }) => moments) ? [treeOf("Four", "vec4f")] : []),
    ...(totals.some(({ moments }) => !moments) ? [treeOf("One", "f32")] : []),
  ];
  return [
    ...kinds,
    `@compute @workgroup_size(${workgroup})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let block = numbers.firstInRow + group.x;
${each((total, k) => `  var total${k} = ${type(total)}(0.0);`).join("\n")}
  for (var round = 0u; round < numbers.rounds; round++) {
${each((total, k) => `    var part${k} = ${type(total)}(0.0);`).join("\n")}
    for (var i = 0u; i < ${inARow}u; i++) {
      let at = ((block * numbers.rounds + round) * ${inARow}u + i) * ${workgroup}u + local;
      if (at >= numbers.voxels) { break; }
${indexStatements.map((line) => `      ${line}`).join("\n")}
      let values = bodies(x, y, z, channel);
${each(({ moments }, k) => `      part${k} += values[${k}]${moments ? " * vec4f(1.0, f32(x), f32(y), f32(z))" : ""};`).join("\n")}
    }
${each((_, k) => `    total${k} += part${k};`).join("\n")}
  }
  let at = block * ${element}u;
${stores.join("\n")}
}`,
  ].join("\n\n");
};

/** What all invocations have, summed. */
const treeOf = (name: string, type: string): string => `var<workgroup> shared${name}: array<${type}, ${workgroup}>;
fn sumOf${name}(own: ${type}, local: u32) -> ${type} {
  shared${name}[local] = own;
  for (var half = ${workgroup / 2}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local < half) { shared${name}[local] += shared${name}[local + half]; }
  }
  workgroupBarrier();
  let sum = shared${name}[0];
  workgroupBarrier();
  return sum;
}`;
