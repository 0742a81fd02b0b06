/** The backends at hand on this platform, and which of them is taken when nobody says. */
import { platform } from "#platform";
import type { Backend } from "../backends/backend.ts";
import { reference } from "../backends/reference/index.ts";
import { supportsSimd } from "../backends/wasm/assembler/index.ts";
import { wasmBackend } from "../backends/wasm/index.ts";
import { release as releaseBuffer } from "../backends/wasm/memory.ts";
import type { MedImage } from "./image.ts";

/** WebAssembly SIMD on all cores. */
export const wasm: Backend = wasmBackend(platform.threads);

/**
 * Gives the memory of an image's voxels back, for a later result of about its size; a loop that computes
 * volume after volume runs up to several times faster for it. The image, and whatever shares its voxels,
 * must not be used any more.
 */
export const release = (image: MedImage): void => releaseBuffer(image.voxels.data.buffer);

let automatic: Backend | undefined;

/** The fastest backend at hand: `wasm` where the engine has SIMD, else `reference`. */
export const automaticBackend = (): Backend => {
  automatic ??= supportsSimd() ? wasm : reference;
  return automatic;
};
