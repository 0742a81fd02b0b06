/**
 * The order in which sums go over the rows of a domain: tiles of some rows of some planes, fewer at the ends, row by
 * row in each. What kernels leave for rows lies in that order.
 */
import type { Vector3 } from "../../compiler/language/vector.ts";

export interface RowTiles {
  readonly rows: number;
  readonly planes: number;
}

/** Row by row, plane by plane. */
export const inLines = ([, ny]: Vector3): RowTiles => ({ rows: ny, planes: 1 });

/** A tile of a turned volume looks at what a core keeps near; it leaves no more than is copied out in one go. */
const most: RowTiles = { rows: 64, planes: 16 };
const tileBytes = 2 ** 20;

export const tilesFor = (rowBytes: number): RowTiles => ({
  rows: most.rows,
  planes: Math.max(1, Math.min(most.planes, Math.floor(tileBytes / (rowBytes * most.rows)))),
});

/** The y and z of the rows of a channel in their order. */
export const eachRow = (
  [, ny, nz]: Vector3,
  { rows, planes }: RowTiles,
  visit: (y: number, z: number) => void,
): void => {
  for (let slab = 0; slab < nz; slab += planes)
    for (let strip = 0; strip < ny; strip += rows)
      for (let z = slab; z < Math.min(slab + planes, nz); z++)
        for (let y = strip; y < Math.min(strip + rows, ny); y++) visit(y, z);
};
