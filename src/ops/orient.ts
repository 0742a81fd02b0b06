/** Permutes and flips: exact operations that move whole voxels. */
import { about, affineOf } from "../../compiler/language/affine.ts";
import { warp } from "../../compiler/language/field.ts";
import { centrePoint, type Grid, pointAt } from "../../compiler/language/grid.ts";
import {
  type Axis,
  at,
  axes,
  inverse3,
  matrix,
  multiply3,
  type Vector3,
  vector,
  zero3,
} from "../../compiler/language/vector.ts";
import type { Operation } from "../expression.ts";
import { type AxisCodes, nearestAxes, orientationCodes, parseOrientation } from "../orientation.ts";
import type { AxisName, ChangeOrientationStep, FlipStep } from "../step.ts";
import { operation } from "./apply.ts";
import { axisName, stepCodec, text } from "./codecs.ts";
import { axisIndex, type OperationDefinition, refuse } from "./operation.ts";

/** The grid with the same voxels, indexed by other axes in other senses. */
const reindexed = (grid: Grid, to: AxisCodes): Grid => {
  const from = nearestAxes(grid.direction);
  // New axis k is old axis source[k], run backwards where flipped[k].
  const source = vector((k) => from.world.indexOf(to.world[k])) as readonly [Axis, Axis, Axis];
  const flipped = axes.map((k) => from.sign[source[k]] !== to.sign[k]);
  const first: Vector3 = vector((old) => {
    const fresh = axes.find((k) => source[k] === old) ?? 0;
    return flipped[fresh] ? grid.size[old] - 1 : 0;
  });
  return {
    ...grid,
    size: vector((k) => grid.size[source[k]]),
    spacing: vector((k) => grid.spacing[source[k]]),
    origin: pointAt(grid, first),
    direction: matrix((row, k) =>
      flipped[k] ? 0 - at(grid.direction, row, source[k]) : at(grid.direction, row, source[k]),
    ),
  };
};

export const changeOrientationDefinition: OperationDefinition<"changeOrientation"> = {
  op: "changeOrientation",
  codec: /* @__PURE__ */ stepCodec<ChangeOrientationStep>("changeOrientation", { to: text }, {}),
  apply: ({ grid }, { to }) => {
    const codes = parseOrientation(to);
    return codes === undefined
      ? refuse(
          `"${to}" is not an orientation`,
          `use three letters, one of each pair L/R, P/A, S/I, such as ${orientationCodes[0]} or RAS`,
        )
      : { grid: reindexed(grid, codes) };
  },
};

export const flipDefinition: OperationDefinition<"flip"> = {
  op: "flip",
  codec: /* @__PURE__ */ stepCodec<FlipStep>("flip", { axis: axisName }, {}),
  apply: ({ field, grid }, { axis }) => {
    const mirror = matrix((r, c) => (r !== c ? 0 : r === axisIndex[axis] ? -1 : 1));
    const linear = multiply3(multiply3(grid.direction, mirror), inverse3(grid.direction));
    // A reflection is its own inverse, so it is its own pull.
    return { field: warp(field, about(centrePoint(grid), affineOf(linear, zero3))) };
  },
};

/**
 * Reindexes to an orientation code, such as `RAS`: each letter names the direction in which that index
 * increases. Every voxel stays at its world point; an oblique image is brought to the nearest code.
 */
export const changeOrientation = (to: string): Operation =>
  operation(changeOrientationDefinition, { op: "changeOrientation", to });

/** Mirrors the content along one of the image's own axes; the grid stays. Voxels are moved, not blended. */
export const flip = (axis: AxisName): Operation => operation(flipDefinition, { op: "flip", axis });
