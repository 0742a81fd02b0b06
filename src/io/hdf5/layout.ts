/**
 * How images lie in an HDF5 file, version 1 of the layout (docs/formats.md): a group `images` with a group for each
 * image, and in that a dataset `voxels` with the geometry as its attributes and a text `header` with all the rest.
 */
import type { DType } from "../../../compiler/language/voxels.ts";
import type { MetadataValue } from "../../image.ts";

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

const bytesKey = "$base64";

const toBase64 = (bytes: Uint8Array): string => {
  let text = "";
  for (let at = 0; at < bytes.length; at += 2 ** 14) text += String.fromCharCode(...bytes.subarray(at, at + 2 ** 14));
  return btoa(text);
};

/** JSON in which bytes stand as base64. */
export const encodeHeader = (value: unknown): string =>
  JSON.stringify(value, (_, one: unknown) => (one instanceof Uint8Array ? { [bytesKey]: toBase64(one) } : one));

/** @throws SyntaxError */
export const decodeHeader = (text: string): unknown =>
  JSON.parse(text, (_, one: unknown): unknown =>
    typeof one === "object" && one !== null && bytesKey in one && typeof one[bytesKey] === "string"
      ? Uint8Array.from(atob(one[bytesKey]), (letter) => letter.charCodeAt(0))
      : one,
  );

export const isMetadata = (value: unknown): value is { readonly [key: string]: MetadataValue } =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
