/** Stencils of slopes: the derivatives of what an interpolator weighs samples with. */
import type { Interpolator } from "./language/interpolator.ts";
import type { TapBoundary } from "./plan.ts";
import { fillStencil, type Stencil } from "./stencil.ts";

/**
 * As {@link fillStencil}, but with the derivatives of the weights by x: what a sample's slope is made of. At a
 * kink it is the slope to the right.
 */
export const fillSlopes = (stencil: Stencil, by: Interpolator, boundary: TapBoundary, x: number, n: number): void => {
  fillStencil(stencil, by, boundary, x, n);
  const { weight } = stencil;
  switch (by) {
    case "nearest":
      weight[0] = 0;
      return;
    case "linear":
      weight[0] = -1;
      weight[1] = 1;
      return;
    case "bspline": {
      const isHeld = boundary === "clamp" && (x < 0 || x > n - 1);
      const t = x - Math.floor(x);
      const u = 1 - t;
      const slopes = isHeld ? [0, 0, 0, 0] : [(-u * u) / 2, t * (1.5 * t - 2), u * (2 - 1.5 * u), (t * t) / 2];
      weight.set(slopes);
      return;
    }
  }
};
