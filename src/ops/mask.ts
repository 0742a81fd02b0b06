/** Which voxels statistics are taken of: said by the image itself, or by another. */
import * as t from "io-ts";
import { channelsOf } from "../../compiler/language/channel.ts";
import { type Field, interpolate, type Measure, measure, type Quantity } from "../../compiler/language/field.ts";
import { binary, constant, type Scalar, tap } from "../../compiler/language/scalar.ts";
import { type Expression, type Source, toExpression, toVolume } from "../expression.ts";
import type { Mask, MaskFields, MaskImage } from "../step.ts";
import { finite } from "./codecs.ts";
import { type Refusal, refuse } from "./operation.ts";

/** A mask as people give it: an image or an expression stands for the voxels where it is not 0. */
export type MaskOption = "nonzero" | { readonly above: number } | Source;

/**
 * Options of operations that take statistics. In a pipeline file an image is named: `{"image": "mask.nii.gz"}`. One that
 * is given in code has no name, and a document that is written of it has to be told it.
 */
export interface StatisticsOptions {
  /** Which voxels count: all of them unless said. The mask is looked at on the grid of the image, by nearest neighbour. */
  readonly mask?: MaskOption;
}

/** An image as a mask; `image` names it in pipeline files. */
export const maskImage = (source: Source, image = ""): MaskImage => {
  const expression = toExpression(source);
  const [problem] = expression.problems;
  return {
    image,
    volume: toVolume(expression),
    channels: channelsOf(expression.field),
    ...(problem === undefined ? {} : { problem: `${problem.operation}: ${problem.reason}` }),
  };
};

/** The mask of some options as a field of a step. */
export const maskField = ({ mask }: StatisticsOptions): MaskFields => {
  if (mask === undefined) return {};
  return { mask: mask === "nonzero" || "above" in mask ? mask : maskImage(mask) };
};

/** What says where statistics of an expression are taken, and how: a field, and a scalar of it as `tap(1)`. */
interface Where {
  readonly field: Field;
  readonly where: Scalar;
}

/** Where statistics of an expression are taken: everywhere if nothing. */
export const whereOf = ({ field }: Expression, mask: Mask | undefined): Where | Refusal | undefined => {
  if (mask === undefined) return undefined;
  if (mask === "nonzero") return { field, where: tap(1) };
  if ("above" in mask) return { field, where: binary("less", constant(mask.above), tap(1)) };
  if (mask.problem !== undefined) return refuse(`the mask cannot be: ${mask.problem}`, "mend the mask");
  const channels = channelsOf(field);
  if (![1, channels].includes(mask.channels))
    return refuse(
      `the mask has ${mask.channels} channels and the image ${channels}`,
      "give a mask of one channel, or of as many as the image",
    );
  return { field: interpolate(mask.volume, { by: "nearest", outside: { kind: "constant", value: 0 } }), where: tap(1) };
};

/** A statistic of a field on the grid of an expression, over the voxels that count. */
export const measureOf = (
  { grid }: Expression,
  field: Field,
  where: Where | undefined,
  quantity: Quantity,
  name: string,
): Measure =>
  where === undefined
    ? measure({ fields: [field], quantity, grid, name })
    : measure({ fields: [field, where.field], where: where.where, quantity, grid, name });

const isMask = (u: unknown): u is Mask => {
  if (u === "nonzero") return true;
  if (typeof u !== "object" || u === null) return false;
  if ("above" in u) return finite.is(u.above) && Object.keys(u).length === 1;
  return "image" in u && "channels" in u && "volume" in u && typeof u.volume === "object";
};
/** Who reads a document has put the image in the place of its name. */
const said: t.Type<Mask, unknown> = /* @__PURE__ */ new t.Type<Mask, unknown>(
  "nonzero, {above: a finite number} or {image: a path}",
  isMask,
  (u, context) => (isMask(u) ? t.success(u) : t.failure(u, context)),
  (mask) => (typeof mask === "object" && "image" in mask ? { image: mask.image } : mask),
);
/** The optional fields of operations that take statistics. */
export const maskFields: { readonly mask: t.Type<Mask, unknown> } = { mask: said };
