/** Random crops: anywhere in the grid, or about a voxel of the foreground of a label image. */
import { pipe } from "fp-ts/lib/function.js";
import { transformPoint } from "../../compiler/language/affine.ts";
import { type Grid, pointAt, worldToIndex } from "../../compiler/language/grid.ts";
import { product, type Vector3, vector } from "../../compiler/language/vector.ts";
import type { VoxelArray } from "../../compiler/language/voxels.ts";
import { type Expression, type Operation, type Source, toExpression } from "../expression.ts";
import type { Kind, MedImage } from "../image.ts";
import { crop } from "../ops/crop.ts";
import { type Refusal, refuse } from "../ops/operation.ts";
import type { FillOptions } from "../step.ts";
import { uniform } from "./distributions.ts";
import { map, named, type Sampler, struct, tuple } from "./sampler.ts";
import { isPoints, referenceOf } from "./subject.ts";
import type { Stand } from "./together.ts";
import { pushOf } from "./world-map.ts";

export interface RandomCropOptions extends FillOptions {
  /**
   * A label image that lies as the image did before its operations, or the key of a label of the subject: its voxels
   * other than 0 are the foreground.
   */
  readonly foreground?: MedImage<"label"> | string;
  /** With which probability the crop is laid about a voxel of the foreground, and not anywhere; 1 unless said. */
  readonly share?: number;
}

/**
 * Keeps a box of `size` voxels: anywhere in the grid, or, given a `foreground`, about a voxel of it, all of which are
 * alike likely, moved as far as need be to lie within the grid. The step that is written down is an ordinary `crop`.
 */
export const randomCrop = (
  size: Vector3,
  { foreground, share = 1, ...fill }: RandomCropOptions = {},
): Sampler<Operation> => {
  const unit = uniform(0, 1);
  return pipe(
    struct({ place: tuple(unit, unit, unit), balance: unit, voxel: unit }),
    map(({ place, balance, voxel }): Operation => {
      const isBalanced = foreground !== undefined && balance < share;
      return <K extends Kind>(source: Source<K>): Expression<K> => {
        const expression = toExpression(source);
        const { grid } = expression;
        const room = vector((k) => grid.size[k] - size[k]);
        const anywhere = vector((k) => Math.max(0, Math.floor((place[k] ?? 0) * (room[k] + 1))));
        if (!isBalanced) return crop(anywhere, size, fill)(expression);
        const point = foregroundPoint(expression, foreground, voxel);
        if (point !== undefined && "refused" in point) return withProblem(expression, point);
        return crop(point === undefined ? anywhere : about(point, size, grid), size, fill)(expression);
      };
    }),
    named("crop"),
  );
};

/** The start of a box about a world point, within the grid. */
const about = (point: Vector3, size: Vector3, grid: Grid): Vector3 => {
  const index = transformPoint(worldToIndex(grid), point);
  return vector((k) => {
    const start = Math.round(index[k]) - Math.floor(size[k] / 2);
    return Math.max(0, Math.min(start, grid.size[k] - size[k]));
  });
};

const withProblem = <K extends Kind>(expression: Expression<K>, { refused, remedy }: Refusal): Expression<K> => ({
  ...expression,
  problems: [
    ...expression.problems,
    { step: expression.steps.length, operation: "randomCrop", reason: refused, remedy },
  ],
});

/** Where a voxel of the foreground has come to by now; undefined where there is none. `share` says which it is. */
const foregroundPoint = (
  expression: Stand | Expression,
  foreground: MedImage<"label"> | string,
  share: number,
): Vector3 | Refusal | undefined => {
  const subject = "subject" in expression ? expression.subject : undefined;
  const found = labelOf(subject?.parts, foreground);
  if ("refused" in found) return found;
  const voxels = foregroundOf(found.image.voxels.data);
  const voxel = voxels[Math.floor(share * voxels.length)];
  if (voxel === undefined) return undefined;
  const { grid } = found.image;
  const at = voxel % product(grid.size);
  const index: Vector3 = [
    at % grid.size[0],
    Math.floor(at / grid.size[0]) % grid.size[1],
    Math.floor(at / (grid.size[0] * grid.size[1])),
  ];
  const before = transformPoint(
    found.push ?? pushOf(subject ? referenceOf(subject).field : expression.field),
    pointAt(grid, index),
  );
  // What a stand has been through is not in the subject yet.
  return subject === undefined ? before : transformPoint(pushOf(expression.field), before);
};

interface Label {
  readonly image: MedImage;
  /** Where it has come to, if it is not where the image is. */
  readonly push?: ReturnType<typeof pushOf>;
}

const labelOf = (
  parts: Readonly<Record<string, unknown>> | undefined,
  foreground: MedImage | string,
): Label | Refusal => {
  if (typeof foreground !== "string") return { image: foreground };
  const part = parts?.[foreground] as Expression | undefined;
  return part === undefined || isPoints(part)
    ? refuse(
        `there is no image "${foreground}" to take the foreground from`,
        "give the key of a label of the subject, or a label image",
      )
    : { image: part.image, push: pushOf(part.field) };
};

/** The numbers of the voxels other than 0; loops ask for those of the same labels again and again. */
const foregroundOf = (data: VoxelArray): Uint32Array => {
  const kept = known.get(data);
  if (kept !== undefined) return kept;
  let count = 0;
  for (let i = 0; i < data.length; i++) if (Number(data[i]) !== 0) count++;
  const found = new Uint32Array(count);
  for (let i = data.length; i-- > 0; ) if (Number(data[i]) !== 0) found[--count] = i;
  known.set(data, found);
  return found;
};
const known: WeakMap<VoxelArray, Uint32Array> = /* @__PURE__ */ new WeakMap();
