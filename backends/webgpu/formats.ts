/**
 * How elements lie on the device: as in the arrays of their dtype, or as float16, which no dtype is. Not every
 * engine has an array of float16, so in ordinary memory its bits lie in a Uint16Array.
 */
import { type DType, type DTypeInfo, dtypes, type VoxelArray } from "../../compiler/language/voxels.ts";
import { fromFloat16, toFloat16 } from "./float16.ts";

export type Format = DType | "float16";

export const formats: Readonly<Record<Format, Pick<DTypeInfo, "bytes" | "array">>> = {
  ...dtypes,
  float16: { bytes: 2, array: Uint16Array },
};

export interface Kept {
  readonly format: Format;
  /** What a kept 1 stands for: a power of two, and 1 for all formats but float16. */
  readonly unit: number;
}

/** Voxels as the device keeps them. */
export const encode = (data: VoxelArray, { format, unit }: Kept): VoxelArray =>
  format === "float16" ? toFloat16(data, unit) : data;

/** The numbers that are kept, in an array that holds them. */
export const decode = (kept: VoxelArray, { format, unit }: Kept): VoxelArray =>
  format === "float16" ? fromFloat16(kept, unit) : kept;
