/**
 * What sform and qform say in a header that is written. While the grid is the one that was read, both say
 * what they said; once it is another, both say the same, under the code of the form that was believed.
 */
import type { Grid } from "../../../compiler/language/grid.ts";
import { column, dot, type Matrix3, type Vector3, vector } from "../../../compiler/language/vector.ts";
import { rasDirection, rasRows } from "./geometry.ts";
import { millimetres, type NiftiMetadata } from "./metadata.ts";
import { isOrthonormal, matrixToQuaternion, type Quaternion, quaternionToMatrix } from "./quaternion.ts";

/** The fields of a header that say where an image stands. Lengths are in mm. */
export interface Forms {
  readonly sform_code: number;
  readonly qform_code: number;
  readonly srow: readonly number[];
  readonly quatern: Vector3;
  readonly qfac: number;
  readonly qoffset: Vector3;
  readonly sizes: Vector3;
  readonly space_units: number;
}

const scanner = 1;
const aligned = 2;

/** What float32 cannot tell apart is no change. */
const rounding = 1e-7;

const isGridAsRead = ({ dim, read_affine: read }: NiftiMetadata, { size }: Grid, srow: readonly number[]): boolean => {
  if (read.length !== 12 || !size.every((n, k) => n === (dim[k] ?? 1))) return false;
  const voxel = Math.max(...read.map((x, k) => (k % 4 === 3 ? 0 : Math.abs(x))));
  return read.every((x, k) => {
    const scale = k % 4 === 3 ? Math.max(voxel, Math.abs(x)) : voxel;
    return Math.abs(x - (srow[k] as number)) <= rounding * scale;
  });
};

/** Slice timing and the roles of axes refer to axes by number: they hold while these have the length and direction that were read. */
export const hasAxesAsRead = ({ dim, read_affine: read }: NiftiMetadata, grid: Grid): boolean => {
  if (read.length !== 12 || !grid.size.every((n, k) => n === (dim[k] ?? 1))) return false;
  const direction = rasDirection(grid);
  return ([0, 1, 2] as const).every((k) => {
    const before = vector((r) => read[r * 4 + k] as number);
    const length = Math.sqrt(dot(before, before));
    return column(direction, k).every((x, r) => Math.abs(x - (before[r] as number) / length) <= 1e-5);
  });
};

/** The code of the form that the grid was taken from; "aligned to something" where conventions alone put it. */
const believedCode = ({ read_from: from, read_affine, sform_code, qform_code }: NiftiMetadata): number => {
  if (from === "sform") return sform_code || aligned;
  if (from === "qform") return qform_code || aligned;
  return read_affine.length > 0 ? aligned : sform_code || qform_code || aligned;
};

const keptQuaternion = ({ quatern: [b, c, d], qfac }: NiftiMetadata): Quaternion | undefined =>
  b === undefined || c === undefined || d === undefined ? undefined : { bcd: [b, c, d], qfac: qfac < 0 ? -1 : 1 };

/** The very numbers that were read as long as they still say the same. */
const quaternionFor = (direction: Matrix3, kept: NiftiMetadata | undefined): Quaternion => {
  const before = kept !== undefined && kept.qform_code > 0 ? keptQuaternion(kept) : undefined;
  return before !== undefined &&
    quaternionToMatrix(before).every((value, k) => Math.abs(value - (direction[k] as number)) < 1e-5)
    ? before
    : matrixToQuaternion(direction);
};

const triple = ([x = 0, y = 0, z = 0]: readonly number[]): Vector3 => [x, y, z];

/** The forms of an image on `grid`; those that nobody read stand in the scanner's coordinates. */
export const formsOf = (grid: Grid, kept: NiftiMetadata | undefined): Forms => {
  const srow = rasRows(grid);
  const direction = rasDirection(grid);
  const orthonormal = isOrthonormal(direction);
  const { bcd, qfac } = orthonormal ? quaternionFor(direction, kept) : { bcd: triple([]), qfac: 1 };
  const code = kept === undefined ? scanner : believedCode(kept);
  const one: Forms = {
    sform_code: code,
    qform_code: orthonormal ? code : 0,
    srow,
    quatern: bcd,
    qfac,
    qoffset: orthonormal ? triple([3, 7, 11].map((k) => srow[k] as number)) : triple([]),
    sizes: grid.spacing,
    space_units: millimetres,
  };
  if (kept === undefined || !kept.sound || !isGridAsRead(kept, grid, srow)) return one;
  const { sform_code, qform_code, space_units } = kept;
  const same: Forms = { ...one, sform_code, qform_code, space_units };
  const before = qform_code > 0 ? keptQuaternion(kept) : undefined;
  return before === undefined
    ? same
    : {
        ...same,
        quatern: before.bcd,
        qfac: before.qfac,
        qoffset: triple(kept.qoffset),
        sizes: triple(kept.voxel_sizes),
      };
};
