/**
 * The header of NIfTI-1, NIfTI-2 and Analyze 7.5 files, in either byte order, as plain numbers. Damage
 * that leaves no doubt about the image is repaired with a warning; the rest is refused here, so that the
 * later stages need not doubt what they are handed.
 */
import { NIFTI1, NIFTI2 } from "nifti-reader-js";
import { fail } from "../../../compiler/errors.ts";
import type { Warning } from "../../image.ts";
import { headerLength, identify, viewOf } from "./identity.ts";
import { layouts, readField, readWholeText, type Version } from "./layout.ts";

export type Format = "NIfTI-1" | "NIfTI-2" | "Analyze 7.5";

export interface NiftiHeader {
  readonly format: Format;
  readonly version: Version;
  readonly littleEndian: boolean;
  /** Whether the magic number says that the voxels lie in a file of their own. */
  readonly pair: boolean;
  /** dim[1] to dim[dim[0]], each at least 1. */
  readonly dim: readonly number[];
  readonly datatype: number;
  readonly bitpix: number;
  readonly pixdim: readonly number[];
  readonly vox_offset: number;
  readonly scl_slope: number;
  readonly scl_inter: number;
  readonly qform_code: number;
  readonly sform_code: number;
  readonly quatern: readonly number[];
  readonly qoffset: readonly number[];
  readonly srow: readonly number[];
  readonly xyzt_units: number;
  readonly dim_info: number;
  readonly intent_code: number;
  readonly intent_p: readonly number[];
  readonly intent_name: string;
  readonly slice_start: number;
  readonly slice_end: number;
  readonly slice_code: number;
  readonly slice_duration: number;
  readonly toffset: number;
  readonly cal_min: number;
  readonly cal_max: number;
  readonly descrip: string;
  readonly aux_file: string;
}

const malformed = (path: string, reason: string, offset?: number): never =>
  fail({ kind: "MalformedFile", path, reason, ...(offset === undefined ? {} : { offset }) });

/** The byte order that the size of the header and dim[0] agree on; dim[0] decides when they do not. */
const byteOrder = (head: Uint8Array, version: Version, warn: (kind: string, message: string) => void): boolean => {
  const view = viewOf(head);
  const expected = headerLength[version];
  const rankIn = (little: boolean): number => readField(view, layouts[version].numbers.dim, little)[0] as number;
  const plausible = (little: boolean): boolean => rankIn(little) >= 1 && rankIn(little) <= 7;
  const stated = view.getInt32(0, true) === expected ? true : view.getInt32(0, false) === expected ? false : undefined;
  if (stated === undefined)
    warn("header-size", `sizeof_hdr is ${view.getInt32(0, true)} instead of ${expected}; dim[0] gave the byte order`);
  const first = stated ?? true;
  if (plausible(first) || !plausible(!first)) return first;
  if (stated !== undefined)
    warn("byte-order", "sizeof_hdr and dim[0] disagree about the byte order; that of dim[0] was taken");
  return !first;
};

/** dim[1..dim[0]]; zeros at the end, as old programs leave them, count as 1. */
const dimensions = (
  dim: readonly number[],
  path: string,
  offset: number,
  warn: (kind: string, message: string) => void,
): readonly number[] => {
  const rank = dim[0] as number;
  if (!(rank >= 1 && rank <= 7))
    malformed(path, `its header says it has ${rank} dimensions (dim[0]), where 1 to 7 are possible`, offset);
  const sizes = dim.slice(1, rank + 1);
  const last = sizes.findLastIndex((n) => n !== 0);
  const trailing = sizes.findIndex((n, k) => n === 0 && k > last && k >= 2);
  if (trailing >= 0) warn("dimensions", `dim[${trailing + 1}] is 0 although dim[0] is ${rank}; it was read as 1`);
  const repaired = sizes.map((n, k) => (n === 0 && trailing >= 0 && k >= trailing ? 1 : n));
  const bad = repaired.findIndex((n) => n < 1);
  if (bad >= 0) malformed(path, `its header says dim[${bad + 1}] is ${repaired[bad]}, which leaves no voxels`, offset);
  if (!Number.isSafeInteger(repaired.reduce((a, b) => a * b, 1)))
    malformed(path, `its header claims ${repaired.join("×")} voxels, more than can be counted`, offset);
  return repaired;
};

