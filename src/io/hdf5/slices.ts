/** Looking into HDF5 files with types, and reading voxels a few slices at a time, so that nothing is there twice. */
import type { Attribute, Dataset, Group, File as Hdf5File } from "h5wasm";
import { fail } from "../../../compiler/errors.ts";
import { type Grid, gridProblem } from "../../../compiler/language/grid.ts";
import { matrix, vector } from "../../../compiler/language/vector.ts";
import { type DType, dtypes, noRescale, type Rescale, type VoxelArray } from "../../../compiler/language/voxels.ts";
import type { Kind } from "../../image.ts";
import type { ImageHeader } from "../format.ts";
import { dtypeOfHdf5 } from "./layout.ts";

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

/** A way in which images lie in HDF5 files. */
export interface Layout {
  /** Whether a file is laid out so. */
  fits(file: Hdf5File): boolean;
  /** @throws MedImagesError `MalformedFile`, `UnsupportedFile` */
  names(file: Hdf5File, path: string): readonly string[];
  /** The image of a name that is there. @throws MedImagesError `MalformedFile` */
  describe(file: Hdf5File, name: string, path: string): DescribedVoxels;
}

/**
 * Voxels as [z, y, x] or [channel, z, y, x] that have their geometry beside them: `origin`, `spacing` and `direction`.
 * @throws MedImagesError `MalformedFile`
 */
export const describeDataset = (
  dataset: Dataset,
  name: string,
  path: string,
): Pick<DescribedVoxels, "stored" | "count"> & { readonly grid: Grid } => {
  const stored =
    dtypeOfHdf5(dataset.dtype) ?? malformed(path, `its image "${name}" has numbers of no dtype known here`);
  const shape = dataset.shape ?? [];
  if (shape.length !== 3 && shape.length !== 4) malformed(path, `its image "${name}" has ${shape.length} dimensions`);
  const [z = 0, y = 0, x = 0] = shape.slice(-3);
  const count = shape.length === 4 ? (shape[0] ?? 0) : 1;
  const { attrs } = dataset;
  const origin = numbersOf(attrs.origin, 3);
  const spacing = numbersOf(attrs.spacing, 3);
  const direction = numbersOf(attrs.direction, 9);
  if (origin === undefined || spacing === undefined || direction === undefined)
    return malformed(path, `its image "${name}" lacks origin, spacing or direction`);
  const grid: Grid = {
    size: [x, y, z],
    spacing: vector((k) => spacing[k] ?? 0),
    origin: vector((k) => origin[k] ?? 0),
    direction: matrix((r, c) => direction[r * 3 + c] ?? 0),
  };
  const problem = gridProblem(grid) ?? (count >= 1 ? undefined : "it has no channels");
  if (problem !== undefined) malformed(path, `the geometry of its image "${name}" cannot be: ${problem}`);
  return { stored, count, grid };
};

/** Slices along the third axis, counted from 0, of every channel. */
export interface Slices {
  readonly first: number;
  readonly count: number;
}

/** Some slices that follow each other in memory, as they are stored. */
export interface Part {
  readonly values: VoxelArray;
  /** The number of the first of them in the file, channel after channel. */
  readonly slice: number;
  /** How many numbers of the slices that are read come before them. */
  readonly at: number;
}

/** So many bytes are asked for at a time, or at most, where chunks are larger and so would be inflated repeatedly. */
const pieceBytes = 2 ** 22;
const largestPiece = 2 ** 26;

/** How many slices to read at a time: whole chunks. */
const stepOf = (dataset: Dataset, bytesOfSlice: number): number => {
  const thick = Math.max(1, dataset.metadata.chunks?.at(-3) ?? 1);
  const few = Math.max(1, Math.floor(pieceBytes / bytesOfSlice));
  const most = Math.max(1, Math.floor(largestPiece / bytesOfSlice));
  return Math.min(most, Math.max(thick, few - (few % thick)));
};

/** Calls `accept` with all of these slices, in the order of memory. */
export const eachPart = (
  file: Hdf5File,
  { header, count, at, stored }: DescribedVoxels,
  { first, count: wanted }: Slices,
  path: string,
  accept: (part: Part) => void,
): void => {
  const dataset = file.get(at);
  if (!isDataset(dataset)) malformed(path, `has no voxels at ${at}`);
  const [x, y, z] = header.grid.size;
  const spread = (dataset.shape ?? []).length === 4;
  const step = stepOf(dataset, x * y * dtypes[stored].bytes);
  for (let c = 0; c < count; c++)
    for (let from = first; from < first + wanted; ) {
      // Up to where chunks end.
      const to = Math.min(first + wanted, from - (from % step) + step);
      const slices: [number, number] = [from, to];
      const values = dataset.slice([...(spread ? [[c, c + 1] as [number, number]] : []), slices, [], []]);
      if (!isVoxels(stored, values, (to - from) * x * y))
        malformed(path, `slices ${from} to ${to - 1} of its voxels are not complete`);
      accept({ values, slice: c * z + from, at: (c * wanted + from - first) * x * y });
      from = to;
    }
};

/** Puts slices where they belong, as real numbers where slices differ in how they are to be rescaled. */
export const place = (
  { values, slice, at }: Part,
  { eachRescale, header }: DescribedVoxels,
  data: VoxelArray,
): void => {
  if (eachRescale !== undefined) {
    const plane = header.grid.size[0] * header.grid.size[1];
    for (let k = 0; k < values.length; k++) {
      const { slope, intercept } = eachRescale[slice + Math.floor(k / plane)] ?? noRescale;
      data[at + k] = slope * Number(values[k]) + intercept;
    }
  } else if (data instanceof BigInt64Array || data instanceof BigUint64Array) data.set(values as typeof data, at);
  else data.set(values as Exclude<VoxelArray, BigInt64Array | BigUint64Array>, at);
};
