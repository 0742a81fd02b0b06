/**
 * Exact Euclidean distances in mm on grids whose axes are orthogonal: the lower envelope of parabolas along one axis
 * after the other. Felzenszwalb P. & Huttenlocher D. 2012, "Distance Transforms of Sampled Functions", Theory of
 * Computing 8; Maurer C. et al. 2003, IEEE TPAMI 25(2), for spacings that differ.
 */
import type { Grid } from "../../compiler/language/grid.ts";
import { type Axis, axes, column, dot, product } from "../../compiler/language/vector.ts";
import { imageFromArray, type MedImage } from "../image.ts";
import { type ClassOptions, refuse, someRegionOf } from "./region.ts";

/**
 * For each voxel the distance in mm from its centre to that of the nearest voxel of a class: 0 in it. float64.
 * @throws MedImagesError `UnsupportedVoxels` where there is no such voxel, for several channels, and on sheared grids
 */
export const distanceTo = (image: MedImage, options: ClassOptions = {}): MedImage<"intensity"> => {
  const { inside, grid } = someRegionOf(image, options);
  return imageFromArray(squaredDistances(inside, grid).map(Math.sqrt), grid);
};

/** Squared distances in mm² to the nearest voxel that is not 0; infinite where there is none. */
export const squaredDistances = (inside: Uint8Array, grid: Grid): Float64Array => {
  checkOrthogonal(grid);
  const distances = Float64Array.from(inside, (is) => (is === 0 ? Number.POSITIVE_INFINITY : 0));
  for (const axis of axes) if (grid.size[axis] > 1) alongAxis(distances, grid, axis);
  return distances;
};

const checkOrthogonal = ({ direction }: Grid): void => {
  const isOblique = ([a, b]: readonly [Axis, Axis]): boolean =>
    Math.abs(dot(column(direction, a), column(direction, b))) > 1e-4;
  const pairs: readonly (readonly [Axis, Axis])[] = [
    [0, 1],
    [0, 2],
    [1, 2],
  ];
  if (pairs.some(isOblique))
    refuse("the axes of the grid are not orthogonal", "resample the image to a grid whose axes are");
};

const alongAxis = (distances: Float64Array, { size, spacing }: Grid, axis: Axis): void => {
  const n = size[axis];
  const stride = axis === 0 ? 1 : axis === 1 ? size[0] : size[0] * size[1];
  const envelope = new Envelope(n, spacing[axis]);
  for (let line = 0; line < product(size) / n; line++) {
    const start = Math.floor(line / stride) * stride * n + (line % stride);
    envelope.replace(distances, start, stride);
  }
};

/** The lower envelope of the parabolas of a line: each stands over its voxel, as high as what that voxel has. */
class Envelope {
  readonly #n: number;
  readonly #square: number;
  readonly #heights: Float64Array;
  /** The voxels whose parabolas are lowest somewhere, and from where on. */
  readonly #lowest: Int32Array;
  readonly #from: Float64Array;

  constructor(n: number, spacing: number) {
    this.#n = n;
    this.#square = spacing * spacing;
    this.#heights = new Float64Array(n);
    this.#lowest = new Int32Array(n);
    this.#from = new Float64Array(n);
  }

  replace(values: Float64Array, start: number, stride: number): void {
    const heights = this.#heights;
    for (let k = 0; k < this.#n; k++) heights[k] = values[start + k * stride] ?? 0;
    let last = -1;
    for (let k = 0; k < this.#n; k++) {
      if (heights[k] === Number.POSITIVE_INFINITY) continue;
      while (last >= 0 && this.#meet(this.#lowest[last] ?? 0, k) <= (this.#from[last] ?? 0)) last--;
      this.#from[last + 1] = last < 0 ? Number.NEGATIVE_INFINITY : this.#meet(this.#lowest[last] ?? 0, k);
      this.#lowest[++last] = k;
    }
    if (last < 0) return;
    for (let k = 0, at = 0; k < this.#n; k++) {
      while (at < last && (this.#from[at + 1] ?? 0) < k) at++;
      const voxel = this.#lowest[at] ?? 0;
      values[start + k * stride] = (heights[voxel] ?? 0) + (k - voxel) ** 2 * this.#square;
    }
  }

  /** Where the parabolas of two voxels are of one height. */
  #meet(a: number, b: number): number {
    const height = (k: number): number => (this.#heights[k] ?? 0) / this.#square + k * k;
    return (height(b) - height(a)) / (2 * (b - a));
  }
}
