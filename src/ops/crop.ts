/** Operations that keep part of the grid or add to it. They clip: what they cut off is gone. */
import { type Grid, subgrid } from "../../compiler/language/grid.ts";
import { axes, type Vector3, vector } from "../../compiler/language/vector.ts";
import type { Operation } from "../expression.ts";
import type { CropStep, FillOptions, PadOrCropToStep, PadStep } from "../step.ts";
import { operation } from "./apply.ts";
import { fillFields, stepCodec, vector3 } from "./codecs.ts";
import {
  clipped,
  fillRefusal,
  gridRefusal,
  notWhole,
  type OperationDefinition,
  type Refusal,
  refuse,
} from "./operation.ts";

export const cropDefinition: OperationDefinition<"crop"> = {
  op: "crop",
  codec: /* @__PURE__ */ stepCodec<CropStep>("crop", { start: vector3, size: vector3 }, fillFields),
  apply: (expression, step) => {
    const { grid } = expression;
    const { start, size } = step;
    const fits = axes.every((k) => start[k] + size[k] <= grid.size[k]);
    const to = subgrid(grid, start, size);
    return (
      fillRefusal(expression, step) ??
      notWhole("the start", start, 0) ??
      notWhole("the size", size, 1) ??
      (fits ? undefined : outside(grid, start, size)) ?? { grid: to, field: clipped(expression, to, step) }
    );
  },
};

const outside = (grid: Grid, start: Vector3, size: Vector3): Refusal =>
  refuse(
    `voxels ${start.join(", ")} to ${vector((k) => start[k] + size[k] - 1).join(", ")} do not lie in the grid of ${grid.size.join("×")}`,
    "give a start and size within the grid, or use padOrCropTo",
  );

export const padDefinition: OperationDefinition<"pad"> = {
  op: "pad",
  codec: /* @__PURE__ */ stepCodec<PadStep>("pad", { begin: vector3, end: vector3 }, fillFields),
  apply: (expression, step) => {
    const { grid } = expression;
    const { begin, end } = step;
    const to = subgrid(
      grid,
      vector((k) => 0 - begin[k]),
      vector((k) => grid.size[k] + begin[k] + end[k]),
    );
    return (
      fillRefusal(expression, step) ??
      notWhole("the padding", [...begin, ...end], 0) ??
      gridRefusal(to) ?? { grid: to, field: clipped(expression, grid, step) }
    );
  },
};

export const padOrCropToDefinition: OperationDefinition<"padOrCropTo"> = {
  op: "padOrCropTo",
  codec: /* @__PURE__ */ stepCodec<PadOrCropToStep>("padOrCropTo", { size: vector3 }, fillFields),
  apply: (expression, step) => {
    const { grid } = expression;
    const start = vector((k) =>
      step.size[k] <= grid.size[k]
        ? Math.floor(grid.size[k] / 2) - Math.floor(step.size[k] / 2)
        : 0 - Math.floor((step.size[k] - grid.size[k]) / 2),
    );
    const kept = subgrid(
      grid,
      vector((k) => Math.max(start[k], 0)),
      vector((k) => Math.min(step.size[k], grid.size[k])),
    );
    const to = subgrid(grid, start, step.size);
    return (
      fillRefusal(expression, step) ??
      notWhole("the size", step.size, 1) ??
      gridRefusal(to) ?? { grid: to, field: clipped(expression, kept, step) }
    );
  },
};

/** Keeps the box of `size` voxels whose first voxel is `start`. What lies outside is removed, for later steps too. */
export const crop = (start: Vector3, size: Vector3, options: FillOptions = {}): Operation =>
  operation(cropDefinition, { op: "crop", start, size, ...options });

/** Adds `begin` voxels before the first and `end` after the last along each axis. */
export const pad = (begin: Vector3, end: Vector3, options: FillOptions = {}): Operation =>
  operation(padDefinition, { op: "pad", begin, end, ...options });

/** Crops or pads each axis about its middle, as MONAI's `ResizeWithPadOrCrop`, to `size` voxels. */
export const padOrCropTo = (size: Vector3, options: FillOptions = {}): Operation =>
  operation(padOrCropToDefinition, { op: "padOrCropTo", size, ...options });
