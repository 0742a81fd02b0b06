/** What may be said of a registration, and what of it cannot be. */
import type { Backend, RunOptions } from "../../backends/backend.ts";
import { fail } from "../../compiler/errors.ts";
import type { Source } from "../expression.ts";
import { type Transform, type TransformKind, transformProblem } from "../transform.ts";
import type { InitialName } from "./initial.ts";
import type { MetricName } from "./metric.ts";
import type { OptimizerName, OptimizerOptions } from "./optimizers/index.ts";
import type { Iteration } from "./result.ts";

export interface RegisterOptions extends Omit<RunOptions, "onProgress"> {
  /** What may move: `"rigid"` unless said. */
  readonly transform?: TransformKind;
  /** What is compared: squared differences (unless said), correlation, or for images of different contrast mutual information. */
  readonly metric?: MetricName;
  /**
   * Factors by which the images are shrunk, coarsest first, such as [4, 2, 1]: multiples of the fixed image's finest
   * spacing, which both images are brought to. Unless said, halves down to 16 voxels and at most by 8.
   */
  readonly pyramid?: readonly number[];
  /** L-BFGS unless said; by name, or with its settings. */
  readonly optimizer?: OptimizerName | OptimizerOptions;
  /** What of the fixed image counts: weights, usually 0 and 1, looked at on its grid by nearest neighbour. */
  readonly mask?: Source;
  /** Where to begin: `"best"` unless said, or a transform that is known. */
  readonly initial?: InitialName | Transform;
  /** What computes. `"auto"` (default) takes the fastest that is at hand. */
  readonly backend?: Backend | "auto";
  /** Told of every iteration, as it is made. */
  readonly onIteration?: (iteration: Iteration) => void;
}

/** How the parts of a registration compute. */
export type Running = Omit<RunOptions, "onProgress"> & { readonly backend?: Backend | "auto" };

/** @throws MedImagesError `InvalidDocument` */
export const checkOptions = ({ pyramid, initial }: RegisterOptions): void => {
  const errors = [
    ...(pyramid !== undefined &&
    !(pyramid.length > 0 && pyramid.every((factor) => Number.isFinite(factor) && factor >= 1))
      ? [`the pyramid [${pyramid.join(", ")}] is not of shrink factors from 1, such as [4, 2, 1]`]
      : []),
    ...(typeof initial === "object" && transformProblem(initial) !== undefined
      ? [`the initial transform cannot be: ${transformProblem(initial)}`]
      : []),
  ];
  if (errors.length > 0) fail({ kind: "InvalidDocument", errors });
};
