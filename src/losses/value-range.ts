/**
 * The range that the values of an image lie in, for losses that measure them against it. What steps make of values is
 * not known before they are computed, so after such steps the range has to be given.
 */
import { isOnDevice } from "../../backends/backend.ts";
import { numberOf } from "../../compiler/language/real.ts";
import type { VoxelArray, Voxels } from "../../compiler/language/voxels.ts";
import type { Expression } from "../expression.ts";
import { type Refusal, refuse } from "../ops/operation.ts";
import type { OperationName, Step } from "../step.ts";

/** The lowest and the highest of real values. */
export type ValueRange = readonly [low: number, high: number];

export interface RangeOptions {
  /** The range of the image's real values; without it, from its lowest to its highest finite voxel. */
  readonly range?: ValueRange;
  /** As `range`, for the target. */
  readonly targetRange?: ValueRange;
}

/** The range given, or that of the voxels of an expression; `option` is what it would be given as. */
export const valueRange = (
  expression: Expression,
  given: ValueRange | undefined,
  option: string,
): ValueRange | Refusal => {
  const remedy = `give ${option}: [lowest, highest] in real values`;
  if (given !== undefined) {
    const [low, high] = given;
    return Number.isFinite(low) && Number.isFinite(high) && low < high
      ? given
      : refuse(`${option} [${given.join(", ")}] is no range`, remedy);
  }
  const { range, after } = expression.steps.reduce<Known>(rangeAfter, {});
  if (range !== undefined) return [Math.min(...range), Math.max(...range)];
  if (after !== undefined) return refuse(`the range of values after "${after}" is not known`, remedy);
  const { voxels } = expression.image;
  if (isOnDevice(voxels)) return refuse("voxels on a GPU are not searched for their range", remedy);
  return rangeOf(voxels) ?? refuse("the image has no finite voxel", remedy);
};

/** What steps so far say of the range: what it is, or after which of them it is not known. */
interface Known {
  readonly range?: ValueRange;
  readonly after?: OperationName;
}

const rangeAfter = (before: Known, step: Step): Known => {
  switch (step.op) {
    case "window":
      return { range: step.to ?? [0, 1] };
    case "minMax":
      return { range: step.to ?? [0, 1] };
    case "clamp":
      return { range: [numberOf(step.min), numberOf(step.max)] };
    case "as":
    case "rescale":
    case "biasField":
    case "gamma":
    case "map":
    case "zScore":
    case "clipPercentiles":
    case "histogramMatch":
    case "nyulApply":
    case "smooth":
    case "oneHot":
    case "argMax":
      return { after: step.op };
    case "rotate":
    case "affine":
    case "transform":
    case "displace":
    case "translate":
    case "scale":
    case "resampleToSpacing":
    case "resampleToImage":
    case "crop":
    case "pad":
    case "padOrCropTo":
    case "flip":
    case "changeOrientation":
    case "materialize":
      return before;
  }
};

/** Optimisers ask again at every step. */
const known: WeakMap<VoxelArray, ValueRange> = /* @__PURE__ */ new WeakMap();

/** The lowest and the highest finite value; undefined where there is none. */
const rangeOf = ({ data, rescale: { slope, intercept } }: Voxels): ValueRange | undefined => {
  const stored = known.get(data) ?? storedRange(data);
  known.set(data, stored);
  const ends = stored.map((end) => end * slope + intercept);
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  return Number.isFinite(low) && Number.isFinite(high) ? [low, high] : undefined;
};

const storedRange = (data: VoxelArray): ValueRange => {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let k = 0; k < data.length; k++) {
    const value = Number(data[k]);
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
};
