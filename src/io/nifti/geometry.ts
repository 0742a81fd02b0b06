/**
 * Where a NIfTI image stands. This file is the only place that knows of RAS: headers are in RAS and in
 * the units they name, grids in LPS millimetres.
 */
import { fail } from "../../../compiler/errors.ts";
import { affineOf } from "../../../compiler/language/affine.ts";
import { corners, type Grid, gridFromAffine, gridProblem, indexToWorld } from "../../../compiler/language/grid.ts";
import {
  add,
  apply3,
  axes,
  column,
  diagonal,
  isInvertible3,
  type Matrix3,
  matrix,
  multiply3,
  norm,
  subtract,
  type Vector3,
  vector,
} from "../../../compiler/language/vector.ts";
import type { NiftiHeader } from "./header.ts";
import { isUnit, quaternionToMatrix } from "./quaternion.ts";

/** index → RAS, in the units of the header or in mm. */
export interface RasAffine {
  readonly linear: Matrix3;
  readonly offset: Vector3;
}

type Warn = (kind: string, message: string) => void;

/** 0 − x rather than −x, so that no zero becomes −0. */
const flip = (value: number, row: number): number => (row < 2 ? 0 - value : value);

const lpsFromRas = ({ linear, offset }: RasAffine): RasAffine => ({
  linear: matrix((r, c) => flip(linear[r * 3 + c] as number, r)),
  offset: vector((r) => flip(offset[r], r)),
});

/** The index → RAS mm map of a grid. */
export const rasAffine = (grid: Grid): RasAffine => lpsFromRas(indexToWorld(grid));
/** The same as the twelve numbers of a sform. */
export const rasRows = (grid: Grid): readonly number[] => {
  const { linear, offset } = rasAffine(grid);
  return [0, 1, 2].flatMap((r) => [...linear.slice(r * 3, r * 3 + 3), offset[r] as number]);
};
/** The direction of a grid in RAS. */
export const rasDirection = (grid: Grid): Matrix3 => matrix((r, c) => flip(grid.direction[r * 3 + c] as number, r));

const toMillimetres: Readonly<Record<number, (value: number) => number>> = {
  0: (mm) => mm,
  1: (metres) => metres * 1000,
  2: (mm) => mm,
  3: (micrometres) => micrometres / 1000,
};

/** The voxel sizes as far as they make sense, in the units of the header, for the axes that there are. */
const voxelSizes = (header: NiftiHeader, warn: Warn): Vector3 =>
  vector((k) => {
    const size = header.pixdim[k + 1] as number;
    if (Number.isFinite(size) && size > 0) {
      if (size > 1e6 || size < 1e-6) warn("spacing", `pixdim[${k + 1}] is ${size}, hardly the size of a voxel`);
      return size;
    }
    if (k >= header.dim.length && !(size < 0)) return 1;
    const used = size < 0 && Number.isFinite(size) ? -size : 1;
    warn("spacing", `pixdim[${k + 1}] is ${size}, not the size of a voxel; where it is needed ${used} was taken`);
    return used;
  });

/** What a header says about where its image stands, and what became of it. */
export interface Placement {
  readonly grid: Grid;
  /** The form that the grid was taken from; neither when only the voxel sizes are known. */
  readonly form: "sform" | "qform" | "neither";
  /** Whether all that the header claims could be used, so that it can be written again as it was. */
  readonly sound: boolean;
  /** pixdim[1] to pixdim[3] and the offset of the qform, in mm. */
  readonly sizes: Vector3;
  readonly qoffset: Vector3;
}

/** For a single slice whose third axis was left out: the axis across it. */
const completeSlice = (linear: Matrix3, size: Vector3): Matrix3 => {
  const [a, b] = [column(linear, 0), column(linear, 1)];
  if (size[2] !== 1 || norm(column(linear, 2)) !== 0) return linear;
  const across: Vector3 = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
  return matrix((r, c) => (c < 2 ? (linear[r * 3 + c] as number) : across[r] / norm(across)));
};

type Verdict =
  | { readonly kind: "good"; readonly affine: RasAffine }
  | { readonly kind: "bad"; readonly reason: string; readonly empty?: boolean };

const sform = (header: NiftiHeader, size: Vector3): Verdict => {
  const row = header.srow;
  const linear = completeSlice(
    matrix((r, c) => row[r * 4 + c] as number),
    size,
  );
  const offset = vector((r) => row[r * 4 + 3] as number);
  if (!row.every(Number.isFinite)) return { kind: "bad", reason: "holds numbers that are not finite" };
  if (row.every((value) => value === 0)) return { kind: "bad", reason: "is all zeros", empty: true };
  if (!isInvertible3(linear)) return { kind: "bad", reason: "is singular" };
  return { kind: "good", affine: { linear, offset } };
};

