/**
 * Images of one size as one array, as networks take them. Images are kept x fastest and channels slowest, which is
 * what networks call NCDHW, with depth z, height y and width x: there they are copied as they are.
 */
import { isOnDevice } from "../../backends/backend.ts";
import type { GpuBuffer } from "../../backends/webgpu/handed-over.ts";
import type { GpuBackend } from "../../backends/webgpu/index.ts";
import { fail } from "../../compiler/errors.ts";
import { exactNumber, isIdentityRescale, type Voxels } from "../../compiler/language/voxels.ts";
import type { MedImage } from "../image.ts";

/** The order of the axes, slowest first: sample, channel, z, y, x, or with the channels of a voxel side by side. */
export type Layout = "NCDHW" | "NDHWC";

/** The lengths of the axes of a {@link Layout}, in its order. */
export type Shape = readonly [number, number, number, number, number];

export interface CollateOptions {
  /** `"NCDHW"` unless said, as onnxruntime and PyTorch have it; TensorFlow.js convolves `"NDHWC"`. */
  readonly layout?: Layout;
}

/** A batch in ordinary memory. */
export interface Collated {
  readonly data: Float32Array<ArrayBuffer>;
  readonly shape: Shape;
  readonly layout: Layout;
}

/** A batch on a GPU: 32-bit floats, packed, in a buffer of its own that lives until this is disposed of. */
export interface CollatedOnGpu extends Disposable {
  readonly buffer: GpuBuffer;
  readonly shape: Shape;
  readonly layout: Layout;
}

/**
 * Images side by side in one array of real values (the rescale of the file applied), rounded to float32.
 * @throws MedImagesError `InvalidDocument` for no images, or for images of different sizes or numbers of channels, of
 * which it names the first that differs; `UnsupportedVoxels` for images on a GPU and for integers beyond 2⁵³
 */
export const collate = (images: readonly MedImage[], { layout = "NCDHW" }: CollateOptions = {}): Collated => {
  const shape = shapeOf(images, layout);
  const each = sizeOfEach(images);
  const data = new Float32Array(images.length * each);
  images.forEach(({ voxels }, k) => {
    if (isOnDevice(voxels))
      fail({
        kind: "UnsupportedVoxels",
        reason: `image ${k} of the batch lies on a GPU`,
        remedy: "use collateOnGpu, or fetch it with toCpu",
      });
    write(voxels, data.subarray(k * each, (k + 1) * each), layout === "NDHWC");
  });
  return { data, shape, layout };
};

/**
 * As {@link collate}, on the device of `backend`: images whose voxels lie there are not brought back for it.
 * @throws MedImagesError (as rejection) `InvalidDocument` as {@link collate}, `BackendUnavailable`
 */
export const collateOnGpu = async (
  images: readonly MedImage[],
  backend: GpuBackend,
  { layout = "NCDHW" }: CollateOptions = {},
): Promise<CollatedOnGpu> => {
  const shape = shapeOf(images, layout);
  // Loaded when it is used: who trains on the processor need not have it.
  const { packedOnGpu } = await import("./collate-gpu.ts");
  const buffer = await packedOnGpu(images, backend, layout === "NDHWC");
  return { buffer, shape, layout, [Symbol.dispose]: () => buffer.destroy() };
};

const sizeOfEach = ([first]: readonly MedImage[]): number =>
  first === undefined ? 0 : first.grid.size.reduce((product, n) => product * n, first.voxels.channels);

const shapeOf = (images: readonly MedImage[], layout: Layout): Shape => {
  const [first] = images;
  if (first === undefined) return fail({ kind: "InvalidDocument", errors: ["there are no images to collate"] });
  const shown = ({ grid, voxels }: MedImage): string => `${grid.size.join("×")} with ${voxels.channels} channel(s)`;
  const other = images.findIndex((image) => shown(image) !== shown(first));
  if (other >= 0)
    return fail({
      kind: "InvalidDocument",
      errors: [
        `image ${other} of the batch is ${shown(images[other] as MedImage)}, image 0 is ${shown(first)}; bring all to one size with padOrCropTo or resampleToImage`,
      ],
    });
  const [width, height, depth] = first.grid.size;
  const { channels } = first.voxels;
  const n = images.length;
  return layout === "NCDHW" ? [n, channels, depth, height, width] : [n, depth, height, width, channels];
};

/** Writes real values, channels slowest or, `interleaved`, fastest. */
const write = ({ data, rescale, channels }: Voxels, to: Float32Array, interleaved: boolean): void => {
  const isPlain = isIdentityRescale(rescale);
  if (isPlain && !(interleaved && channels > 1) && !(data instanceof BigInt64Array || data instanceof BigUint64Array)) {
    to.set(data);
    return;
  }
  const { slope, intercept } = rescale;
  const length = data.length / channels;
  for (let channel = 0, from = 0; channel < channels; channel++)
    for (let i = 0; i < length; i++, from++) {
      const value = exactNumber(data[from] as number | bigint);
      to[interleaved ? i * channels + channel : from] = isPlain ? value : slope * value + intercept;
    }
};
