/** The backends at hand on this platform, and which of them is taken when nobody says. */
import { platform } from "#platform";
import { type Backend, type BackendWarning, isOnDevice, type RunOptions } from "../backends/backend.ts";
import { reference } from "../backends/reference/index.ts";
import { supportsSimd } from "../backends/wasm/assembler/index.ts";
import { wasmBackend } from "../backends/wasm/index.ts";
import { release as releaseBuffer } from "../backends/wasm/memory.ts";
import { isSlowed, refusalOf } from "../backends/wasm/tiles.ts";
import type { Plan } from "../compiler/plan.ts";
import type { MedImage } from "./image.ts";

/** A backend that tells its first run what it does without. */
export const sayingOnce = (backend: Backend, warning: BackendWarning): Backend => {
  let said = false;
  const say = (options: Pick<RunOptions, "onWarning"> = {}): void => {
    if (!said) options.onWarning?.(warning);
    said = true;
  };
  const { runBatch } = backend;
  return {
    ...backend,
    run: (program, options) => {
      say(options);
      return backend.run(program, options);
    },
    ...(runBatch && {
      runBatch: (programs, options) => {
        say(options);
        return runBatch(programs, options);
      },
    }),
  };
};

/** WebAssembly SIMD on all cores, or on one where memory cannot be shared with threads. */
export const wasm: Backend =
  platform.threads === undefined
    ? sayingOnce(wasmBackend(undefined), {
        kind: "NoThreads",
        message: "one thread only: the page is not cross-origin isolated (COOP and COEP headers)",
      })
    : wasmBackend(platform.threads);

const withoutSimd = sayingOnce(reference, {
  kind: "NoSimd",
  message: "the slow reference backend: this engine has no WebAssembly SIMD",
});

/**
 * Gives the memory of an image's voxels back, for a later result of about its size; a loop that computes
 * volume after volume need not pay for fresh memory, which can cost more than the computation. The image, and whatever shares its voxels,
 * must not be used any more.
 */
export const release = (image: MedImage): void =>
  isOnDevice(image.voxels) ? image.voxels[Symbol.dispose]() : releaseBuffer(image.voxels.data.buffer);

let simd: boolean | undefined;

/** The fastest backend in ordinary memory: `wasm` where the engine has SIMD and that backend is suited, else `reference`. */
export const processorIf = (isSuited: () => boolean): Backend => {
  simd ??= supportsSimd();
  if (!simd) return withoutSimd;
  return isSuited() ? wasm : reference;
};

/** The fastest backend in ordinary memory for a plan. */
export const processorBackend = (plan: Plan): Backend =>
  processorIf(() => refusalOf(plan) === undefined && !isSlowed(plan));
