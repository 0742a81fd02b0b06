/** Finds a device: asks an adapter for all that it offers, because volumes are large. */
import { Device, unavailable } from "./device.ts";

/** Where devices come from: `navigator.gpu`, npm `webgpu`, or another implementation of the standard. */
export interface GpuSource {
  /** The entry of WebGPU; undefined where there is none. */
  readonly open: () => Promise<GPU | undefined>;
  /** Whether a GPU may be there: a cheap look, so that nothing is loaded where there is none. */
  readonly isLikely: () => boolean;
  /** What to do where there is none, or no adapter. */
  readonly remedy: string;
  /** Whether waiting for a promise of it keeps a processor busy, which a device that is a processor needs itself. */
  readonly polls?: boolean;
  /** What to ask an adapter for, besides high performance. */
  readonly options?: GPURequestAdapterOptions;
}

/** What bounds a backend further than its device does. */
export interface Bounds {
  /** Bytes of the largest volume that a kernel binds; larger ones are computed in parts. */
  readonly largestBinding?: number;
}

const raised = ["maxStorageBufferBindingSize", "maxBufferSize", "maxStorageBuffersPerShaderStage"] as const;

/** @throws MedImagesError `BackendUnavailable` with the cause and a remedy */
export const acquire = async (source: GpuSource, bounds: Bounds = {}): Promise<Device> => {
  const gpu = await source.open();
  if (gpu === undefined) return unavailable("there is no WebGPU here", source.remedy);
  const refused = (what: string, thrown: unknown): never =>
    unavailable(`${what} (${thrown instanceof Error ? thrown.message : String(thrown)})`, source.remedy, thrown);
  const adapter = await gpu
    .requestAdapter({ powerPreference: "high-performance", ...source.options })
    .catch((thrown: unknown) => refused("WebGPU gave no adapter", thrown));
  if (adapter === null) return unavailable("WebGPU found no adapter", source.remedy);
  const requiredLimits = Object.fromEntries(raised.map((limit) => [limit, adapter.limits[limit]]));
  try {
    const device = await adapter.requestDevice({ label: "medimages", requiredLimits });
    const plays = isSoftware(adapter.info);
    return new Device(device, plays, bounds.largestBinding ?? Number.POSITIVE_INFINITY, plays && source.polls);
  } catch (thrown) {
    return refused("the adapter gave no device", thrown);
  }
};

/** Some implementations do not mark their software adapters, but all name them. */
const isSoftware = (info: GPUAdapterInfo): boolean =>
  info.isFallbackAdapter ||
  /swiftshader|llvmpipe|lavapipe|basic render/i.test(
    `${info.vendor} ${info.architecture} ${info.device} ${info.description}`,
  );

/** A device that was handed in, with the limits that it was asked for with. */
export const wrap = (gpu: GPUDevice, bounds: Bounds): Device =>
  new Device(gpu, isSoftware(gpu.adapterInfo), bounds.largestBinding ?? Number.POSITIVE_INFINITY);
