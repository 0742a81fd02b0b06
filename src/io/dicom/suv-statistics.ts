/** What reports say of a lesion: its uptake, its volume and the hottest cubic centimetre in it. */
import { fail } from "../../../compiler/errors.ts";
import { pointAt, sameGrid } from "../../../compiler/language/grid.ts";
import { determinant3, type Vector3 } from "../../../compiler/language/vector.ts";
import type { MedImage } from "../../image.ts";

export interface UptakeStatistics {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** The largest mean over a ball of 1 mL (radius 6.2 mm) around a voxel of the mask. */
  readonly peak: number;
  /** mL. */
  readonly volume: number;
  /** mean · volume: total lesion glycolysis for FDG. */
  readonly total: number;
  readonly voxels: number;
}

/** (3 · 1000 mm³ / 4π)^⅓ */
const peakRadius = (3000 / (4 * Math.PI)) ** (1 / 3);

/**
 * Statistics of an image's values where `mask`, on the same grid, has `label` (any number but 0 unless said).
 * @throws MedImagesError `UnsupportedVoxels` when the grids differ, the mask is empty or there are channels
 */
export const uptakeStatistics = (
  image: MedImage,
  mask: MedImage,
  { label }: { readonly label?: number } = {},
): UptakeStatistics => {
  if (!sameGrid(image.grid, mask.grid, 1e-3))
    return fail({
      kind: "UnsupportedVoxels",
      reason: "the mask is on another grid than the image",
      remedy: "bring it there with `resampleToImage`",
    });
  if (image.voxels.channels !== 1 || mask.voxels.channels !== 1)
    return fail({
      kind: "UnsupportedVoxels",
      reason: "image and mask must have one channel",
      remedy: "take one volume of them",
    });
  const { data, rescale } = image.voxels;
  const chosen = (k: number): boolean => {
    const value = Number(mask.voxels.data[k]) * mask.voxels.rescale.slope + mask.voxels.rescale.intercept;
    return label === undefined ? value !== 0 : value === label;
  };
  const valueAt = (k: number): number => Number(data[k]) * rescale.slope + rescale.intercept;
  const inside: number[] = [];
  for (let k = 0; k < data.length; k++) if (chosen(k)) inside.push(k);
  if (inside.length === 0)
    return fail({ kind: "UnsupportedVoxels", reason: "the mask is empty", remedy: "check its label numbers" });
  let [min, max, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (const k of inside) {
    const value = valueAt(k);
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
  }
  const { grid } = image;
  const [nx, ny, nz] = grid.size;
  const ball = ballOf(grid);
  let peak = Number.NEGATIVE_INFINITY;
  for (const k of inside) {
    const [x, y, z] = [k % nx, Math.floor(k / nx) % ny, Math.floor(k / (nx * ny))];
    let [total, count] = [0, 0];
    for (const [dx, dy, dz] of ball) {
      const [i, j, l] = [x + dx, y + dy, z + dz];
      if (i < 0 || j < 0 || l < 0 || i >= nx || j >= ny || l >= nz) continue;
      total += valueAt((l * ny + j) * nx + i);
      count++;
    }
    peak = Math.max(peak, total / count);
  }
  const voxel = (grid.spacing[0] * grid.spacing[1] * grid.spacing[2] * Math.abs(determinant3(grid.direction))) / 1000;
  const mean = sum / inside.length;
  const volume = voxel * inside.length;
  return { min, max, mean, peak, volume, total: mean * volume, voxels: inside.length };
};

/** Index steps to the voxels whose centres lie in the ball. */
const ballOf = (grid: MedImage["grid"]): readonly Vector3[] => {
  const reach = grid.spacing.map((s) => Math.ceil((2 * peakRadius) / s));
  const [rx = 0, ry = 0, rz = 0] = reach;
  const origin = pointAt(grid, [0, 0, 0]);
  const steps: Vector3[] = [];
  for (let z = -rz; z <= rz; z++)
    for (let y = -ry; y <= ry; y++)
      for (let x = -rx; x <= rx; x++) {
        const point = pointAt(grid, [x, y, z]);
        if (Math.hypot(point[0] - origin[0], point[1] - origin[1], point[2] - origin[2]) <= peakRadius)
          steps.push([x, y, z]);
      }
  return steps;
};
