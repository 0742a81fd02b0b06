/**
 * Where each field stands in the headers of NIfTI-1 and NIfTI-2, as their standards (nifti1.h, nifti2.h)
 * give it. Used for writing, and for the fields that the header reader gets wrong.
 */

export type FieldType = "uint8" | "int16" | "int32" | "int64" | "float32" | "float64";
export type Field = readonly [offset: number, type: FieldType, count?: number];
export type Version = 1 | 2;

export type NumericField =
  | "sizeof_hdr"
  | "dim_info"
  | "dim"
  | "intent_p"
  | "intent_code"
  | "datatype"
  | "bitpix"
  | "slice_start"
  | "pixdim"
  | "vox_offset"
  | "scl_slope"
  | "scl_inter"
  | "slice_end"
  | "slice_code"
  | "xyzt_units"
  | "cal_max"
  | "cal_min"
  | "slice_duration"
  | "toffset"
  | "qform_code"
  | "sform_code"
  | "quatern"
  | "qoffset"
  | "srow";
export type TextField = "magic" | "descrip" | "aux_file" | "intent_name";

export interface Layout {
  readonly size: number;
  readonly numbers: Readonly<Record<NumericField, Field>>;
  /** Offset and length in bytes. */
  readonly texts: Readonly<Record<TextField, readonly [offset: number, length: number]>>;
}

export const layouts: Readonly<Record<Version, Layout>> = {
  1: {
    size: 348,
    numbers: {
      sizeof_hdr: [0, "int32"],
      dim_info: [39, "uint8"],
      dim: [40, "int16", 8],
      intent_p: [56, "float32", 3],
      intent_code: [68, "int16"],
      datatype: [70, "int16"],
      bitpix: [72, "int16"],
      slice_start: [74, "int16"],
      pixdim: [76, "float32", 8],
      vox_offset: [108, "float32"],
      scl_slope: [112, "float32"],
      scl_inter: [116, "float32"],
      slice_end: [120, "int16"],
      slice_code: [122, "uint8"],
      xyzt_units: [123, "uint8"],
      cal_max: [124, "float32"],
      cal_min: [128, "float32"],
      slice_duration: [132, "float32"],
      toffset: [136, "float32"],
      qform_code: [252, "int16"],
      sform_code: [254, "int16"],
      quatern: [256, "float32", 3],
      qoffset: [268, "float32", 3],
      srow: [280, "float32", 12],
    },
    texts: { magic: [344, 4], descrip: [148, 80], aux_file: [228, 24], intent_name: [328, 16] },
  },
  2: {
    size: 540,
    numbers: {
      sizeof_hdr: [0, "int32"],
      datatype: [12, "int16"],
      bitpix: [14, "int16"],
      dim: [16, "int64", 8],
      intent_p: [80, "float64", 3],
      pixdim: [104, "float64", 8],
      vox_offset: [168, "int64"],
      scl_slope: [176, "float64"],
      scl_inter: [184, "float64"],
      cal_max: [192, "float64"],
      cal_min: [200, "float64"],
      slice_duration: [208, "float64"],
      toffset: [216, "float64"],
      slice_start: [224, "int64"],
      slice_end: [232, "int64"],
      qform_code: [344, "int32"],
      sform_code: [348, "int32"],
      quatern: [352, "float64", 3],
      qoffset: [376, "float64", 3],
      srow: [400, "float64", 12],
      slice_code: [496, "int32"],
      xyzt_units: [500, "int32"],
      intent_code: [504, "int32"],
      dim_info: [524, "uint8"],
    },
    texts: { magic: [4, 8], descrip: [240, 80], aux_file: [320, 24], intent_name: [508, 16] },
  },
};

const widths: Readonly<Record<FieldType, number>> = {
  uint8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  float32: 4,
  float64: 8,
};

const getters: Readonly<Record<FieldType, (view: DataView, at: number, little: boolean) => number>> = {
  uint8: (view, at) => view.getUint8(at),
  int16: (view, at, little) => view.getInt16(at, little),
  int32: (view, at, little) => view.getInt32(at, little),
  int64: (view, at, little) => Number(view.getBigInt64(at, little)),
  float32: (view, at, little) => view.getFloat32(at, little),
  float64: (view, at, little) => view.getFloat64(at, little),
};

const setters: Readonly<Record<FieldType, (view: DataView, at: number, value: number) => void>> = {
  uint8: (view, at, value) => view.setUint8(at, value),
  int16: (view, at, value) => view.setInt16(at, value, true),
  int32: (view, at, value) => view.setInt32(at, value, true),
  int64: (view, at, value) => view.setBigInt64(at, BigInt(Math.trunc(value)), true),
  float32: (view, at, value) => view.setFloat32(at, value, true),
  float64: (view, at, value) => view.setFloat64(at, value, true),
};

export const readField = (view: DataView, [offset, type, count = 1]: Field, little: boolean): readonly number[] =>
  Array.from({ length: count }, (_, k) => getters[type](view, offset + k * widths[type], little));

/** Writes little endian. */
export const writeField = (view: DataView, [offset, type]: Field, values: readonly number[]): void =>
  values.forEach((value, k) => {
    setters[type](view, offset + k * widths[type], value);
  });

/** Text up to the first zero byte, one character per byte. */
export const readText = (bytes: Uint8Array, [offset, length]: readonly [number, number]): string => {
  const text = bytes.subarray(offset, offset + length);
  const end = text.indexOf(0);
  return String.fromCharCode(...(end < 0 ? text : text.subarray(0, end)));
};

/** Text with whatever stands behind a zero byte, which some programs use as well; without the zeros at its end. */
export const readWholeText = (bytes: Uint8Array, [offset, length]: readonly [number, number]): string => {
  const text = bytes.subarray(offset, offset + length);
  return String.fromCharCode(...text.subarray(0, text.findLastIndex((byte) => byte !== 0) + 1));
};

/** Cut to the field; characters that a byte does not hold become question marks. */
export const writeText = (bytes: Uint8Array, [offset, length]: readonly [number, number], text: string): void => {
  for (let k = 0; k < Math.min(length, text.length); k++) {
    const code = text.charCodeAt(k);
    bytes[offset + k] = code < 256 ? code : 63;
  }
};
