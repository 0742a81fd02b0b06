/**
 * Steps as options of the command line, in the making: each option reads its value into a step that may still lack what
 * is in force where it stands, or what a file says.
 */
import type { Step, StepOf } from "../../step.ts";
import { textFormat } from "../formats.ts";
import type { Format } from "../usage.ts";

type Resampling = StepOf<"rotate" | "affine" | "transform" | "scale" | "resampleToSpacing" | "rectify">;

/** A step that lacks its sampling: one that interpolates, one that clips, or one that does neither. */
export type Draft =
  | { readonly needs: "sampling"; readonly step: Resampling }
  | { readonly needs: "fill"; readonly step: StepOf<"crop" | "pad" | "padOrCropTo"> }
  | { readonly needs: "nothing"; readonly step: Step }
  /** The grid of another image, which has to be read first. */
  | { readonly needs: "image"; readonly path: string }
  /** A transform from a file. */
  | { readonly needs: "transform"; readonly path: string }
  /** The mask in force. */
  | { readonly needs: "mask"; readonly step: StepOf<"zScore" | "minMax" | "clipPercentiles"> }
  /** An image whose values are to be had, or landmarks, from a file; and the mask in force. */
  | { readonly needs: "reference" | "landmarks"; readonly path: string }
  /** Vectors of a displacement from a file. */
  | { readonly needs: "vectors"; readonly path: string };

export interface StepOption {
  readonly value?: string;
  readonly help: string;
  readonly format: Format<Draft>;
}

export const sampling = (step: Resampling): Draft => ({
  needs: "sampling",
  step,
});
export const fill = (step: StepOf<"crop" | "pad" | "padOrCropTo">): Draft => ({ needs: "fill", step });
export const masked = (step: StepOf<"zScore" | "minMax" | "clipPercentiles">): Draft => ({ needs: "mask", step });
export const plain = (step: Step): Draft => ({ needs: "nothing", step });

export const draft = (
  value: string,
  help: string,
  expected: string,
  example: string,
  read: (text: string) => Draft | undefined,
): StepOption => ({ value, help, format: { expected, example, read } });

/** A step that a file says more of. */
export const fileOption = (
  value: string,
  help: string,
  expected: string,
  example: string,
  needs: "image" | "transform" | "vectors" | "reference" | "landmarks",
): StepOption => ({
  value,
  help,
  format: { ...textFormat, expected, example, read: (path) => (path === "" ? undefined : { needs, path }) },
});
