/**
 * Gradients as people ask for them. What computes them is loaded when first asked for, so that pages which never do
 * need not have it.
 */
import type { GradientOptions, GradientsOf, WithRespectTo } from "./differentiable.ts";
import type { Source } from "./expression.ts";
import type { MedImage } from "./image.ts";
import type { Loss } from "./loss.ts";

/**
 * A loss and its gradients, in one run: forward passes are shared, and each resampling pass costs one transposed
 * pass for voxels and one sum for all parameters. What the loss does not depend on has the gradient 0. The value of
 * `background` outside an image counts as a constant, and rounding to integers has no gradient.
 * @throws MedImagesError (as rejection) `InvalidPipeline`, `InvalidDocument` where two parameters of one name
 * differ, `BudgetExceeded`, `UnsupportedVoxels`, `BackendUnavailable`, `Aborted`
 */
export const valueAndGradient = async <const W extends WithRespectTo>(
  loss: Loss,
  options: GradientOptions<W>,
): Promise<{ readonly value: number; readonly gradient: GradientsOf<W> }> => {
  const { differentiate } = await import("./differentiate.ts");
  return differentiate(loss, options, true);
};

/**
 * The vector-Jacobian product: the gradient of ⟨cotangent, expression⟩, the sum over voxels and channels of what the
 * two have there. The cotangent is an image on the grid of the expression (`imageFromArray(data, expression.grid)`),
 * such as what an optimiser elsewhere says of its result; it counts as a constant.
 * @throws as {@link valueAndGradient}, and `InvalidDocument` for a cotangent on another grid or of other channels
 */
export const vjp = async <const W extends WithRespectTo>(
  source: Source,
  cotangent: MedImage,
  options: GradientOptions<W>,
): Promise<GradientsOf<W>> => {
  const { differentiate, productLoss } = await import("./differentiate.ts");
  return (await differentiate(productLoss(source, cotangent), options, false)).gradient;
};

/** The value of a loss. @throws as {@link valueAndGradient} */
export const valueOfLoss = async (
  loss: Loss,
  options: Omit<GradientOptions<[]>, "wrt" | "dtype"> = {},
): Promise<number> => (await valueAndGradient(loss, { ...options, wrt: [] })).value;
