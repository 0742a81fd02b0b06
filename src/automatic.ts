/**
 * What computes when nobody says. The rule, in this order:
 *
 * 1. where a voxel that goes in lies on a GPU, that GPU;
 * 2. where the work is large, every volume fits it and a GPU is at hand that is not a software one, the GPU;
 * 3. else the processor: `wasm` where the engine has SIMD and the plan suits it, `reference` otherwise.
 *
 * A GPU that fails in mid-run is stood in for by the processor, with a warning.
 */
import { platform } from "#platform";
import { type Backend, fetched, isOnDevice, type RunOptions } from "../backends/backend.ts";
import type { GpuSource } from "../backends/webgpu/acquire.ts";
import type { GpuBackend } from "../backends/webgpu/index.ts";
import { MedImagesError } from "../compiler/errors.ts";
import { support } from "../compiler/language/interpolator.ts";
import { product } from "../compiler/language/vector.ts";
import { addsNeighbours, type GradientProgram, type Pass, type Plan, type Program } from "../compiler/plan.ts";
import { processorBackend } from "./backends.ts";

/** Samples that a plan reads from which on the way to a GPU and back is worth it: linear, at 512×512×256. */
export const worthAGpu: number = 2 ** 29;

/** Samples that the passes of a plan read, and lines that they filter, over all voxels and channels. */
export const workOf = (plan: Plan): number => {
  const samples = (pass: Pass): number => {
    switch (pass.kind) {
      case "prefilter":
        return 4;
      case "within":
        return 1;
      case "displaced":
        return support[pass.by] ** 3;
      case "gather":
        // Neighbours lie side by side: a processor adds eight in the time that one sample anywhere takes, in windows. That
        // other sums of neighbours are as quick is a guess: what tells them apart is loaded later.
        return pass.taps.reduce((sum, { by }) => sum + support[by] ** 3, 0) / (addsNeighbours(pass) ? 8 : 1);
    }
  };
  return plan.passes.reduce((sum, pass) => {
    const output = plan.buffers[pass.output];
    return sum + (output === undefined ? 0 : product(output.size) * output.channels * samples(pass));
  }, 0);
};

const hardware = async (source: GpuSource): Promise<GpuBackend | undefined> => {
  if (!source.isLikely()) return undefined;
  // Loaded when it may be used, so that pages that never do need not have it.
  const { WebGpuBackend } = await import("../backends/webgpu/index.ts");
  const backend = new WebGpuBackend(source);
  if (await backend.isHardware()) return backend;
  await backend.dispose().catch(() => undefined);
  return undefined;
};

/** The rule, with GPUs from `source`. These are looked for once, because the answer does not change. */
export const automatic = (source: GpuSource): ((program: Program) => Promise<Backend>) => {
  let gpu: Promise<GpuBackend | undefined> | undefined;
  return async ({ plan, inputs }) => {
    const processor = processorBackend(plan);
    const resident = inputs.find(isOnDevice);
    if (resident !== undefined) return orElse(resident.owner, processor);
    if (workOf(plan) < worthAGpu) return processor;
    gpu ??= hardware(source).catch(() => undefined);
    const found = await gpu;
    return (await found?.takesWhole(plan).catch(() => false)) ? orElse(found ?? processor, processor) : processor;
  };
};

/** The backend that the rule picks for a program on this platform. */
export const automaticBackend: (program: Program) => Promise<Backend> = automatic(platform.gpu);

/** A backend that another stands in for. */
export interface WithStandIn extends Backend {
  /** What computes as long as it is there. */
  readonly first: Backend;
}

/** A backend that `second` stands in for where `first` is or becomes unavailable; a warning says so. */
export const orElse = (first: Backend, second: Backend): WithStandIn => {
  const either = async <P extends Program | GradientProgram, R>(
    program: P,
    options: RunOptions,
    run: (backend: Backend, program: Pick<P, "inputs"> & { readonly plan: P["plan"] }) => Promise<R>,
  ): Promise<R> => {
    try {
      return await run(first, program);
    } catch (thrown) {
      if (!(thrown instanceof MedImagesError) || thrown.error.kind !== "BackendUnavailable") throw thrown;
      const { reason } = thrown.error;
      const message = `computed on the ${second.name} backend, because the ${first.name} backend failed: ${reason}`;
      const readable = await fetched<P["plan"]>(program);
      options.onWarning?.({ kind: "BackendFailed", message });
      return run(second, readable);
    }
  };
  return {
    first,
    name: first.name,
    // Nothing else keeps a result there.
    ...(first.runKept === undefined ? {} : { runKept: first.runKept.bind(first) }),
    run: (program, options = {}) => either(program, options, (backend, p) => backend.run(p, options)),
    runGradient: (program, options = {}) => either(program, options, (backend, p) => backend.runGradient(p, options)),
  };
};
