/**
 * `evaluateBatch` beside a loop of `evaluate`, on batches of one image turned by many angles: best of many runs, in
 * turns, so that both see the same machine.
 *
 *   npm run bench:batch [-- --backend webgpu] [--threads N]
 */
import { parseArgs } from "node:util";
import {
  type EvaluateOptions,
  evaluate,
  type MedImage,
  phantom,
  pipe,
  release,
  rescale,
  rotate,
  wasm,
} from "../src/index.ts";
import { evaluateBatch } from "../src/train/index.ts";
import { webgpu } from "../src/webgpu.ts";

const { values } = parseArgs({
  options: { backend: { type: "string", default: "wasm" }, threads: { type: "string", default: "2" } },
});
const options: EvaluateOptions = {
  backend: values.backend === "webgpu" ? webgpu() : wasm,
  threads: Number(values.threads),
};
const rounds = values.backend === "webgpu" ? 8 : 25;

process.stdout.write("| samples | interpolation | loop, ms | batch, ms | ratio |\n| --- | --- | --- | --- | --- |\n");
for (const [edge, count] of [
  [16, 16],
  [32, 16],
  [64, 8],
  [96, 8],
  [128, 4],
] as const)
  for (const interpolation of ["linear", "bspline"] as const) {
    const image = phantom({ size: [edge, edge, edge] });
    const expressions = Array.from({ length: count }, (_, k) =>
      pipe(image, rotate([0.3, 1, 0.2], 7 * k + 1, { interpolation, fill: -1000 }), rescale(1 + k / 10, k)),
    );
    const ways: readonly (() => Promise<readonly MedImage[]>)[] = [
      async () => {
        const images: MedImage[] = [];
        for (const expression of expressions) images.push(await evaluate(expression, options));
        return images;
      },
      () => evaluateBatch(expressions, options),
    ];
    const best = ways.map(() => Infinity);
    for (let round = 0; round < rounds; round++)
      for (const [k, way] of ways.entries()) {
        const start = performance.now();
        const images = await way();
        best[k] = Math.min(best[k] ?? Infinity, performance.now() - start);
        images.forEach(release);
      }
    const [loop = Number.NaN, batch = Number.NaN] = best;
    const cells = [`${count} of ${edge}³`, interpolation, loop.toFixed(1), batch.toFixed(1), (loop / batch).toFixed(2)];
    process.stdout.write(`| ${cells.join(" | ")} |\n`);
  }
process.exit(0);
