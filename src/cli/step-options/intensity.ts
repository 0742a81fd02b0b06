/** Steps that change values and leave the grid. */
import { readNumber, readPair, readParts, readVectorOrNumber } from "../formats.ts";
import { draft, fileOption, masked, plain, type StepOption } from "./draft.ts";

const readPercentiles = (text: string): readonly [number, number] | undefined => {
  const pair = readPair(text);
  return pair !== undefined && pair[0] >= 0 && pair[0] < pair[1] && pair[1] <= 100 ? pair : undefined;
};

export const intensityOptions: Readonly<Record<string, StepOption>> = {
  window: draft(
    "CENTER,WIDTH[:LOW,HIGH]",
    "Bring the window to LOW..HIGH (default 0,1) and what lies outside to its ends.",
    "centre and width, and perhaps :LOW,HIGH",
    "40,400:0,255",
    (text) => {
      const [first, second, ...rest] = text.split(":");
      const [center, width] = (first === undefined ? undefined : readPair(first)) ?? [];
      const to = second === undefined ? undefined : readPair(second);
      if (center === undefined || width === undefined || !(width > 0) || rest.length > 0) return undefined;
      if (second === undefined) return plain({ op: "window", center, width });
      return to && plain({ op: "window", center, width, to });
    },
  ),
  clamp: draft(
    "MIN,MAX",
    "Bring values below MIN to MIN and above MAX to MAX.",
    "the least and the largest value",
    "-1000,1000",
    (text) => {
      const [min, max] = readPair(text) ?? [];
      return min === undefined || max === undefined ? undefined : plain({ op: "clamp", min, max });
    },
  ),
  rescale: draft(
    "SLOPE,INTERCEPT",
    "Replace each value v by SLOPE · v + INTERCEPT.",
    "a slope and an intercept",
    "0.001,0",
    (text) => {
      const [slope, intercept] = readPair(text) ?? [];
      return slope === undefined || intercept === undefined ? undefined : plain({ op: "rescale", slope, intercept });
    },
  ),
  gamma: draft("G", "Raise values to the power G, keeping their sign.", "a number over 0", "0.5", (text) => {
    const gamma = readNumber(text);
    return gamma !== undefined && gamma > 0 ? plain({ op: "gamma", gamma }) : undefined;
  }),
  "z-score": {
    help: "Subtract the mean and divide by the standard deviation of the voxels that --stats-mask says.",
    format: { expected: "nothing", example: "", read: () => masked({ op: "zScore" }) },
  },
  "min-max": draft(
    "LOW,HIGH[:P,Q]",
    "Bring the lowest value to LOW and the highest to HIGH; with :P,Q percentiles P and Q, and what lies beyond to the ends.",
    "two numbers, and perhaps a colon and two percentiles from 0 to 100",
    "0,1:1,99",
    (text) => {
      const [first, second] = readParts(text, 1, 2) ?? [];
      const to = first === undefined ? undefined : readPair(first);
      const percentiles = second === undefined ? undefined : readPercentiles(second);
      if (to === undefined || (percentiles === undefined && second !== undefined)) return undefined;
      return masked({ op: "minMax", to, ...(percentiles === undefined ? {} : { percentiles }) });
    },
  ),
  "clip-percentiles": draft(
    "P,Q",
    "Bring values below percentile P to it, and those above percentile Q to that.",
    "two percentiles from 0 to 100, the lower first",
    "1,99",
    (text) => {
      const [low, high] = readPercentiles(text) ?? [];
      return low === undefined || high === undefined ? undefined : masked({ op: "clipPercentiles", low, high });
    },
  ),
  "histogram-match": fileOption(
    "REF",
    "Give each value that of the same rank in the image REF.",
    "the path of an image",
    "ref.nii.gz",
    "reference",
  ),
  nyul: fileOption(
    "FILE.json",
    "Bring percentiles to the standard landmarks of this file: {percentiles, values}, as nyulTrain learns them.",
    "the path of landmarks",
    "landmarks.json",
    "landmarks",
  ),
  smooth: draft(
    "SIGMA or fwhm:W",
    "Smooth by a Gaussian of this standard deviation in mm, or with fwhm: of this full width at half maximum; X,Y,Z for axes that differ.",
    "a length in mm, or three, and perhaps fwhm: before",
    "1.5",
    (text) => {
      const parts = text.split(":");
      const width = readVectorOrNumber(parts.at(-1) ?? "");
      if (width === undefined || !width.every((mm) => mm >= 0)) return undefined;
      if (parts.length === 1) return plain({ op: "smooth", sigma: width });
      return parts.length === 2 && parts[0] === "fwhm" ? plain({ op: "smooth", fwhm: width }) : undefined;
    },
  ),
};
