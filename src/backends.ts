/** The backends at hand on this platform, and which of them is taken when nobody says. */
import { platform } from "#platform";
import { type Backend, isOnDevice } from "../backends/backend.ts";
import { reference } from "../backends/reference/index.ts";
import { supportsSimd } from "../backends/wasm/assembler/index.ts";
import { wasmBackend } from "../backends/wasm/index.ts";
import { release as releaseBuffer } from "../backends/wasm/memory.ts";
import { isSlowed, refusalOf } from "../backends/wasm/tiles.ts";
import type { Plan } from "../compiler/plan.ts";
import type { MedImage } from "./image.ts";

/** WebAssembly SIMD on all cores. */
export const wasm: Backend = wasmBackend(platform.threads);

/**
 * Gives the memory of an image's voxels back, for a later result of about its size; a loop that computes
 * volume after volume need not pay for fresh memory, which can cost more than the computation. The image, and whatever shares its voxels,
 * must not be used any more.
 */
export const release = (image: MedImage): void =>
  isOnDevice(image.voxels) ? image.voxels[Symbol.dispose]() : releaseBuffer(image.voxels.data.buffer);

let simd: boolean | undefined;

/** The fastest backend in ordinary memory for a plan: `wasm` where the engine has SIMD and can run it well, else `reference`. */
export const processorBackend = (plan: Plan): Backend => {
  simd ??= supportsSimd();
  return simd && refusalOf(plan) === undefined && !isSlowed(plan) ? wasm : reference;
};
