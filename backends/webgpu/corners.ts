/** The background of a volume on the device: its corner voxels are fetched, the median is the compiler's. */

import { product, type Vector3 } from "../../compiler/language/vector.ts";
import { cornerMedian, type DType, dtypes, voxelsOf } from "../../compiler/language/voxels.ts";
import type { Device } from "./device.ts";
import { download } from "./transport.ts";

/** Fetches the corners; the function tells the median of a channel, or why it has none. */
export const cornerMedians = async (
  device: Device,
  buffer: GPUBuffer,
  dtype: DType,
  size: Vector3,
  channels: number,
): Promise<(channel: number) => number> => {
  const { array, bytes } = dtypes[dtype];
  const wordBytes = Math.max(bytes, 4);
  const ends = (n: number): readonly number[] => [0, n - 1];
  const elements: number[] = [];
  for (let channel = 0; channel < channels; channel++)
    for (const z of ends(size[2]))
      for (const y of ends(size[1]))
        for (const x of ends(size[0])) elements.push(channel * product(size) + (z * size[1] + y) * size[0] + x);
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
  const cube = voxelsOf(new array(corners.buffer), { channels });
  return (channel) => cornerMedian(cube, [2, 2, 2], channel);
};
