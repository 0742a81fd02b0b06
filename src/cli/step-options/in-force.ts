/** What holds for the steps after it: how they interpolate, what lies outside, and which voxels statistics are of. */
import { type Interpolator, interpolators } from "../../../compiler/language/interpolator.ts";
import type { Mask, MaskImage, SamplingFill } from "../../step.ts";
import { readNumber, wordFormat } from "../formats.ts";
import type { Format } from "../usage.ts";

/** What is in force where a step stands. */
export interface SamplingInForce {
  readonly interpolation?: Interpolator;
  readonly fill?: SamplingFill;
}

/** The mask of statistics: words, or the path of an image. */
export type MaskInForce = Exclude<Mask, MaskImage> | { readonly path: string };
export const maskFormat: Format<MaskInForce | "all"> = {
  expected: "all, nonzero, above:V or the path of a mask",
  example: "nonzero",
  read: (text) => {
    if (text === "all" || text === "nonzero") return text;
    if (!text.startsWith("above:")) return text === "" ? undefined : { path: text };
    const above = readNumber(text.slice(6));
    return above === undefined ? undefined : { above };
  },
};

export const interpolationFormat: Format<Interpolator> = wordFormat(interpolators, "bspline");

const fillWords: readonly Exclude<SamplingFill, number>[] = ["background", "clamp", "reflect", "wrap"];
export const fillFormat: Format<SamplingFill> = {
  expected: `a number or one of ${fillWords.join(", ")}`,
  example: "-1000",
  read: (text) => readNumber(text) ?? fillWords.find((word) => word === text),
};
