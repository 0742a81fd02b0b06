/** How the reference backend runs plans. It pauses now and then, so that progress can be shown and the run be stopped. */
import { fail } from "../../compiler/errors.ts";
import { product } from "../../compiler/language/vector.ts";
import {
  allocate,
  dtypes,
  exactNumber,
  type VoxelArray,
  type Voxels,
  voxelsOf,
} from "../../compiler/language/voxels.ts";
import { type Buffer, domainOf, type GradientPass, type GradientPlan, type Prefilter } from "../../compiler/plan.ts";
import { budgetRemedy, checkBudget, checkBudgetOf, freedAfter } from "../../compiler/schedule.ts";
import type { Backend, RunOptions } from "../backend.ts";
import { displaced, displacedScatter, within } from "./displaced.ts";
import { gather } from "./gather.ts";
import { histogram } from "./histogram.ts";
import type { Samples } from "./look.ts";
import { prefilterLine } from "./prefilter.ts";
import { reduce } from "./reduce.ts";
import { scatter } from "./scatter.ts";

/** As `Backend.run`. */
export const run: Backend["run"] = async ({ plan, inputs }, options = {}) => {
  checkBudget(plan, options.memory, (buffer) => bytesOf(bufferOf(plan, buffer)));
  const [result] = await runAll({ ...plan, results: [plan.result] }, inputs, options);
  return result ?? fail({ kind: "InternalError", phase: "reference", reason: "there is no result" });
};

/** As `Backend.runGradient`. */
export const runGradient: Backend["runGradient"] = async ({ plan, inputs }, options = {}) => {
  const { passes, results, buffers } = plan;
  checkBudgetOf(passes, plan.inputs, results, options.memory, (buffer) => bytesOf(bufferOf({ buffers }, buffer)));
  return runAll(plan, inputs, options);
};

const runAll = async (
  plan: GradientPlan,
  inputs: readonly Voxels[],
  options: RunOptions,
): Promise<readonly Voxels[]> => {
  const voxels: (Voxels | undefined)[] = [...inputs];
  const pace = pacer(plan, options);
  const freed = freedAfter(plan.passes, plan.inputs, plan.results);
  for (const [k, pass] of plan.passes.entries()) {
    voxels[pass.output] = empty(bufferOf(plan, pass.output));
    for (const _row of runPass(pass, plan, (buffer) => samples(plan, voxels, buffer)))
      if (pace.due()) await pace.pause();
    for (const buffer of freed[k] ?? []) voxels[buffer] = undefined;
  }
  options.onProgress?.(1);
  return plan.results.map((result) => samples(plan, voxels, result).voxels);
};

const runPass = (pass: GradientPass, plan: GradientPlan, buffers: (buffer: number) => Samples): Generator<void> => {
  const output = buffers(pass.output);
  switch (pass.kind) {
    case "gather":
      return gather(pass, domainOf(pass, plan.buffers), buffers, output.voxels);
    case "prefilter":
      return prefilter(pass, buffers(pass.source), output.voxels);
    case "reduce":
      return reduce(pass, buffers, output.voxels);
    case "histogram":
      return histogram(pass, buffers, output.voxels);
    case "scatter":
      return scatter(pass, buffers, output);
    case "displaced":
      return displaced(pass, buffers, output.voxels);
    case "within":
      return within(pass, buffers, output.voxels);
    case "displaced-scatter":
      return displacedScatter(pass, buffers, output);
  }
};

/** Filters all lines of a volume that run along one axis. */
function* prefilter({ axis, boundary }: Prefilter, { voxels, size }: Samples, output: Voxels): Generator<void> {
  const n = size[axis];
  const stride = axis === 0 ? 1 : axis === 1 ? size[0] : size[0] * size[1];
  const line = new Float64Array(n);
  for (let channel = 0; channel < voxels.channels; channel++)
    for (let i = 0; i < product(size) / n; i++) {
      const start = channel * product(size) + Math.floor(i / stride) * stride * n + (i % stride);
      for (let k = 0; k < n; k++) line[k] = exactNumber(voxels.data[start + k * stride] as number | bigint);
      prefilterLine(line, n, boundary);
      for (let k = 0; k < n; k++) output.data[start + k * stride] = line[k] as number;
      yield;
    }
}

const bufferOf = (plan: Pick<GradientPlan, "buffers">, buffer: number): Buffer =>
  plan.buffers[buffer] ??
  fail({ kind: "InternalError", phase: "reference", reason: `buffer ${buffer} does not exist` });

const samples = (plan: GradientPlan, voxels: readonly (Voxels | undefined)[], buffer: number): Samples => ({
  size: bufferOf(plan, buffer).size,
  voxels:
    voxels[buffer] ?? fail({ kind: "InternalError", phase: "reference", reason: `buffer ${buffer} holds nothing` }),
});

const dtypeOfBuffer = ({ storage }: Buffer): keyof typeof dtypes => (storage === "working" ? "float64" : storage.dtype);
const lengthOf = ({ size, channels }: Pick<Buffer, "size" | "channels">): number => product(size) * channels;
const bytesOf = (buffer: Buffer): number => lengthOf(buffer) * dtypes[dtypeOfBuffer(buffer)].bytes;

const empty = (buffer: Buffer): Voxels => ({
  ...voxelsOf(allocateOrRefuse(buffer), { channels: buffer.channels }),
  ...(buffer.storage === "working" ? {} : buffer.storage),
});

const allocateOrRefuse = (buffer: Buffer): VoxelArray => {
  const dtype = dtypeOfBuffer(buffer);
  try {
    return allocate(dtype, lengthOf(buffer));
  } catch (thrown) {
    const needed = bytesOf(buffer);
    return fail(
      { kind: "BudgetExceeded", what: "a volume", needed, budget: largestArray, remedy: budgetRemedy },
      thrown,
    );
  }
};

/** What the engine could not allocate is told as over the largest array that engines have in common. */
const largestArray = 2 ** 32;

/** Lets other work in every few milliseconds, reports progress there, and notices an abort. */
const pacer = (plan: GradientPlan, { signal, onProgress }: RunOptions): { due(): boolean; pause(): Promise<void> } => {
  const rows = plan.passes.reduce((sum, pass) => sum + rowsOf(pass, domainOf(pass, plan.buffers)), 0);
  let done = 0;
  let since = Date.now();
  throwIfAborted(signal);
  return {
    due: () => ++done % 64 === 0 && Date.now() - since > 30,
    pause: async () => {
      onProgress?.(done / rows);
      await new Promise((resolve) => setTimeout(resolve, 0));
      throwIfAborted(signal);
      since = Date.now();
    },
  };
};

const rowsOf = (pass: GradientPass, domain: Pick<Buffer, "size" | "channels">): number =>
  lengthOf(domain) / domain.size[pass.kind === "prefilter" ? pass.axis : 0];

const throwIfAborted = (signal: AbortSignal | undefined): void => {
  if (signal?.aborted) fail({ kind: "Aborted" });
};
