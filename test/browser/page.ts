/**
 * What the page of the browser test runs: the conformance of the backends on the package as it was built,
 * reported line by line to whoever opened the page.
 */
import { laws } from "../../laws/index.ts";
import { type Backend, evaluate, rotate, wasm } from "../../src/index.ts";
import { webgpu } from "../../src/webgpu.ts";
import { type Check, conformance } from "../backends/conformance.ts";
import { float16Checks } from "../backends/float16.ts";
import { gradients } from "../backends/gradients.ts";
import { noise } from "../backends/noise.ts";
import { sharesWithOnnxRuntime } from "./onnxruntime.ts";
import { sharesWithTensorflow } from "./tensorflow.ts";

export interface Line {
  readonly backend: string;
  readonly name: string;
  readonly milliseconds: number;
  /** What went wrong; absent where nothing did. */
  readonly problem?: string;
}

export interface Surroundings {
  readonly isolated: boolean;
  readonly adapter: string;
  readonly laws: number;
}

declare global {
  interface Window {
    report(line: Line): Promise<void>;
    surroundings(): Promise<Surroundings>;
    check(backend: string, runs: number): Promise<void>;
  }
}

const threads: Check = {
  name: "any number of threads gives the same bits",
  run: async (backend) => {
    const image = rotate([1, 2, 3], 25, { fill: 0 })(noise([96, 80, 64]));
    const [one, four] = [
      await evaluate(image, { backend, threads: 1 }),
      await evaluate(image, { backend, threads: 4 }),
    ];
    if (!(one.voxels.data.buffer instanceof SharedArrayBuffer)) throw new Error("memory is not shared");
    if (one.voxels.data.some((value: number | bigint, i: number) => !Object.is(value, four.voxels.data[i])))
      throw new Error("the voxels differ");
  },
};

const backends: Readonly<
  Record<string, { readonly backend: Backend; readonly checks: (runs: number) => readonly Check[] }>
> = {
  webgpu: {
    backend: webgpu(),
    checks: (runs) => [
      ...conformance(runs),
      ...gradients(runs),
      ...float16Checks(),
      sharesWithTensorflow,
      sharesWithOnnxRuntime,
    ],
  },
  wasm: { backend: wasm, checks: (runs) => [...conformance(runs), ...gradients(runs), threads] },
};

window.surroundings = async () => {
  const adapter = await navigator.gpu?.requestAdapter();
  const { vendor, architecture } = adapter?.info ?? { vendor: "none", architecture: "" };
  return {
    isolated: globalThis.crossOriginIsolated,
    adapter: `${vendor} ${architecture}`.trim(),
    laws: Object.keys(laws).length,
  };
};

window.check = async (name, runs) => {
  const { backend, checks } = backends[name] ?? { backend: wasm, checks: () => [] };
  for (const { name: check, run } of checks(runs)) {
    const start = performance.now();
    const outcome = await run(backend).then(
      () => ({}),
      (thrown: unknown) => ({ problem: thrown instanceof Error ? thrown.message : String(thrown) }),
    );
    await window.report({
      backend: name,
      name: check,
      milliseconds: Math.round(performance.now() - start),
      ...outcome,
    });
  }
};
