/**
 * The range that the values of an image lie in, for losses that measure them against it. What steps make of values is
 * not known before they are computed, so after such steps the range has to be given.
 */
import { isOnDevice } from "../../backends/backend.ts";
import type { VoxelArray, Voxels } from "../../compiler/language/voxels.ts";
import type { Expression } from "../expression.ts";
import { type Refusal, refuse } from "../ops/operation.ts";
import type { OperationName } from "../step.ts";

/** The lowest and the highest of real values. */
export type ValueRange = readonly [low: number, high: number];

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
  const changing = expression.steps.find(({ op }) => changesValues[op]);
  if (changing !== undefined) return refuse(`the range of values after "${changing.op}" is not known`, remedy);
  const { voxels } = expression.image;
  if (isOnDevice(voxels)) return refuse("voxels on a GPU are not searched for their range", remedy);
  return rangeOf(voxels) ?? refuse("the image has no finite voxel", remedy);
};

/** Whether values may leave the range of the voxels, or keep to a small part of it. */
const changesValues: Readonly<Record<OperationName, boolean>> = {
  rotate: false,
  affine: false,
  translate: false,
  scale: false,
  resampleToSpacing: false,
  resampleToImage: false,
  crop: false,
  pad: false,
  padOrCropTo: false,
  flip: false,
  changeOrientation: false,
  materialize: false,
  as: true,
  rescale: true,
  clamp: true,
  window: true,
  gamma: true,
  map: true,
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
