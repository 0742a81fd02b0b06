/** Channels that lie one behind the other brought side by side, voxel by voxel, as some libraries keep them. */
import { usage } from "./flags.ts";

/** What is where, in elements: `size` of all channels, written from `at` on. */
export interface Interleaving {
  readonly channels: number;
  readonly size: number;
  readonly at: number;
}

const workgroup = 256;
const code = `
struct Numbers { voxels: u32, channels: u32, at: u32, first: u32 }
@group(0) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(1) var<storage, read> from_channels: array<u32>;
@group(0) @binding(2) var<storage, read_write> side_by_side: array<u32>;
@compute @workgroup_size(${workgroup})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = numbers.first + id.x;
  if (i >= numbers.voxels) { return; }
  for (var channel = 0u; channel < numbers.channels; channel++) {
    side_by_side[numbers.at + i * numbers.channels + channel] = from_channels[channel * numbers.voxels + i];
  }
}`;

const pipelines = new WeakMap<GPUDevice, GPUComputePipeline>();

const pipelineOf = (gpu: GPUDevice): GPUComputePipeline => {
  const known = pipelines.get(gpu);
  if (known !== undefined) return known;
  const module = gpu.createShaderModule({ code });
  const made = gpu.createComputePipeline({ layout: "auto", compute: { module, entryPoint: "main" } });
  pipelines.set(gpu, made);
  return made;
};

/** Copies 32-bit elements from one buffer to another, channels side by side. */
export const interleave = (
  gpu: GPUDevice,
  from: GPUBuffer,
  to: GPUBuffer,
  { channels, size, at }: Interleaving,
): void => {
  const pipeline = pipelineOf(gpu);
  const voxels = size / channels;
  const most = gpu.limits.maxComputeWorkgroupsPerDimension * workgroup;
  for (let first = 0; first < voxels; first += most) {
    const label = "medimages interleaving";
    const numbers = gpu.createBuffer({ label, size: 16, usage: usage.uniform | usage.copyTo });
    gpu.queue.writeBuffer(numbers, 0, Uint32Array.of(voxels, channels, at, first));
    const entries = [numbers, from, to].map((buffer, binding) => ({ binding, resource: { buffer } }));
    const encoder = gpu.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, gpu.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
    pass.dispatchWorkgroups(Math.ceil(Math.min(most, voxels - first) / workgroup));
    pass.end();
    gpu.queue.submit([encoder.finish()]);
    // Destroyed once the device has done with what was submitted.
    numbers.destroy();
  }
};
