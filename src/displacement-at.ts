/** A displacement at single points of the world: where points go that lie in what it moves. */
import { transformPoint } from "../compiler/language/affine.ts";
import { worldToIndex } from "../compiler/language/grid.ts";
import { add, axes, norm, product, subtract, type Vector3, vector } from "../compiler/language/vector.ts";
import { withinExtent } from "../compiler/region.ts";
import { fillStencil, makeStencil } from "../compiler/stencil.ts";
import type { DisplaceStep } from "./step.ts";

type Displacement = Pick<DisplaceStep, "by" | "vectors">;

/** u(p) in mm, as `displace` and `displaceBySpline` have it: 0 beyond the grid of the vectors. */
export const displacementAt = ({ by, vectors: { grid, voxels } }: Displacement, point: Vector3): Vector3 => {
  const index = transformPoint(worldToIndex(grid), point);
  const { size } = grid;
  if (!axes.every((k) => withinExtent(index[k], size[k]))) return [0, 0, 0];
  const along = axes.map((k) => {
    const stencil = makeStencil(by === "vectors" ? "linear" : "bspline");
    if (by === "vectors") fillStencil(stencil, "linear", "clamp", index[k], size[k]);
    else fillStencil(stencil, "bspline", "mirror", index[k], size[k]);
    return stencil;
  });
  const [sx, sy, sz] = along;
  const { slope, intercept } = voxels.rescale;
  return vector((component) => {
    let sum = 0;
    sz?.index.forEach((z, c) => {
      sy?.index.forEach((y, b) => {
        sx?.index.forEach((x, a) => {
          const weight = (sz.weight[c] ?? 0) * (sy.weight[b] ?? 0) * (sx.weight[a] ?? 0);
          const at = component * product(size) + (z * size[1] + y) * size[0] + x;
          sum += weight * (Number(voxels.data[at]) * slope + intercept);
        });
      });
    });
    return sum;
  });
};

/** Two positions closer than this, in mm, are the same. */
const closeEnough = 1e-9;
const mostIterations = 1000;

/**
 * Where content that lay at a point comes to: the q with q + u(q) = point, by fixed-point iteration. Where space is
 * folded, so that there is none or more than one, it may not settle; the point is then NaN.
 */
export const displacedPoint = (displacement: Displacement, point: Vector3): Vector3 => {
  let q = point;
  for (let k = 0; k < mostIterations; k++) {
    const next = subtract(point, displacementAt(displacement, q));
    const change = norm(subtract(next, q));
    q = next;
    if (change <= closeEnough) return q;
  }
  return norm(subtract(add(q, displacementAt(displacement, q)), point)) <= 1e-6
    ? q
    : [Number.NaN, Number.NaN, Number.NaN];
};