/** 0 means 1, as the standard says. */
export const qfacOf = (header: NiftiHeader): 1 | -1 => ((header.pixdim[0] as number) < 0 ? -1 : 1);

const quaternionOf = (header: NiftiHeader): Vector3 => vector((k) => header.quatern[k] as number);

const qform = (header: NiftiHeader, sizes: Vector3, warn: Warn): Verdict => {
  const bcd = quaternionOf(header);
  const offset = vector((k) => header.qoffset[k] as number);
  if (![...bcd, ...offset].every(Number.isFinite)) return { kind: "bad", reason: "holds numbers that are not finite" };
  if (!isUnit(bcd)) warn("qform", "the quaternion of its qform is longer than 1 and was brought to length 1");
  const rotation = quaternionToMatrix({ bcd, qfac: qfacOf(header) });
  return { kind: "good", affine: { linear: multiply3(rotation, diagonal(sizes)), offset } };
};

/** Without any code: x to the left, centred. nibabel's rule for Analyze. */
const centred = (size: Vector3, sizes: Vector3): RasAffine => {
  const linear = diagonal([-sizes[0], sizes[1], sizes[2]]);
  const middle = apply3(
    linear,
    vector((k) => (size[k] - 1) / 2),
  );
  return { linear, offset: vector((k) => 0 - middle[k]) };
};

/** Half a voxel at any corner is more than rounding and conventions can make. */
const disagree = (a: RasAffine, b: RasAffine, size: Vector3): boolean => {
  const tolerance = 0.5 * Math.min(...axes.map((k) => norm(column(a.linear, k))));
  return corners({ size }).some(
    (at) => norm(subtract(add(apply3(a.linear, at), a.offset), add(apply3(b.linear, at), b.offset))) > tolerance,
  );
};

/**
 * Where the header puts the grid of `size` voxels: by its sform if the code is above 0, else the qform, else
 * the voxel sizes, centred (nibabel's rule). What cannot be used is passed over with a warning as long as
 * something that the header claims remains; a sform that is the only claim and damaged is refused.
 * @throws MedImagesError `MalformedFile`
 */
export const placementOf = (header: NiftiHeader, size: Vector3, path: string, warn: Warn): Placement => {
  const sizes = voxelSizes(header, warn);
  const byQform = header.qform_code > 0 ? qform(header, sizes, warn) : undefined;
  const bySform = header.sform_code > 0 ? sform(header, size) : undefined;
  if (bySform?.kind === "bad") {
    const fallback = byQform?.kind === "good" ? "the qform was" : bySform.empty ? "the voxel sizes were" : undefined;
    if (fallback === undefined)
      return fail({
        kind: "MalformedFile",
        path,
        reason: `its orientation is lost: the sform ${bySform.reason} and there is no qform`,
        remedy: "set the sform from the scan it came from",
      });
    warn("sform", `its sform ${bySform.reason}; ${fallback} taken instead`);
  }
  if (byQform?.kind === "bad")
    warn("qform", `its qform ${byQform.reason}${bySform?.kind === "good" ? "" : "; the voxel sizes alone were taken"}`);
  const comparable = header.sform_code === header.qform_code && sizes.every((n, k) => n === header.pixdim[k + 1]);
  if (bySform?.kind === "good" && byQform?.kind === "good" && comparable)
    if (disagree(bySform.affine, byQform.affine, size))
      warn("orientation", "its sform and qform claim the same space but disagree; the sform was taken");
  const form = bySform?.kind === "good" ? "sform" : byQform?.kind === "good" ? "qform" : "neither";
  const { linear, offset } =
    bySform?.kind === "good" ? bySform.affine : byQform?.kind === "good" ? byQform.affine : centred(size, sizes);

  const code = header.xyzt_units & 7;
  if (toMillimetres[code] === undefined) warn("units", `its unit of length has the unknown code ${code}; mm was taken`);
  const toMm = toMillimetres[code] ?? ((mm: number) => mm);
  const lps = lpsFromRas({
    linear: matrix((r, c) => toMm(linear[r * 3 + c] as number)),
    offset: vector((k) => toMm(offset[k])),
  });
  const grid = gridFromAffine(size, affineOf(lps.linear, lps.offset));
  const problem = gridProblem(grid);
  if (problem !== undefined) fail({ kind: "MalformedFile", path, reason: `its geometry cannot be: ${problem}` });
  return {
    grid,
    form,
    sound:
      bySform?.kind !== "bad" &&
      (byQform === undefined ||
        (byQform.kind === "good" &&
          isUnit(quaternionOf(header)) &&
          sizes.every((n, k) => n === header.pixdim[k + 1] || k >= header.dim.length))),
    sizes: vector((k) => toMm(sizes[k])),
    qoffset: vector((k) => toMm(header.qoffset[k] as number)),
  };
};
