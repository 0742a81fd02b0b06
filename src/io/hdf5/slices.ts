/** Looking into HDF5 files with types, and reading voxels a slice at a time, so that nothing is there twice. */
import type { Attribute, Dataset, Group, File as Hdf5File } from "h5wasm";
import { fail } from "../../../compiler/errors.ts";
import { type DType, dtypes, type Rescale, type VoxelArray } from "../../../compiler/language/voxels.ts";
import type { Kind } from "../../image.ts";
import type { ImageHeader } from "../format.ts";

/** An image in an HDF5 file: what is known of it, and where its voxels are, [channel,] z, y, x. */
export interface DescribedVoxels {
  readonly header: ImageHeader;
  readonly kind: Kind;
  /** Number of channels. */
  readonly count: number;
  readonly at: string;
  /** The dtype in the file. */
  readonly stored: DType;
  /** How each slice becomes real numbers, where they do not all do so alike; the header's dtype is float then. */
  readonly eachRescale: readonly Rescale[] | undefined;
}

const hasType = (entity: unknown, type: string): boolean =>
  typeof entity === "object" && entity !== null && "type" in entity && entity.type === type;
export const isGroup = (entity: unknown): entity is Group => hasType(entity, "Group");
export const isDataset = (entity: unknown): entity is Dataset => hasType(entity, "Dataset");

export const malformed: (path: string, reason: string) => never = (path, reason) =>
  fail({ kind: "MalformedFile", path, reason });

/** So many finite numbers of an attribute, or nothing. */
export const numbersOf = (attribute: Attribute | undefined, count: number): readonly number[] | undefined => {
  const value = attribute?.value;
  const list = typeof value === "number" ? [value] : ArrayBuffer.isView(value) ? [...(value as Float64Array)] : [];
  return list.length === count && list.every(Number.isFinite) ? list : undefined;
};

const isVoxels = (dtype: DType, value: unknown, length: number): value is VoxelArray =>
  value instanceof dtypes[dtype].array && "length" in value && value.length === length;

/** Calls `accept` with each slice as it is stored, in the order of memory. */
export const eachSlice = (
  file: Hdf5File,
  { header, count, at, stored }: DescribedVoxels,
  path: string,
  accept: (slice: VoxelArray, at: number) => void,
): void => {
  const dataset = file.get(at);
  if (!isDataset(dataset)) malformed(path, `has no voxels at ${at}`);
  const [x, y, z] = header.grid.size;
  const spread = (dataset.shape ?? []).length === 4;
  for (let k = 0; k < count * z; k++) {
    const [c, s] = [Math.floor(k / z), k % z];
    const where: [number, number][] = spread
      ? [
          [c, c + 1],
          [s, s + 1],
        ]
      : [[s, s + 1]];
    const slice = dataset.slice([...where, [], []]);
    if (!isVoxels(stored, slice, x * y)) malformed(path, `slice ${k} of its voxels is not complete`);
    else accept(slice, k * x * y);
  }
};

/** Puts a slice where it belongs, as real numbers where slices differ in how they are to be rescaled. */
export const place = (slice: VoxelArray, { eachRescale }: DescribedVoxels, data: VoxelArray, at: number): void => {
  const rescale = eachRescale?.[at / slice.length];
  if (rescale !== undefined)
    for (let k = 0; k < slice.length; k++) data[at + k] = rescale.slope * Number(slice[k]) + rescale.intercept;
  else if (data instanceof BigInt64Array || data instanceof BigUint64Array) data.set(slice as typeof data, at);
  else data.set(slice as Exclude<VoxelArray, BigInt64Array | BigUint64Array>, at);
};
