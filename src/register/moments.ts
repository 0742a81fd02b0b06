/** Where the mass of an image lies and along which axes it is spread, from values over the lowest one. */

import { transformPoint } from "../../compiler/language/affine.ts";
import { indexToWorld } from "../../compiler/language/grid.ts";
import {
  at,
  axes,
  column,
  determinant3,
  identity3,
  type Matrix3,
  matrix,
  multiply3,
  transpose3,
  type Vector3,
  vector,
  zero3,
} from "../../compiler/language/vector.ts";
import type { MedImage } from "../image.ts";

export interface Moments {
  /** In world mm (LPS). */
  readonly centre: Vector3;
  /** The principal axes as columns, right-handed, from the widest spread to the narrowest. */
  readonly axes: Matrix3;
}

/** The moments of an image, or nothing where all its values are the same. */
export const momentsOf = ({ voxels: { data, rescale }, grid }: MedImage): Moments | undefined => {
  const [width, height, depth] = grid.size;
  const toWorld = indexToWorld(grid);
  const valueAt = (i: number): number => {
    const value = rescale.slope * Number(data[i]) + rescale.intercept;
    return Number.isFinite(value) ? value : Number.NaN;
  };
  const n = width * height * depth;
  let lowest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < n; i++) if (valueAt(i) < lowest) lowest = valueAt(i);
  let mass = 0;
  const first = [0, 0, 0];
  const second = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  for (let z = 0, i = 0; z < depth; z++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++, i++) {
        const weight = valueAt(i) - lowest;
        if (!(weight > 0)) continue;
        const point = transformPoint(toWorld, [x, y, z]);
        mass += weight;
        for (const r of axes) {
          first[r] = (first[r] ?? 0) + weight * point[r];
          for (const c of axes) second[r * 3 + c] = (second[r * 3 + c] ?? 0) + weight * point[r] * point[c];
        }
      }
  if (!(mass > 0)) return undefined;
  const centre = vector((k) => (first[k] ?? 0) / mass);
  const spread = matrix((r, c) => (second[r * 3 + c] ?? 0) / mass - centre[r] * centre[c]);
  return { centre, axes: principalAxes(spread) };
};

/** The eigenvectors of a symmetric matrix as columns of a rotation, largest eigenvalue first, by Jacobi's rotations. */
export const principalAxes = (symmetric: Matrix3): Matrix3 => {
  let [a, vectors] = [symmetric, identity3];
  for (let sweep = 0; sweep < 30; sweep++)
    for (const [p, q] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      const off = at(a, p, q);
      if (Math.abs(off) <= 1e-15 * (Math.abs(at(a, p, p)) + Math.abs(at(a, q, q)))) continue;
      const angle = 0.5 * Math.atan2(2 * off, at(a, q, q) - at(a, p, p));
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      const turn = matrix((row, col) => {
        if (row === col) return row === p || row === q ? c : 1;
        if (row === p && col === q) return s;
        return row === q && col === p ? -s : 0;
      });
      a = multiply3(multiply3(transpose3(turn), a), turn);
      vectors = multiply3(vectors, turn);
    }
  const order = [...axes].sort((i, j) => at(a, j, j) - at(a, i, i));
  const columns = order.map((k) => column(vectors, k));
  const sorted = matrix((r, c) => (columns[c] ?? zero3)[r]);
  return determinant3(sorted) > 0 ? sorted : matrix((r, c) => (c === 2 ? -at(sorted, r, c) : at(sorted, r, c)));
};
