/** The file's order of voxels, written again without the library's help, to judge it by. */
import { componentCount, type MedImage } from "../../src/image.ts";

/** All voxels as bytes in file order: components interleaved, little endian. */
export const fileBytes = (image: MedImage): Uint8Array => {
  const { data, channels } = image.voxels;
  const components = componentCount[image.channels.components];
  const volume = data.length / channels;
  const width = data.BYTES_PER_ELEMENT;
  const source = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (components === 1) return source;
  const bytes = new Uint8Array(data.byteLength);
  let to = 0;
  for (let position = 0; position < channels / components; position++)
    for (let k = 0; k < volume; k++)
      for (let c = 0; c < components; c++) {
        const from = ((position * components + c) * volume + k) * width;
        for (let b = 0; b < width; b++) bytes[to++] = source[from + b]!;
      }
  return bytes;
};

/** The real values of all components of a voxel, by its indices along all axes. */
export const realParts = (image: MedImage, index: readonly number[]): readonly number[] => {
  const { data, rescale } = image.voxels;
  const { size } = image.grid;
  const components = componentCount[image.channels.components];
  const [x = 0, y = 0, z = 0, ...rest] = index;
  let position = 0;
  let stride = 1;
  image.channels.shape.forEach((n, k) => {
    position += (rest[k] ?? 0) * stride;
    stride *= n;
  });
  const within = (z * size[1] + y) * size[0] + x;
  const volume = size[0] * size[1] * size[2];
  return Array.from(
    { length: components },
    (_, c) => rescale.slope * Number(data[(position * components + c) * volume + within]) + rescale.intercept,
  );
};

/** Minimum, maximum and mean of the real values that are finite. */
export const statistics = (image: MedImage): { min: number; max: number; mean: number } => {
  const { data, rescale, channels } = image.voxels;
  const volume = data.length / channels;
  const complex = image.channels.components === "complex";
  let [min, max, sum, count] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (let k = 0; k < data.length; k++) {
    if (complex && Math.floor(k / volume) % 2 === 1) continue;
    const real = rescale.slope * Number(data[k]) + rescale.intercept;
    const value = complex ? Math.hypot(real, rescale.slope * Number(data[k + volume])) : real;
    if (!Number.isFinite(value)) continue;
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
    count++;
  }
  return { min, max, mean: sum / count };
};
