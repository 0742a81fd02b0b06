/** The background of a volume on the device: its corner voxels are fetched, the median is the compiler's. */

import { product, type Vector3 } from "../../compiler/language/vector.ts";
import { cornerMedian, type VoxelArray, voxelsOf } from "../../compiler/language/voxels.ts";
import type { Device } from "./device.ts";
import { decode, formats, type Kept } from "./formats.ts";
import type { PlacedBuffer } from "./plan-buffers.ts";
import { download } from "./transport.ts";

/** Where the corners of each channel lie. */
const cornerElements = (size: Vector3, channels: number): readonly number[] => {
  const ends = (n: number): readonly number[] => [0, n - 1];
  const elements: number[] = [];
  for (let channel = 0; channel < channels; channel++)
    for (const z of ends(size[2]))
      for (const y of ends(size[1]))
        for (const x of ends(size[0])) elements.push(channel * product(size) + (z * size[1] + y) * size[0] + x);
  return elements;
};

/** The median of the corners of a channel, or why it has none. */
type Median = (channel: number) => number;

const medianOf = (corners: Uint8Array<ArrayBuffer>, kept: Kept, channels: number): Median => {
  const cube = voxelsOf(decode(new formats[kept.format].array(corners.buffer), kept), { channels });
  return (channel) => cornerMedian(cube, [2, 2, 2], channel);
};

/** The corners of a volume in ordinary memory, as it would be kept on the device. */
export const mediansIn = (volume: VoxelArray, { size, channels, ...kept }: PlacedBuffer): Median => {
  const { bytes } = formats[kept.format];
  const all = new Uint8Array(volume.buffer, volume.byteOffset, volume.byteLength);
  const elements = cornerElements(size, channels);
  const corners = new Uint8Array(elements.length * bytes);
  elements.forEach((element, k) => {
    corners.set(all.subarray(element * bytes, (element + 1) * bytes), k * bytes);
  });
  return medianOf(corners, kept, channels);
};

/** The corners of a volume on the device, fetched. */
export const cornerMedians = async (
  device: Device,
  buffer: GPUBuffer,
  { size, channels, ...kept }: PlacedBuffer,
): Promise<Median> => {
  const { bytes } = formats[kept.format];
  const wordBytes = Math.max(bytes, 4);
  const elements = cornerElements(size, channels);
  const gathered = device.pool.take(elements.length * wordBytes);
  const encoder = device.gpu.createCommandEncoder();
  elements.forEach((element, k) => {
    const word = Math.floor((element * bytes) / wordBytes) * wordBytes;
    encoder.copyBufferToBuffer(buffer, word, gathered, k * wordBytes, wordBytes);
  });
  device.gpu.queue.submit([encoder.finish()]);
  const words = download(device, gathered, elements.length * wordBytes);
  device.pool.giveBack(gathered);
  const found = new Uint8Array(await words);
  const corners = new Uint8Array(elements.length * bytes);
  elements.forEach((element, k) => {
    const at = k * wordBytes + ((element * bytes) % wordBytes);
    corners.set(found.subarray(at, at + bytes), k * bytes);
  });
  return medianOf(corners, kept, channels);
};
