/** Moves the image in the world: the origin moves along, so voxels stay as they are. */
import { invert, translationBy } from "../../compiler/language/affine.ts";
import { warp } from "../../compiler/language/field.ts";
import { shifted } from "../../compiler/language/grid.ts";
import { pointOf, type Real } from "../../compiler/language/real.ts";
import type { Operation } from "../expression.ts";
import type { AxisName, TranslateStep } from "../step.ts";
import { operation } from "./apply.ts";
import { axisName, real, stepCodec } from "./codecs.ts";
import { axisIndex, gridRefusal, type OperationDefinition } from "./operation.ts";

export const translateDefinition: OperationDefinition<"translate"> = {
  op: "translate",
  codec: /* @__PURE__ */ stepCodec<TranslateStep>("translate", { axis: axisName, mm: real }, {}),
  apply: ({ field, grid }, { axis, mm }) => {
    const along = (k: 0 | 1 | 2): Real => (k === axisIndex[axis] ? mm : 0);
    const shift = translationBy<"world">(pointOf([along(0), along(1), along(2)]));
    const moved = shifted(grid, shift);
    return gridRefusal(moved) ?? { field: warp(field, invert(shift)), grid: moved };
  },
};

/** Moves the image by `mm` along a world axis (x to the left, y to the back, z up). No voxel changes. */
export const translate = (axis: AxisName, mm: Real): Operation =>
  operation(translateDefinition, { op: "translate", axis, mm });
