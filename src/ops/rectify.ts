/**
 * Resamples a sheared grid to one whose axes are at right angles: what a series with a tilted gantry needs before
 * tools that know only such grids. The planes of the slices are kept, so that values are interpolated within
 * slices and never between them.
 */
import { type Grid, respaced } from "../../compiler/language/grid.ts";
import {
  type Axis,
  at,
  axes,
  column,
  diagonal,
  dot,
  matrix,
  multiply3,
  norm,
  transpose3,
  type Vector3,
  vector,
} from "../../compiler/language/vector.ts";
import { type IntensityOperation, type Operation, sampledBy } from "../expression.ts";
import type { RectifyStep, SamplingOptions } from "../step.ts";
import { operation } from "./apply.ts";
import { samplingFields, stepCodec } from "./codecs.ts";
import { gridRefusal, type OperationDefinition, samplingRefusal } from "./operation.ts";

/** Cosines between axes that are due to the digits of files, not to a tilt: 0.006°. */
const squareness = 1e-4;
/** Voxels by which the outermost centres may lie outside: where a grid ends is rounded, too. */
const slack = 0.01;

const minus = (a: Vector3, b: Vector3, factor: number): Vector3 => vector((k) => a[k] - factor * b[k]);
const unit = (v: Vector3): Vector3 => vector((k) => v[k] / norm(v));

/** The grid at right angles around a sheared one, by Gram and Schmidt from x to z; the grid itself where it is square. */
const squared = (grid: Grid): Grid => {
  const { direction, spacing, size } = grid;
  const [dx, dy, dz] = axes.map((k) => column(direction, k)) as [Vector3, Vector3, Vector3];
  if (Math.max(...[dot(dx, dy), dot(dx, dz), dot(dy, dz)].map(Math.abs)) <= squareness) return grid;
  const x = unit(dx);
  const y = unit(minus(dy, x, dot(x, dy)));
  const z = unit(minus(minus(dz, x, dot(x, dz)), y, dot(y, dz)));
  const square = matrix((row, k) => [x, y, z][k]?.[row] ?? 0);
  // Steps of the old grid along the new axes: above the diagonal is what its axes lean.
  const steps = multiply3(transpose3(square), multiply3(direction, diagonal(spacing)));
  const fresh = vector((k) => at(steps, k, k));
  /** How many new voxels the old centres reach along axis k, forwards or backwards. */
  const reach = (k: Axis, sign: number): number =>
    Math.ceil(
      axes.reduce<number>((sum, j) => sum + Math.max(0, (sign * at(steps, k, j) * (size[j] - 1)) / fresh[k]), -slack),
    );
  const first = vector((k) => 0 - reach(k, -1));
  // The first voxel stays where it is, at a whole index.
  return respaced(
    { ...grid, direction: square, spacing: fresh },
    vector((k) => reach(k, 1) - first[k] + 1),
    fresh,
    first,
  );
};

export const rectifyDefinition: OperationDefinition<"rectify"> = {
  op: "rectify",
  codec: /* @__PURE__ */ stepCodec<RectifyStep>("rectify", {}, samplingFields),
  apply: (expression, step) => {
    const grid = squared(expression.grid);
    const refusal = samplingRefusal(expression, step) ?? gridRefusal(grid);
    if (refusal !== undefined) return refusal;
    return grid === expression.grid ? {} : { ...sampledBy(expression, step), grid };
  },
};

/**
 * Resamples a sheared grid, such as that of a series with a tilted gantry, to axes at right angles. The x axis and the
 * planes of the slices (x, y) stay, z becomes their normal. Spacing is the distance between lines and between planes of
 * the old grid (mm); the first voxel stays at its world point; as many voxels are added as the extent takes. A grid
 * whose axes are at right angles already (cosines up to 1e-4) is left as it is, voxels included.
 */
export function rectify(options?: SamplingOptions<"nearest">): Operation;
export function rectify(options: SamplingOptions): IntensityOperation;
export function rectify(options: SamplingOptions = {}): Operation {
  return operation(rectifyDefinition, { op: "rectify", ...options });
}
