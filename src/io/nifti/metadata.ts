/**
 * What a NIfTI header says beyond voxels and geometry, kept in `image.metadata.nifti` under the names of
 * the standard so that it can be written back.
 */
import type { Metadata, MetadataValue } from "../../image.ts";
import { isRecord } from "../kept-metadata.ts";
import type { Extension } from "./extensions.ts";
import { type Placement, qfacOf, rasRows } from "./geometry.ts";
import type { NiftiHeader } from "./header.ts";
import type { Version } from "./layout.ts";

export type NiftiMetadata = {
  /** 1 for NIfTI-1 and Analyze 7.5. */
  readonly version: Version;
  /** The sizes that were read, without dim[0]. */
  readonly dim: readonly number[];
  /** pixdim[4] to pixdim[7]: steps of the axes after the third, such as the repetition time. */
  readonly pixdim_rest: readonly number[];
  readonly qform_code: number;
  readonly sform_code: number;
  readonly quatern: readonly number[];
  readonly qfac: number;
  /** pixdim[1] to pixdim[3] and the offset of the qform, both in mm. */
  readonly voxel_sizes: readonly number[];
  readonly qoffset: readonly number[];
  /** The grid as it was read, as the twelve numbers of a sform in mm: whether it still is the image's decides what is kept. */
  readonly read_affine: readonly number[];
  /** Whether the grid came from the "sform", the "qform" or "neither". */
  readonly read_from: string;
  /** Whether all that the header claimed about its geometry could be used. */
  readonly sound: boolean;
  /** The part of xyzt_units that says what lengths are counted in: 0 where the file did not say, and else 2, mm. */
  readonly space_units: number;
  /** The part of xyzt_units that says what time is counted in. */
  readonly time_units: number;
  readonly toffset: number;
  readonly intent_code: number;
  readonly intent_p: readonly number[];
  readonly intent_name: string;
  readonly dim_info: number;
  readonly slice_start: number;
  readonly slice_end: number;
  readonly slice_code: number;
  readonly slice_duration: number;
  readonly descrip: string;
  readonly aux_file: string;
  readonly extensions: readonly Extension[];
};

const finite = (value: number): number => (Number.isFinite(value) ? value : 0);

export const millimetres = 2;

export const metadataOfHeader = (
  header: NiftiHeader,
  placement: Placement,
  extensions: readonly Extension[],
): NiftiMetadata => ({
  version: header.version,
  dim: header.dim,
  pixdim_rest: header.pixdim.slice(4, 8).map(finite),
  qform_code: header.qform_code,
  sform_code: header.sform_code,
  quatern: header.quatern.map(finite),
  qfac: qfacOf(header),
  voxel_sizes: placement.sizes,
  qoffset: placement.qoffset.map(finite),
  read_affine: rasRows(placement.grid),
  read_from: placement.form,
  // Analyze has no codes that could be kept.
  sound: placement.sound && header.format !== "Analyze 7.5",
  space_units: (header.xyzt_units & 7) === 0 && header.format !== "Analyze 7.5" ? 0 : millimetres,
  time_units: header.xyzt_units & 0x38,
  toffset: finite(header.toffset),
  intent_code: header.intent_code,
  intent_p: header.intent_p.map(finite),
  intent_name: header.intent_name,
  dim_info: header.dim_info,
  slice_start: header.slice_start,
  slice_end: header.slice_end,
  slice_code: header.slice_code,
  slice_duration: finite(header.slice_duration),
  descrip: header.descrip,
  aux_file: header.aux_file,
  extensions,
});

const isNumber = (value: MetadataValue | undefined): value is number =>
  typeof value === "number" && Number.isFinite(value);
const isList = (value: MetadataValue | undefined): value is readonly MetadataValue[] => Array.isArray(value);

const extensionsIn = (value: MetadataValue | undefined): readonly Extension[] =>
  isList(value)
    ? value.flatMap((entry) => {
        if (!isRecord(entry)) return [];
        const { code, data } = entry;
        return isNumber(code) && data instanceof Uint8Array ? [{ code, data }] : [];
      })
    : [];

/** The NIfTI part of an image's metadata, if it has one; whatever is not of its type there counts as absent. */
export const niftiMetadataIn = (metadata: Metadata): NiftiMetadata | undefined => {
  const kept = metadata.nifti;
  if (!isRecord(kept)) return undefined;
  const number = (key: keyof NiftiMetadata): number => {
    const value = kept[key];
    return isNumber(value) ? value : 0;
  };
  const numbers = (key: keyof NiftiMetadata): readonly number[] => {
    const value = kept[key];
    return isList(value) ? value.filter(isNumber) : [];
  };
  const text = (key: keyof NiftiMetadata): string => {
    const value = kept[key];
    return typeof value === "string" ? value : "";
  };
  return {
    version: number("version") === 2 ? 2 : 1,
    dim: numbers("dim"),
    pixdim_rest: numbers("pixdim_rest"),
    qform_code: number("qform_code"),
    sform_code: number("sform_code"),
    quatern: numbers("quatern"),
    qfac: number("qfac"),
    voxel_sizes: numbers("voxel_sizes"),
    qoffset: numbers("qoffset"),
    read_affine: numbers("read_affine"),
    read_from: text("read_from"),
    sound: kept.sound === true,
    space_units: number("space_units"),
    time_units: number("time_units"),
    toffset: number("toffset"),
    intent_code: number("intent_code"),
    intent_p: numbers("intent_p"),
    intent_name: text("intent_name"),
    dim_info: number("dim_info"),
    slice_start: number("slice_start"),
    slice_end: number("slice_end"),
    slice_code: number("slice_code"),
    slice_duration: number("slice_duration"),
    descrip: text("descrip"),
    aux_file: text("aux_file"),
    extensions: extensionsIn(kept.extensions),
  };
};
