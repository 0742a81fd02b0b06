/**
 * How images lie in an HDF5 file, version 1 of the layout (docs/formats.md): a group `images` with a group for each
 * image, and in that a dataset `voxels` with the geometry as its attributes and a text `header` with all the rest.
 */
import type { DType } from "../../../compiler/language/voxels.ts";

export const layoutVersion = 1;
export const imagesGroup = "images";

/** As the HDF5 library calls them; all little endian. */
export const hdf5Types: Readonly<Record<DType, string>> = {
  int8: "<b",
  uint8: "<B",
  int16: "<h",
  uint16: "<H",
  int32: "<i",
  uint32: "<I",
  int64: "<q",
  uint64: "<Q",
  float32: "<f",
  float64: "<d",
};

export const dtypeOfHdf5 = (name: unknown): DType | undefined =>
  (Object.keys(hdf5Types) as DType[]).find(
    (dtype) => hdf5Types[dtype] === name || (hdf5Types[dtype].slice(1) === name && /^[bB]$/.test(String(name))),
  );
