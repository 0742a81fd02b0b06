/** Moves the image in the world: the origin moves along, so voxels stay as they are. */
import { translation } from "../../compiler/language/affine.ts";
import { warp } from "../../compiler/language/field.ts";
import { add, vector } from "../../compiler/language/vector.ts";
import type { Operation } from "../expression.ts";
import type { AxisName, TranslateStep } from "../step.ts";
import { operation } from "./apply.ts";
import { axisName, finite, stepCodec } from "./codecs.ts";
import { axisIndex, gridRefusal, type OperationDefinition } from "./operation.ts";

export const translateDefinition: OperationDefinition<"translate"> = {
  op: "translate",
  codec: stepCodec<TranslateStep>("translate", { axis: axisName, mm: finite }, {}),
  apply: ({ field, grid }, { axis, mm }) => {
    const shift = vector((k) => (k === axisIndex[axis] ? mm : 0));
    const moved = { ...grid, origin: add(grid.origin, shift) };
    return gridRefusal(moved) ?? { field: warp(field, translation(vector((k) => -shift[k]))), grid: moved };
  },
};

/** Moves the image by `mm` along a world axis (x to the left, y to the back, z up). No voxel changes. */
export const translate = (axis: AxisName, mm: number): Operation =>
  operation(translateDefinition, { op: "translate", axis, mm });
