/**
 * From class numbers to a channel for each class, and back. What lies between two classes has a meaning there: the
 * channels may be interpolated, and the largest of them is the class again.
 */
import { channelOf, channelsOf } from "../../compiler/language/channel.ts";
import { type Field, interpolate, mapFields, sample } from "../../compiler/language/field.ts";
import { binary, channel, constant, type Scalar, select, tap, unary } from "../../compiler/language/scalar.ts";
import { storedAs } from "../../compiler/language/voxels.ts";
import type { Expression, Source } from "../expression.ts";
import type { ArgMaxStep, OneHotStep } from "../step.ts";
import { operation } from "./apply.ts";
import { finite, stepCodec } from "./codecs.ts";
import { notWhole, type OperationDefinition, refuse } from "./operation.ts";

/** As many as uint16 tells apart. */
const mostClasses = 2 ** 16;

export const oneHotDefinition: OperationDefinition<"oneHot"> = {
  op: "oneHot",
  makes: "intensity",
  codec: /* @__PURE__ */ stepCodec<OneHotStep>("oneHot", { classes: finite }, {}),
  apply: (expression, { classes }) => {
    const refusal =
      notWhole("the number of classes", [classes], 1) ??
      (classes > mostClasses ? refuse(`${classes} classes are too many`, `give at most ${mostClasses}`) : undefined);
    if (refusal !== undefined) return refusal;
    const channels = channelsOf(expression.field);
    if (channels !== 1) return refuse(`the image has ${channels} channels already`, "give an image of class numbers");
    const distance = unary("abs", binary("sub", tap(0), channel));
    const isClass = binary("less", distance, constant(0.5));
    const storage = storedAs("uint8");
    // Sampled here: what is interpolated after it must be the channels, not the class numbers.
    const field = sample(
      mapFields(isClass, [expression.field], classes),
      expression.grid,
      storage,
      "oneHot() gives each class a channel",
    );
    return { field: interpolate(field, null), storage, sampling: null };
  },
};

export const argMaxDefinition: OperationDefinition<"argMax"> = {
  op: "argMax",
  makes: "label",
  codec: /* @__PURE__ */ stepCodec<ArgMaxStep>("argMax", {}, {}),
  apply: (expression) => {
    const { field } = expression;
    const channels = channelsOf(field);
    if (channels > mostClasses) return refuse(`${channels} channels are too many`, `give at most ${mostClasses}`);
    const fields = channelsIn(field, channels);
    if (fields === undefined)
      return refuse("channels of voxels on a GPU are not told apart", "fetch the image with toCpu first");
    let [largest, at]: [Scalar, Scalar] = [tap(0), constant(0)];
    for (let k = 1; k < channels; k++) {
      const isLarger = binary("less", largest, tap(k));
      at = select(isLarger, constant(k), at);
      largest = select(isLarger, tap(k), largest);
    }
    // A map of values that are decided: as a field of its own it is looked at in any way.
    return { field: mapFields(at, fields), storage: storedAs(channels > 2 ** 8 ? "uint16" : "uint8"), sampling: null };
  },
};

const channelsIn = (field: Field, channels: number): readonly Field[] | undefined => {
  try {
    return Array.from({ length: channels }, (_, k) => channelOf(field, k));
  } catch {
    return undefined;
  }
};

/**
 * A channel for each of `classes` class numbers from 0: 1 where the voxel is of that class, 0 elsewhere, as uint8. It
 * samples here, so that whatever interpolates after it interpolates channels: they are shares then, and intensities.
 */
export const oneHot =
  (classes: number) =>
  (source: Source): Expression<"intensity"> =>
    operation(oneHotDefinition, { op: "oneHot", classes })(source) as Expression<"intensity">;

/**
 * The number of the channel that is largest, from 0, as a label image: the first of several, as numpy's `argmax`; 0
 * where the first is not-a-number. After `oneHot` and any interpolation it is the class with the largest share.
 */
export const argMax = (source: Source): Expression<"label"> =>
  operation(argMaxDefinition, { op: "argMax" })(source) as Expression<"label">;
