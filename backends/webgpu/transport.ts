/** Voxels on their way to the device and back, as bytes: numbers are converted only on the way to float16. */

import type { Vector3 } from "../../compiler/language/vector.ts";
import { allocate, dtypeOf, type VoxelArray } from "../../compiler/language/voxels.ts";
import { type Box, sameBox, voxelsIn, wholeBox } from "./boxes.ts";
import type { Device } from "./device.ts";
import { mapForReading, usage } from "./flags.ts";
import { encode, type Format, formats, type Kept } from "./formats.ts";
import { toWords } from "./pool.ts";

/** Bytes that are written at a time: the device keeps a copy until it is done. */
const chunkBytes = 2 ** 24;

/** Writes voxels to the start of a buffer, as it is to keep them. */
export const uploadAs = (kept: Kept, device: Device, buffer: GPUBuffer, data: VoxelArray): void => {
  // Converted part by part, so that no second volume is made.
  const step = kept.format === "float16" ? chunkBytes / formats.float16.bytes : data.length;
  for (let at = 0; at < data.length; at += step)
    upload(device, buffer, encode(data.subarray(at, at + step), kept), at * formats[kept.format].bytes);
};

/** Writes bytes from byte `to` of a buffer on. */
export const upload = (device: Device, buffer: GPUBuffer, data: ArrayBufferView, to = 0): void => {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const whole = bytes.byteLength - (bytes.byteLength % 4);
  for (let at = 0; at < whole; at += chunkBytes) {
    const length = Math.min(chunkBytes, whole - at);
    // Dawn in Node crashes when it is handed shared memory, so that goes through a copy.
    const [source, from] =
      data.buffer instanceof ArrayBuffer
        ? [data.buffer, data.byteOffset + at]
        : [bytes.slice(at, at + length).buffer, 0];
    device.gpu.queue.writeBuffer(buffer, to + at, source, from, length);
  }
  if (whole === bytes.byteLength) return;
  const rest = new Uint8Array(4);
  rest.set(bytes.subarray(whole));
  device.gpu.queue.writeBuffer(buffer, to + whole, rest);
};

/** Copies bytes of a buffer to where they can be mapped; the promise gives them. */
export const download = (device: Device, buffer: GPUBuffer, bytes: number, offset = 0): Promise<ArrayBuffer> => {
  const { gpu } = device;
  const size = toWords(bytes);
  const landing = gpu.createBuffer({ label: "medimages landing", size, usage: usage.mapRead | usage.copyTo });
  const encoder = gpu.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, offset, landing, 0, size);
  gpu.queue.submit([encoder.finish()]);
  const read = async (): Promise<ArrayBuffer> => {
    try {
      await device.until(landing.mapAsync(mapForReading));
      return landing.getMappedRange().slice(0, bytes);
    } finally {
      landing.destroy();
    }
  };
  const reading = read();
  // Whoever gives up on it is not told twice.
  reading.catch(() => undefined);
  return reading;
};

export const bytesOfBox = (box: Box, format: Format): number => toWords(voxelsIn(box) * formats[format].bytes);

/** The voxels of a box, packed: a view of `data` where the box is all of it, else a copy. */
export const takeBox = (data: VoxelArray, size: Vector3, channels: number, box: Box): VoxelArray => {
  if (sameBox(box, wholeBox(size, channels))) return data;
  const packed = allocate(dtypeOf(data), voxelsIn(box));
  eachRow(size, box, (at, length, k) => copyRow(data, at, packed, k, length));
  return packed;
};

/** Puts packed voxels of a box where they belong. */
export const putBox = (packed: VoxelArray, box: Box, data: VoxelArray, size: Vector3): void => {
  eachRow(size, box, (at, length, k) => copyRow(packed, k, data, at, length));
};

/** As bytes, because the two kinds of arrays do not mix. */
const copyRow = (from: VoxelArray, at: number, to: VoxelArray, into: number, length: number): void => {
  const width = from.BYTES_PER_ELEMENT;
  const source = new Uint8Array(from.buffer, from.byteOffset + at * width, length * width);
  new Uint8Array(to.buffer, to.byteOffset + into * width, length * width).set(source);
};

/** Calls with each row of a box: where it starts in the volume, its length, and where in the packed box. */
const eachRow = (size: Vector3, box: Box, call: (at: number, length: number, packed: number) => void): void => {
  const [nx, ny, nz] = size;
  let packed = 0;
  for (let c = box.channel; c < box.channel + box.channels; c++)
    for (let z = box.start[2]; z < box.start[2] + box.size[2]; z++)
      for (let y = box.start[1]; y < box.start[1] + box.size[1]; y++) {
        call(((c * nz + z) * ny + y) * nx + box.start[0], box.size[0], packed);
        packed += box.size[0];
      }
};
