/** A field that brightens and darkens, as the coils of a scanner do: smooth, positive, and attached to the content. */
import { input, mapFields, spline } from "../../compiler/language/field.ts";
import { binary, tap, unary } from "../../compiler/language/scalar.ts";
import { storedAs } from "../../compiler/language/voxels.ts";
import type { IntensityOperation } from "../expression.ts";
import type { MedImage } from "../image.ts";
import type { BiasFieldStep } from "../step.ts";
import { operation } from "./apply.ts";
import { stepCodec } from "./codecs.ts";
import { imageValues } from "./image-values.ts";
import { type OperationDefinition, refuse } from "./operation.ts";

export const biasFieldDefinition: OperationDefinition<"biasField"> = {
  op: "biasField",
  codec: /* @__PURE__ */ stepCodec<BiasFieldStep>("biasField", { controlPoints: /* @__PURE__ */ imageValues(1) }, {}),
  apply: (expression, { controlPoints }) => {
    if (expression.kind === "label")
      return refuse("class numbers are not intensities", "load the image as intensities");
    const logarithm = spline(input(controlPoints.voxels, controlPoints.grid), { kind: "clamp" });
    return {
      field: mapFields(binary("mul", tap(0), unary("exp", tap(1))), [expression.field, logarithm]),
      storage: storedAs("float32"),
    };
  },
};

/**
 * v ↦ v · exp(b(p)), with b = Σ c · β³ the cubic B-spline of control points, an image of one channel on a coarse grid
 * (see `controlGrid`), held beyond it. Polynomials up to the third degree along each axis are such splines. The field
 * moves with the content when that is moved afterwards.
 */
export const biasField = (controlPoints: MedImage<"intensity">): IntensityOperation =>
  operation(biasFieldDefinition, { op: "biasField", controlPoints });
