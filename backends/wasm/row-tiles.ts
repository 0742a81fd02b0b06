/**
 * The order in which sums go over the rows of a domain: tiles of some rows of some planes, fewer at the ends. What a
 * tile of a turned volume looks at is still near when its next row does. A strip, the rows of a tile in one plane, is
 * the unit of such kernels: its sums come first, and what is kept of its rows follows.
 */
import type { Vector3 } from "../../compiler/language/vector.ts";

export interface RowTiles {
  /** Rows of a strip. */
  readonly rows: number;
  /** Planes, of each of which a tile has a strip. */
  readonly planes: number;
}

/** Planes one after the other, each of them a strip. */
export const inPlanes = ([, ny]: Vector3): RowTiles => ({ rows: ny, planes: 1 });

const mostRows = 64;
const mostPlanes = 16;
/** What a tile leaves at most: it is copied out in one go. */
const tileBytes = 2 ** 20;

/** Strips of nearly the same number of rows, so that the last leaves little room empty. */
export const tilesFor = ([, ny]: Vector3, rowBytes: number): RowTiles => {
  const rows = Math.ceil(ny / Math.ceil(ny / mostRows));
  return { rows, planes: Math.max(1, Math.min(mostPlanes, Math.floor(tileBytes / Math.max(1, rowBytes * rows)))) };
};

/** The number of strips of a channel. */
export const stripsOf = ([, ny, nz]: Vector3, { rows }: RowTiles): number => Math.ceil(ny / rows) * nz;

export interface Strip {
  /** The first row. */
  readonly y: number;
  readonly z: number;
  readonly rows: number;
}

/** The strips of a channel in their order. */
export const strips = ([, ny, nz]: Vector3, { rows, planes }: RowTiles): readonly Strip[] => {
  const all: Strip[] = [];
  for (let slab = 0; slab < nz; slab += planes)
    for (let y = 0; y < ny; y += rows)
      for (let z = slab; z < Math.min(slab + planes, nz); z++) all.push({ y, z, rows: Math.min(rows, ny - y) });
  return all;
};
