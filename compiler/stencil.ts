/**
 * Which samples an interpolator reads around a coordinate, and with what weights. All backends take the
 * rules from here, so that they agree on rounding, edges and boundaries.
 */
import { type Interpolator, support } from "./language/interpolator.ts";
import type { PrefilterBoundary, TapBoundary } from "./plan.ts";

/**
 * Coordinates this close (in voxels) to a tie count as the tie: a chain of transforms that cancels must
 * not decide by its rounding noise which voxel is nearest, or whether a point is inside.
 */
export const tieTolerance = 1e-9;

/** The index of a voxel for any whole index, among n, by boundary. */
export const bringBack: Readonly<Record<TapBoundary, (i: number, n: number) => number>> = {
  clamp: (i, n) => (i < 0 ? 0 : i >= n ? n - 1 : i),
  wrap: (i, n) => ((i % n) + n) % n,
  reflect: (i, n) => {
    const m = ((i % (2 * n)) + 2 * n) % (2 * n);
    return m < n ? m : 2 * n - 1 - m;
  },
  mirror: (i, n) => {
    if (n === 1) return 0;
    const period = 2 * n - 2;
    const m = ((i % period) + period) % period;
    return m < n ? m : period - m;
  },
};

/** How the coefficients of a B-spline go on beyond the ends, given how the image does. */
export const splineBoundary: Readonly<Record<TapBoundary, PrefilterBoundary>> = {
  clamp: "mirror",
  mirror: "mirror",
  reflect: "reflect",
  wrap: "wrap",
};

/** Samples to read along one axis and their weights; both arrays have `support[by]` entries. */
export interface Stencil {
  readonly index: Int32Array;
  readonly weight: Float64Array;
}
export const makeStencil = (by: Interpolator): Stencil => ({
  index: new Int32Array(support[by]),
  weight: new Float64Array(support[by]),
});

/**
 * Fills `stencil` for coordinate x on an axis of n voxels.
 * - nearest: ⌊x + ½⌋;
 * - linear: (1 − t, t) at ⌊x⌋ and the next;
 * - bspline: the cubic B-spline β³ at the four nearest knots (Unser 1999, "Splines: a perfect fit for
 *   signal and image processing"). Under `clamp`, coordinates beyond the outermost centres are brought
 *   to them, so that the edge value goes on.
 */
export const fillStencil = (stencil: Stencil, by: Interpolator, boundary: TapBoundary, x: number, n: number): void => {
  const { index, weight } = stencil;
  switch (by) {
    case "nearest":
      index[0] = bringBack[boundary](Math.floor(x + 0.5 + tieTolerance), n);
      weight[0] = 1;
      return;
    case "linear": {
      const low = Math.floor(x);
      const t = x - low;
      index[0] = bringBack[boundary](low, n);
      index[1] = bringBack[boundary](low + 1, n);
      weight[0] = 1 - t;
      weight[1] = t;
      return;
    }
    case "bspline": {
      const held = boundary === "clamp" ? Math.min(Math.max(x, 0), n - 1) : x;
      const low = Math.floor(held);
      const t = held - low;
      const u = 1 - t;
      for (let k = 0; k < 4; k++) index[k] = bringBack[splineBoundary[boundary]](low - 1 + k, n);
      weight[0] = (u * u * u) / 6;
      weight[1] = 2 / 3 - t * t * (1 - t / 2);
      weight[2] = 2 / 3 - u * u * (1 - u / 2);
      weight[3] = (t * t * t) / 6;
      return;
    }
  }
};
