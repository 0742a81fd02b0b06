/** Buffers of a plan as the device keeps them: `working` volumes are float32, or float16 where that was asked for. */
import { fail } from "../../compiler/errors.ts";
import { product } from "../../compiler/language/vector.ts";
import type { DType } from "../../compiler/language/voxels.ts";
import type { Buffer, GradientPlan, Plan } from "../../compiler/plan.ts";
import { formats, type Kept } from "./formats.ts";

export interface PlacedBuffer extends Buffer, Kept {}

/** The buffers of a plan that says of each how it is kept. */
export interface PlacedBuffers {
  readonly buffers: readonly PlacedBuffer[];
}

export interface PlacedPlan extends Plan, PlacedBuffers {
  readonly buffers: readonly PlacedBuffer[];
}

/** As a {@link PlacedPlan}, for gradients. */
export interface PlacedGradientPlan extends GradientPlan, PlacedBuffers {
  readonly buffers: readonly PlacedBuffer[];
}

export const broken = (reason: string): never => fail({ kind: "InternalError", phase: "webgpu", reason });

export const bufferOf = <B extends Buffer>(plan: { readonly buffers: readonly B[] }, buffer: number): B =>
  plan.buffers[buffer] ?? broken(`buffer ${buffer} does not exist`);

/** What a buffer holds, however it is kept. */
export const dtypeOfBuffer = ({ storage }: Buffer): DType => (storage === "working" ? "float32" : storage.dtype);
export const elementsOf = ({ size, channels }: Buffer): number => product(size) * channels;
export const bytesOf = (buffer: PlacedBuffer): number => elementsOf(buffer) * formats[buffer.format].bytes;