/** The numbers that nifti-reader-js reads, from a copy whose first field is as it expects. */
const readerFields = (head: Uint8Array, version: Version, littleEndian: boolean): NIFTI1 | NIFTI2 => {
  const copy = new ArrayBuffer(headerLength[version]);
  new Uint8Array(copy).set(head.subarray(0, headerLength[version]));
  new DataView(copy).setInt32(0, headerLength[version], littleEndian);
  const header = version === 1 ? new NIFTI1() : new NIFTI2();
  header.readHeader(copy);
  return header;
};

/**
 * Reads the header at the start of `head`, which {@link looksLikeNifti} recognized. nifti-reader-js gives
 * the plain fields; sform rows (which it drops when it prefers the qform), texts (which it reads past
 * their end) and 64-bit integers (wrong when negative or big endian) are read here.
 * @throws MedImagesError `MalformedFile`
 */
export const parseHeader = (head: Uint8Array, path: string, warnings: Warning[]): NiftiHeader => {
  const warn = (kind: string, message: string): void => {
    warnings.push({ kind, message: `${path}: ${message}` });
  };
  const identity = identify(head) ?? malformed(path, "does not begin with a NIfTI header");
  const { version, magic } = identity;
  const { size, numbers, texts } = layouts[version];
  if (head.length < size)
    malformed(path, `is cut off within its header: it has ${head.length} of the ${size} bytes`, head.length);
  if (magic === "wrong" || (magic === "none" && version === 2))
    malformed(path, `its magic number is ${JSON.stringify(identity.magicText)}, not that of NIfTI`, texts.magic[0]);
  if (magic === "none")
    warn("orientation", "has no NIfTI magic number and was read as Analyze 7.5, which does not keep orientation");
  const littleEndian = byteOrder(head, version, warn);
  const view = viewOf(head);
  const values = (field: keyof typeof numbers): readonly number[] => readField(view, numbers[field], littleEndian);
  const value = (field: keyof typeof numbers): number => values(field)[0] as number;
  const fields = readerFields(head, version, littleEndian);
  const analyze = magic === "none";
  return {
    format: analyze ? "Analyze 7.5" : version === 1 ? "NIfTI-1" : "NIfTI-2",
    version,
    littleEndian,
    pair: magic === "pair",
    dim: dimensions(values("dim"), path, numbers.dim[0], warn),
    datatype: fields.datatypeCode,
    bitpix: fields.numBitsPerVoxel,
    pixdim: fields.pixDims,
    vox_offset: value("vox_offset"),
    scl_slope: fields.scl_slope,
    scl_inter: fields.scl_inter,
    qform_code: analyze ? 0 : fields.qform_code,
    sform_code: analyze ? 0 : fields.sform_code,
    quatern: [fields.quatern_b, fields.quatern_c, fields.quatern_d],
    qoffset: [fields.qoffset_x, fields.qoffset_y, fields.qoffset_z],
    srow: values("srow"),
    xyzt_units: analyze ? 0 : fields.xyzt_units,
    dim_info: analyze ? 0 : fields.dim_info,
    intent_code: analyze ? 0 : fields.intent_code,
    intent_p: analyze ? [0, 0, 0] : [fields.intent_p1, fields.intent_p2, fields.intent_p3],
    intent_name: analyze ? "" : readWholeText(head, texts.intent_name),
    slice_start: analyze ? 0 : value("slice_start"),
    slice_end: analyze ? 0 : value("slice_end"),
    slice_code: analyze ? 0 : fields.slice_code,
    slice_duration: analyze ? 0 : fields.slice_duration,
    toffset: analyze ? 0 : fields.toffset,
    cal_min: fields.cal_min,
    cal_max: fields.cal_max,
    descrip: readWholeText(head, texts.descrip),
    aux_file: readWholeText(head, texts.aux_file),
  };
};
