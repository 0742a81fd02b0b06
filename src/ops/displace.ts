/**
 * Moves the content by a displacement that differs from point to point: vectors on a grid, or a cubic B-spline of a few
 * control points. Displacements compose with all that moves the content before and after, and the image is interpolated
 * once.
 */
import { transformPoint } from "../../compiler/language/affine.ts";
import { channelOf } from "../../compiler/language/channel.ts";
import {
  type Components,
  displace as displaceField,
  input,
  interpolate,
  spline,
} from "../../compiler/language/field.ts";
import { type Grid, gridOf, indexToWorld } from "../../compiler/language/grid.ts";
import type { Outside } from "../../compiler/language/interpolator.ts";
import { type Vector3, vector } from "../../compiler/language/vector.ts";
import { type IntensityOperation, type Operation, sampledBy } from "../expression.ts";
import type { MedImage } from "../image.ts";
import type { DisplaceStep, SamplingOptions } from "../step.ts";
import { operation } from "./apply.ts";
import { oneOf, samplingFields, stepCodec } from "./codecs.ts";
import { imageValues } from "./image-values.ts";
import { type OperationDefinition, refuse, samplingRefusal } from "./operation.ts";

/** Beyond its grid a displacement is none, as in ITK. */
const stillOutside: Outside = { kind: "constant", value: 0 };

/** The components of a displacement in mm along x, y and z of the world. */
export const componentsOf = ({ voxels, grid }: MedImage, by: DisplaceStep["by"]): Components => {
  const volume = input(voxels, grid);
  const field =
    by === "control points"
      ? spline(volume, stillOutside)
      : interpolate(volume, { by: "linear", outside: stillOutside });
  return [channelOf(field, 0), channelOf(field, 1), channelOf(field, 2)];
};

export const displaceDefinition: OperationDefinition<"displace"> = {
  op: "displace",
  codec: /* @__PURE__ */ stepCodec<DisplaceStep>(
    "displace",
    {
      vectors: /* @__PURE__ */ imageValues(3),
      by: oneOf<DisplaceStep["by"]>("one of vectors, control points", ["vectors", "control points"]),
    },
    samplingFields,
  ),
  apply: (expression, step) => {
    const refusal =
      samplingRefusal(expression, step) ??
      (step.vectors.device === "gpu"
        ? refuse("the displacement lies on a GPU", "bring it back with `toCpu` first")
        : undefined);
    if (refusal) return refusal;
    const sampled = sampledBy(expression, step);
    return { ...sampled, field: displaceField(sampled.field, componentsOf(step.vectors, step.by)) };
  },
};

/**
 * Looks for each point p of the result at p + u(p), with u the vectors of an image of three channels: mm along x, y and
 * z of the world (LPS), linear between voxels and 0 beyond them. This is the displacement field transform of ITK, from
 * points of the result to points of the source: the content moves by about −u.
 */
export function displace(vectors: MedImage<"intensity">, options?: SamplingOptions<"nearest">): Operation;
export function displace(vectors: MedImage<"intensity">, options: SamplingOptions): IntensityOperation;
export function displace(vectors: MedImage<"intensity">, options: SamplingOptions = {}): Operation {
  return operation(displaceDefinition, { op: "displace", by: "vectors", vectors, ...options });
}

/**
 * As {@link displace}, with u = Σ c · β³ the cubic B-spline of control points, an image of three channels on a coarse
 * grid (see {@link controlGrid}); 0 beyond it. Rueckert et al. 1999, "Nonrigid registration using free-form
 * deformations".
 */
export function displaceBySpline(controlPoints: MedImage<"intensity">, options?: SamplingOptions<"nearest">): Operation;
export function displaceBySpline(controlPoints: MedImage<"intensity">, options: SamplingOptions): IntensityOperation;
export function displaceBySpline(controlPoints: MedImage<"intensity">, options: SamplingOptions = {}): Operation {
  return operation(displaceDefinition, {
    op: "displace",
    by: "control points",
    vectors: controlPoints,
    ...options,
  });
}

/**
 * A grid for the control points of a spline that is defined on the whole extent of a grid, cut into `mesh` cells along
 * each of its axes. There are three control points more than cells: the first lies a cell before the extent, the last a
 * cell behind it.
 */
export const controlGrid = (over: Grid | { readonly grid: Grid }, mesh: number | Vector3): Grid => {
  const grid = "grid" in over ? over.grid : over;
  const cells: Vector3 = typeof mesh === "number" ? [mesh, mesh, mesh] : mesh;
  const spacing = vector((k) => (grid.size[k] * grid.spacing[k]) / cells[k]);
  const start = vector((k) => -0.5 - grid.size[k] / cells[k]);
  return gridOf(
    vector((k) => cells[k] + 3),
    { spacing, origin: transformPoint(indexToWorld(grid), start), direction: grid.direction },
  );
};
