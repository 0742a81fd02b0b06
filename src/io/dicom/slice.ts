/** A slice: a frame, or a part of one, with a place in the world and what else its file says of it. */
import type { Vector3 } from "../../../compiler/language/vector.ts";
import { noRescale, type Rescale } from "../../../compiler/language/voxels.ts";
import type { Warning } from "../../image.ts";
import type { DataSet } from "./data-set.ts";
import type { ImageFile } from "./file.ts";

/** Where a slice stands, LPS mm. Directions are of length 1 and need not be orthogonal. */
export interface Placement {
  /** The centre of the first pixel. */
  readonly position: Vector3;
  /** The direction in which the column index increases, then that of the row index. */
  readonly across: Vector3;
  readonly down: Vector3;
}

export interface Slice {
  readonly file: ImageFile;
  /** From 0. */
  readonly frame: number;
  /** The part of the frame that is the slice, where it is not all of it. */
  readonly tile: { readonly x: number; readonly y: number } | undefined;
  readonly columns: number;
  readonly rows: number;
  readonly placement: Placement | undefined;
  /** Between columns, then between rows, mm; nothing when the file does not say. */
  readonly spacing: readonly [number, number] | undefined;
  /** Between slices as the file says it, or their thickness; mm. */
  readonly depth: number | undefined;
  readonly rescale: Rescale;
  /** InstanceNumber, then the number of the frame. */
  readonly order: readonly [number, number];
  /** What may tell it apart from others at the same place, by keyword or tag; few series have such, so it is asked for. */
  readonly keys: () => ReadonlyMap<string, string>;
}

export interface Slices {
  readonly slices: readonly Slice[];
  readonly warnings: readonly Warning[];
}

export type Warn = (kind: string, message: string) => void;

/** What a function gives, found when it is first asked for. */
export const once = <A>(find: () => A): (() => A) => {
  let found: A | undefined;
  return () => {
    found ??= find();
    return found;
  };
};

export const rescaleOf = (data: DataSet | undefined, warn: Warn): Rescale => {
  const slope = data?.number("RescaleSlope") ?? 1;
  const intercept = data?.number("RescaleIntercept") ?? 0;
  if (slope === 0 || !Number.isFinite(slope) || !Number.isFinite(intercept)) {
    warn(
      "rescale",
      `has the rescale slope ${slope} and intercept ${intercept}; its numbers were left as they are stored`,
    );
    return noRescale;
  }
  return { slope, intercept };
};

/** Warnings about a file, one of a kind. */
export const collector = (path: string): { readonly warnings: Warning[]; readonly warn: Warn } => {
  const warnings: Warning[] = [];
  return {
    warnings,
    warn: (kind, message) => {
      if (!warnings.some((w) => w.kind === kind)) warnings.push({ kind, message: `${path}: ${message}` });
    },
  };
};
