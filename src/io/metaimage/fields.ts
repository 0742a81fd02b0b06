/**
 * The header of a MetaImage: lines of `name = value`, of which the last says where the voxels are. Names and
 * their synonyms as MetaIO's documentation and ITK have them.
 */
import { fail } from "../../../compiler/errors.ts";
import type { DType } from "../../../compiler/language/voxels.ts";
import type { Content } from "../content.ts";
import { headerLines } from "../header-lines.ts";

export interface MetaFields {
  /** By the names in the file; of a name that comes twice the last. */
  readonly fields: ReadonlyMap<string, string>;
  /** The lines after the last field, where they are names of data files. */
  readonly files: readonly string[];
}

export type FieldName =
  | "objectType"
  | "objectSubType"
  | "dimensions"
  | "sizes"
  | "elementType"
  | "channels"
  | "spacing"
  | "origin"
  | "direction"
  | "bigEndian"
  | "binary"
  | "compressed"
  | "compressedSize"
  | "headerSize"
  | "slope"
  | "intercept"
  | "anatomy"
  | "centre"
  | "dataFile";

/** Every field that the reader uses for itself, under all of its names. Other fields are kept as they are. */
export const names: Readonly<Record<FieldName, readonly [string, ...string[]]>> = {
  objectType: ["ObjectType"],
  objectSubType: ["ObjectSubType"],
  dimensions: ["NDims"],
  sizes: ["DimSize"],
  elementType: ["ElementType"],
  channels: ["ElementNumberOfChannels"],
  spacing: ["ElementSpacing", "ElementSize"],
  origin: ["Offset", "Origin", "Position"],
  direction: ["TransformMatrix", "Rotation", "Orientation"],
  bigEndian: ["ElementByteOrderMSB", "BinaryDataByteOrderMSB"],
  binary: ["BinaryData"],
  compressed: ["CompressedData"],
  compressedSize: ["CompressedDataSize"],
  headerSize: ["HeaderSize"],
  slope: ["ElementToIntensityFunctionSlope"],
  intercept: ["ElementToIntensityFunctionOffset"],
  anatomy: ["AnatomicalOrientation"],
  centre: ["CenterOfRotation"],
  dataFile: ["ElementDataFile"],
};

export const ownNames: ReadonlySet<string> = new Set(Object.values(names).flat());

const line = /^\s*([A-Za-z][\w.\- ]*?)\s*[=:]\s*(.*?)\s*$/;

/**
 * Reads the header up to the voxels.
 * @throws MedImagesError `MalformedFile`
 */
export const readMetaFields = async (content: Content): Promise<MetaFields> => {
  const path = content.name;
  const next = headerLines(content);
  const fields = new Map<string, string>();
  for (let number = 1; ; number++) {
    const text = await next();
    if (text === undefined)
      return fail({
        kind: "MalformedFile",
        path,
        reason: "its header ends without ElementDataFile, and so without voxels",
      });
    if (text.trim() === "") continue;
    const [, key, value = ""] = line.exec(text) ?? [];
    if (key === undefined)
      return fail({
        kind: "MalformedFile",
        path,
        reason: `line ${number} of its header is not of the form "name = value"`,
      });
    fields.set(key, value);
    if (key !== names.dataFile[0]) continue;
    const files: string[] = [];
    if (/^LIST\b/.test(value))
      for (let file = await next(); file !== undefined; file = await next())
        if (file.trim() !== "") files.push(file.trim());
    return { fields, files };
  }
};

/** The dtypes of the element types. MET_LONG has 4 bytes on all machines, as MetaIO has it. */
const elementTypes: ReadonlyMap<string, DType> = new Map([
  ["MET_ASCII_CHAR", "int8"],
  ["MET_CHAR", "int8"],
  ["MET_UCHAR", "uint8"],
  ["MET_SHORT", "int16"],
  ["MET_USHORT", "uint16"],
  ["MET_INT", "int32"],
  ["MET_UINT", "uint32"],
  ["MET_LONG", "int32"],
  ["MET_ULONG", "uint32"],
  ["MET_LONG_LONG", "int64"],
  ["MET_ULONG_LONG", "uint64"],
  ["MET_FLOAT", "float32"],
  ["MET_DOUBLE", "float64"],
]);

export const dtypeOfElements = (name: string): DType | undefined => elementTypes.get(name.replace(/_ARRAY$/, ""));

export const elementTypeOf: Readonly<Record<DType, string>> = {
  int8: "MET_CHAR",
  uint8: "MET_UCHAR",
  int16: "MET_SHORT",
  uint16: "MET_USHORT",
  int32: "MET_INT",
  uint32: "MET_UINT",
  int64: "MET_LONG_LONG",
  uint64: "MET_ULONG_LONG",
  float32: "MET_FLOAT",
  float64: "MET_DOUBLE",
};
