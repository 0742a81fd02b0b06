/** Images between ITK's form of them in WebAssembly and this package's. The world of both is LPS millimetres. */
import { platform } from "#platform";
import { fail } from "../../../compiler/errors.ts";
import { voxelCount } from "../../../compiler/language/grid.ts";
import { matrix, vector } from "../../../compiler/language/vector.ts";
import { type DType, dtypeNames, dtypes, noRescale } from "../../../compiler/language/voxels.ts";
import { type Channels, componentCount, intensityImage, type MedImage } from "../../image.ts";
import { placedGrid } from "../placed-grid.ts";
import { realVoxels } from "../real-voxels.ts";
import { voxelPieces, voxelSink } from "../voxel-order.ts";

/** As `itk-wasm` has it; components of a voxel lie together in `data`, the direction is row-major. */
export interface ItkImage {
  readonly imageType: {
    readonly dimension: number;
    readonly componentType: string;
    readonly pixelType: string;
    readonly components: number;
  };
  readonly name: string;
  readonly origin: readonly number[];
  readonly spacing: readonly number[];
  readonly direction: ArrayLike<number>;
  readonly size: readonly number[];
  readonly metadata: ReadonlyMap<string, unknown>;
  readonly data: ArrayBufferView | null;
}

const unsupported = (path: string, reason: string, remedy: string): never =>
  fail({ kind: "UnsupportedFile", path, reason, remedy });

export const dtypeOfItk = ({ imageType }: ItkImage, path: string): DType =>
  dtypeNames.find((name) => name === imageType.componentType) ??
  unsupported(path, `has voxels of the type ${imageType.componentType}`, "convert it first");

/** Bytes of all voxels that a header claims. */
export const bytesOfItk = (image: ItkImage, path: string): number =>
  image.size.reduce((a, b) => a * b, image.imageType.components) * dtypes[dtypeOfItk(image, path)].bytes;

const channelsOf = ({ imageType: { pixelType, components }, size }: ItkImage): Channels => {
  const rest = size.slice(3);
  if (pixelType === "RGB" && components === 3) return { components: "rgb", shape: rest };
  if (pixelType === "RGBA" && components === 4) return { components: "rgba", shape: rest };
  if (pixelType === "Complex" && components === 2) return { components: "complex", shape: rest };
  return { components: "scalar", shape: components === 1 ? rest : [components, ...rest] };
};

/** @throws MedImagesError `MalformedFile`, `UnsupportedFile` */
export const imageFromItk = (image: ItkImage, path: string): MedImage<"intensity"> => {
  const { imageType, origin, spacing, direction, size, data } = image;
  const { dimension, components } = imageType;
  const dtype = dtypeOfItk(image, path);
  const bytes = bytesOfItk(image, path);
  if (data === null || data.byteLength !== bytes)
    return fail({ kind: "MalformedFile", path, reason: `ITK reads ${data?.byteLength ?? 0} of ${bytes} bytes of it` });
  const grid = placedGrid(
    vector((k) => size[k] ?? 1),
    matrix((r, c) => (r < dimension && c < dimension ? (direction[r * dimension + c] ?? 0) : Number(r === c))),
    vector((k) => spacing[k] ?? 1),
    vector((k) => origin[k] ?? 0),
    path,
  );
  const buffer = platform.allocateBuffer(bytes);
  const sink = voxelSink(buffer, { dtype, components, volume: voxelCount(grid) }, false);
  sink.write(new Uint8Array(data.buffer, data.byteOffset, bytes));
  sink.finish();
  const numbers = bytes / dtypes[dtype].bytes;
  const voxels = new dtypes[dtype].array(buffer, 0, numbers);
  return intensityImage({
    voxels: { dtype, data: voxels, channels: numbers / voxelCount(grid), rescale: noRescale },
    grid,
    channels: channelsOf(image),
  });
};

const pixelTypes: Readonly<Record<Channels["components"], string>> = {
  scalar: "Vector",
  rgb: "RGB",
  rgba: "RGBA",
  complex: "Complex",
};

/**
 * Channels become the components of a voxel; a rescale is carried out.
 * @throws MedImagesError `UnsupportedVoxels` for axes besides those
 */
export const imageToItk = (image: MedImage): ItkImage => {
  const { grid, channels } = image;
  const voxels = realVoxels(image.voxels);
  const own = componentCount[channels.components];
  const vectors = own === 1 && channels.shape.length === 1;
  if (channels.shape.length > 0 && !vectors)
    fail({
      kind: "UnsupportedVoxels",
      reason: `channels of ${channels.shape.join("×")} are more than ITK's images here have`,
      remedy: "write one of them at a time",
    });
  const components = voxels.channels;
  const { dtype } = voxels;
  const whole = new Uint8Array(voxels.data.byteLength);
  let at = 0;
  for (const piece of voxelPieces(voxels.data, { dtype, components, volume: voxelCount(grid) })) {
    whole.set(piece, at);
    at += piece.length;
  }
  return {
    imageType: {
      dimension: 3,
      componentType: dtype,
      pixelType: components === 1 ? "Scalar" : pixelTypes[channels.components],
      components,
    },
    name: "image",
    origin: [...grid.origin],
    spacing: [...grid.spacing],
    direction: Float64Array.from(grid.direction),
    size: [...grid.size],
    metadata: new Map(),
    data: new dtypes[dtype].array(whole.buffer),
  };
};
