/**
 * The GPU backend, for `medimages/webgpu`: in Node through npm `webgpu`, in browsers through `navigator.gpu`,
 * or on any device that is handed in.
 *
 * ```ts
 * import { evaluate } from "medimages";
 * import { webgpu } from "medimages/webgpu";
 *
 * const result = await evaluate(expression, { backend: webgpu() });
 * ```
 *
 * @packageDocumentation
 */
import { platform } from "#platform";
import { isOnDevice } from "../backends/backend.ts";
import type { Gpu, GpuAdapterOptions, GpuBuffer, GpuDevice } from "../backends/webgpu/handed-over.ts";
import { type GpuBackend, WebGpuBackend } from "../backends/webgpu/index.ts";
import type { Precision } from "../backends/webgpu/place.ts";
import { ResidentVoxels } from "../backends/webgpu/resident.ts";
import { fail } from "../compiler/errors.ts";
import { type Grid, gridOf } from "../compiler/language/grid.ts";
import { type DType, noRescale, type Rescale } from "../compiler/language/voxels.ts";
import { type GpuImage, imageOnGpu, type Kind, type MedImage, onGpu } from "./image.ts";

export type { GpuBackend } from "../backends/webgpu/index.ts";
export type { Precision } from "../backends/webgpu/place.ts";
export type { GpuImage } from "./image.ts";

export interface WebGpuOptions {
  /** A device to compute on. It stays the caller's: it is not destroyed, nor replaced when it is lost. */
  readonly device?: GpuDevice;
  /** An implementation of WebGPU to take a device from, instead of the platform's own. */
  readonly gpu?: Gpu;
  /** What to ask an adapter for. */
  readonly adapter?: GpuAdapterOptions;
  /**
   * Bytes of the largest volume to bind at once; larger ones are computed in parts, which takes longer and gives
   * the same voxels. The device's own limit unless this is lower.
   */
  readonly largestBinding?: number;
  /**
   * How numbers that are no integers are kept on the device while a run lasts: the voxels of images that are
   * uploaded for it, and what lies between its passes. `"float16"` takes half the room and half the traffic, and keeps
   * 11 bits of each number, so that results are off by up to 2⁻¹¹ of what the voxels hold, with B-splines by
   * some times that. It works on every device. Arithmetic is float32 either way, results have the dtype that
   * was asked for, and voxels that are only moved stay exact. Images with values of 2²⁵ or more are kept as
   * they are, with a warning. Default `"float32"`.
   */
  readonly precision?: Precision;
}

/**
 * A backend that computes on a GPU. The device is taken on first use, and a fresh one after a loss.
 * `evaluate` rejects with `BackendUnavailable` where there is none, and says how to get one.
 */
export const webgpu = (from: GpuDevice | WebGpuOptions = {}): GpuBackend => {
  const { device, gpu, adapter, ...settings } = "createBuffer" in from ? { device: from } : from;
  if (device !== undefined) return new WebGpuBackend(device, settings);
  const source = gpu === undefined ? platform.gpu : { ...platform.gpu, open: async () => gpu };
  return new WebGpuBackend({ ...source, ...(adapter === undefined ? {} : { options: adapter }) }, settings);
};

/**
 * The image with its voxels copied to the device of a backend; those that are there already are shared, and stay
 * until both images are disposed of. @throws MedImagesError (as rejection) `BackendUnavailable`,
 * `BudgetExceeded` where they are larger than the device binds
 */
export const toGpu = async <K extends Kind>(image: MedImage<K>, backend: GpuBackend): Promise<GpuImage<K>> =>
  onGpu({ ...image, voxels: await backend.keep(image.voxels) });

/** The image with its voxels in ordinary memory; one that is there already is returned as it is. */
export const toCpu = async <K extends Kind>(image: MedImage<K>): Promise<MedImage<K>> =>
  isOnDevice(image.voxels) ? { ...image, device: "cpu", voxels: await image.voxels.fetch() } : image;

/**
 * The buffer that holds the voxels of an image on a GPU: elements of its dtype, packed from the start, x fastest
 * and channels slowest; it may be longer. It stays the image's, and is valid until that is disposed of.
 * @throws MedImagesError `UnsupportedVoxels` for an image that is not on a GPU
 */
export const gpuBufferOf = (image: MedImage): GpuBuffer =>
  image.voxels instanceof ResidentVoxels
    ? image.voxels.buffer
    : fail({
        kind: "UnsupportedVoxels",
        reason: "the voxels of this image do not lie on a GPU",
        remedy: 'bring them there with toGpu, or evaluate with keep: "gpu"',
      });

/** What a buffer of another library holds; the grid as for `imageFromArray`. */
export interface GpuBufferVoxels {
  readonly grid: Pick<Grid, "size"> & Partial<Grid>;
  readonly dtype: DType;
  readonly channels?: number;
  readonly rescale?: Rescale;
}

/**
 * An intensity image whose voxels lie in a buffer that another library made on the device of `backend`, with the
 * usages STORAGE and COPY_SRC. They are read where they lie; the buffer stays the other library's.
 * @throws MedImagesError (as rejection) `UnsupportedVoxels` when the buffer is too small or lacks a usage,
 * `InvalidDocument` when grid, channels or rescale cannot be, `BackendUnavailable`
 */
export const imageFromGpuBuffer = async (
  buffer: GpuBuffer,
  { grid, dtype, channels = 1, rescale = noRescale }: GpuBufferVoxels,
  backend: GpuBackend,
): Promise<GpuImage<"intensity">> => {
  const voxels = await backend.borrow({ buffer, size: grid.size, dtype, channels, rescale });
  return imageOnGpu({ grid: gridOf(grid.size, grid), voxels });
};
