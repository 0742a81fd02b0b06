/** Buffers of a plan as the device keeps them: `working` volumes are float32. */
import { fail } from "../../compiler/errors.ts";
import { product } from "../../compiler/language/vector.ts";
import { type DType, dtypes } from "../../compiler/language/voxels.ts";
import type { Buffer, Plan } from "../../compiler/plan.ts";

export const broken = (reason: string): never => fail({ kind: "InternalError", phase: "webgpu", reason });

export const bufferOf = (plan: Plan, buffer: number): Buffer =>
  plan.buffers[buffer] ?? broken(`buffer ${buffer} does not exist`);

export const dtypeOfBuffer = ({ storage }: Buffer): DType => (storage === "working" ? "float32" : storage.dtype);
export const elementsOf = ({ size, channels }: Buffer): number => product(size) * channels;
export const bytesOf = (buffer: Buffer): number => elementsOf(buffer) * dtypes[dtypeOfBuffer(buffer)].bytes;
