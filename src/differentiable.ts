/** What gradients are asked with, and what comes back. */

import type { Parameter } from "../compiler/language/scalar.ts";
import type { ComputeOptions } from "./compute-options.ts";
import type { MedImage } from "./image.ts";

/** What a loss can be differentiated by: a parameter, or the voxels of an image that operations were applied to. */
export type Differentiable = Parameter | MedImage;

/** A number for a parameter; for an image one of the same grid and channels, by its real values. */
export type GradientOf<T> = T extends Parameter ? number : MedImage<"intensity">;

/** One gradient for each, under the same name or at the same place. */
export type GradientsOf<W> = { readonly [K in keyof W]: GradientOf<W[K]> };

export type WithRespectTo = Readonly<Record<string, Differentiable>> | readonly Differentiable[];

export interface GradientOptions<W extends WithRespectTo> extends ComputeOptions {
  /** What to differentiate by: a list, or a record whose names the gradients then bear. */
  readonly wrt: W;
  /** How gradients of voxels are kept: `"float32"` (default), or as the reference computes, `"float64"`. */
  readonly dtype?: "float32" | "float64";
}
