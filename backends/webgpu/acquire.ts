/** Finds a device: asks an adapter for all that it offers, because volumes are large. */
import { Device, unavailable } from "./device.ts";

/** Where devices come from: `navigator.gpu`, npm `webgpu`, or another implementation of the standard. */
export interface GpuSource {
  /** The entry of WebGPU; undefined where there is none. */
  readonly open: () => Promise<GPU | undefined>;
  /** What to do where there is none, or no adapter. */
  readonly remedy: string;
  /** What to ask an adapter for, besides high performance. */
  readonly options?: GPURequestAdapterOptions;
}

const raised = ["maxStorageBufferBindingSize", "maxBufferSize", "maxStorageBuffersPerShaderStage"] as const;

/** @throws MedImagesError `BackendUnavailable` with the cause and a remedy */
export const acquire = async (source: GpuSource): Promise<Device> => {
  const gpu = await source.open();
  if (gpu === undefined) return unavailable("there is no WebGPU here", source.remedy);
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance", ...source.options });
  if (adapter === null) return unavailable("WebGPU found no adapter", source.remedy);
  const requiredLimits = Object.fromEntries(raised.map((limit) => [limit, adapter.limits[limit]]));
  try {
    return new Device(await adapter.requestDevice({ label: "medimages", requiredLimits }), isSoftware(adapter.info));
  } catch (thrown) {
    return unavailable(
      `the adapter gave no device (${thrown instanceof Error ? thrown.message : String(thrown)})`,
      source.remedy,
      thrown,
    );
  }
};

/** Some implementations do not mark their software adapters, but all name them. */
export const isSoftware = (info: GPUAdapterInfo): boolean =>
  info.isFallbackAdapter ||
  /swiftshader|llvmpipe|lavapipe|basic render/i.test(
    `${info.vendor} ${info.architecture} ${info.device} ${info.description}`,
  );
