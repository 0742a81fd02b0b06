/**
 * Runs a kernel over a box of output. Work is submitted in slices: small enough that the device answers,
 * an abort is noticed and no watchdog takes a long pass for a hang; and no more groups than a dispatch may have.
 */
import type { Box } from "./boxes.ts";
import type { Device } from "./device.ts";
import { dispatchNumbers, type Extent, type Kernel } from "./kernel.ts";

/** A part of a volume, in a buffer of the device. */
export interface Bound {
  readonly buffer: GPUBuffer;
  /** Bytes of the part, a multiple of 4. */
  readonly bytes: number;
  readonly box: Box;
}

/** Samples that a slice reads at most: some ten milliseconds. */
const samplesPerSlice = { hardware: 2 ** 31, software: 2 ** 25 } as const;

interface Slice {
  readonly first: Extent;
  readonly count: Extent;
}

/** Cuts an extent into slices of about `most` invocations, within `groups` workgroups along each axis. */
export const slicesOf = (
  extent: Extent,
  most: number,
  workgroup: readonly [number, number, number],
  groups: number,
): readonly Slice[] => {
  const width = Math.min(extent.width, Math.max(1, most), groups * workgroup[0]);
  const rows = Math.min(extent.rows, Math.max(1, Math.floor(most / width)), groups * workgroup[1]);
  const layers = Math.min(extent.layers, Math.max(1, Math.floor(most / (width * rows))), groups * workgroup[2]);
  const slices: Slice[] = [];
  for (let layer = 0; layer < extent.layers; layer += layers)
    for (let row = 0; row < extent.rows; row += rows)
      for (let column = 0; column < extent.width; column += width)
        slices.push({
          first: { width: column, rows: row, layers: layer },
          count: {
            width: Math.min(width, extent.width - column),
            rows: Math.min(rows, extent.rows - row),
            layers: Math.min(layers, extent.layers - layer),
          },
        });
  return slices;
};

const numbersOf = ({ first, count }: Slice): readonly (readonly [string, number])[] => [
  [dispatchNumbers.firstInRow, first.width],
  [dispatchNumbers.firstRow, first.rows],
  [dispatchNumbers.firstLayer, first.layers],
  [dispatchNumbers.width, count.width],
  [dispatchNumbers.rows, count.rows],
  [dispatchNumbers.layers, count.layers],
];

/** Yields after each slice has been submitted, with the share of them that have been; `return` gives up the rest. */
export function* dispatch(
  device: Device,
  kernel: Kernel,
  pipeline: GPUComputePipeline,
  output: Bound,
  sources: readonly Bound[],
): Generator<number, void, void> {
  const { gpu, pool } = device;
  const { maxComputeWorkgroupsPerDimension, minUniformBufferOffsetAlignment } = gpu.limits;
  const most = samplesPerSlice[device.isSoftware ? "software" : "hardware"] / kernel.cost;
  const extent = kernel.extentOf(output.box);
  const slices = slicesOf(extent, Math.floor(most), kernel.workgroup, maxComputeWorkgroupsPerDimension);
  const { bytes } = kernel.numbers;
  const stride = Math.ceil(bytes / minUniformBufferOffsetAlignment) * minUniformBufferOffsetAlignment;
  const all = new ArrayBuffer(stride * slices.length);
  const placed = kernel.numbersFor(
    output.box,
    sources.map(({ box }) => box),
  );
  slices.forEach((slice, k) => {
    kernel.numbers.write(all, k * stride, new Map([...placed, ...numbersOf(slice)]));
  });
  const numbers = pool.take(all.byteLength);
  const tables = pool.take(kernel.tables.byteLength);
  try {
    gpu.queue.writeBuffer(numbers, 0, all);
    gpu.queue.writeBuffer(tables, 0, kernel.tables);
    const layout = device.layout(sources.length);
    for (const [k, { count }] of slices.entries()) {
      const resources: GPUBufferBinding[] = [
        { buffer: numbers, offset: k * stride, size: bytes },
        { buffer: tables, size: kernel.tables.byteLength },
        { buffer: output.buffer, size: output.bytes },
        ...sources.map(({ buffer, bytes }) => ({ buffer, size: bytes })),
      ];
      const entries = resources.map((resource, binding) => ({ binding, resource }));
      const encoder = gpu.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, gpu.createBindGroup({ layout, entries }));
      const [x, y, z] = kernel.workgroup;
      pass.dispatchWorkgroups(Math.ceil(count.width / x), Math.ceil(count.rows / y), Math.ceil(count.layers / z));
      pass.end();
      gpu.queue.submit([encoder.finish()]);
      yield (k + 1) / slices.length;
    }
  } finally {
    pool.giveBack(numbers);
    pool.giveBack(tables);
  }
}
