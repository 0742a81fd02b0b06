/**
 * Steps as options of the command line. Each option reads its value into a step that still lacks its
 * sampling, which `--interp` and `--fill` set for the steps after them.
 */
import type { Interpolator } from "../../compiler/language/interpolator.ts";
import { interpolators } from "../../compiler/language/interpolator.ts";
import type { Vector3 } from "../../compiler/language/vector.ts";
import { orientationCodes, parseOrientation } from "../orientation.ts";
import type { AffineStep, AxisName, Mask, MaskImage, PadStep, SamplingFill, Step, StepOf } from "../step.ts";
import {
  positive,
  readNumber,
  readPair,
  readParts,
  readVector,
  readVectorOrNumber,
  textFormat,
  whole,
  wordFormat,
} from "./formats.ts";
import type { Format } from "./usage.ts";

/** What is in force where a step stands. */
export interface SamplingInForce {
  readonly interpolation?: Interpolator;
  readonly fill?: SamplingFill;
}

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

const sampling = (step: Resampling): Draft => ({
  needs: "sampling",
  step,
});
const fill = (step: StepOf<"crop" | "pad" | "padOrCropTo">): Draft => ({ needs: "fill", step });
const masked = (step: StepOf<"zScore" | "minMax" | "clipPercentiles">): Draft => ({ needs: "mask", step });
const plain = (step: Step): Draft => ({ needs: "nothing", step });

const draft = (
  value: string,
  help: string,
  expected: string,
  example: string,
  read: (text: string) => Draft | undefined,
): StepOption => ({ value, help, format: { expected, example, read } });

const axisNames: readonly AxisName[] = ["x", "y", "z"];
const readAxis = (text: string): AxisName | undefined => axisNames.find((axis) => axis === text);

/** Reads `AXIS:NUMBER`. */
const readAlong = (text: string): readonly [axis: string, number: number] | undefined => {
  const [axis, amount] = readParts(text, 2, 2) ?? [];
  const number = amount === undefined ? undefined : readNumber(amount);
  return axis === undefined || number === undefined ? undefined : [axis, number];
};

/** Reads two vectors of whole numbers around a colon. */
const readBox = (parts: readonly string[] | undefined, least: number): readonly [Vector3, Vector3] | undefined => {
  const [first, second] = parts ?? [];
  const a = whole(first === undefined ? undefined : readVector(first), 0);
  const b = whole(second === undefined ? undefined : readVector(second), least);
  return a === undefined || b === undefined ? undefined : [a, b];
};

const affineParts: readonly (keyof AffineStep)[] = ["rotate", "scale", "shear", "translate", "center"];
const readAffine = (text: string): Draft | undefined => {
  const given = new Map<string, Vector3>();
  for (const part of text.split(";")) {
    const [name, numbers, ...rest] = part.split("=").map((s) => s.trim());
    const read = name === "scale" ? readVectorOrNumber : readVector;
    const vector = numbers === undefined ? undefined : read(numbers);
    if (name === undefined || !affineParts.some((p) => p === name) || given.has(name)) return undefined;
    if (vector === undefined || rest.length > 0) return undefined;
    given.set(name, vector);
  }
  return sampling({ op: "affine", ...Object.fromEntries(given) });
};

const readPercentiles = (text: string): readonly [number, number] | undefined => {
  const pair = readPair(text);
  return pair !== undefined && pair[0] >= 0 && pair[0] < pair[1] && pair[1] <= 100 ? pair : undefined;
};

/** A step that a file says more of. */
const fileOption = (
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

export const stepOptions: Readonly<Record<string, StepOption>> = {
  spacing: draft(
    "X,Y,Z[:extent][:antialias]",
    "Resample to voxels of this many mm. The centre of the first voxel stays; with :extent its outer edge does. With :antialias what larger voxels cannot hold is smoothed away before.",
    "three lengths in mm over 0, or one for all axes, and perhaps :extent or :antialias",
    "1,1,1",
    (text) => {
      const [lengths, ...words] = text.split(":");
      const spacing = positive(lengths === undefined ? undefined : readVectorOrNumber(lengths));
      const antialias = words.at(-1) === "antialias";
      const [align, ...rest] = antialias ? words.slice(0, -1) : words;
      if (spacing === undefined || rest.length > 0) return undefined;
      const step = { op: "resampleToSpacing", spacing, ...(antialias ? { antialias } : {}) } as const;
      if (align === undefined) return sampling(step);
      return align === "extent" || align === "origin" ? sampling({ ...step, align }) : undefined;
    },
  ),
  like: fileOption("REF", "Resample onto the grid of the image REF.", "the path of an image", "ref.nii.gz", "image"),
  rectify: {
    help: "Resample a sheared grid (tilted gantry) to axes at right angles. The planes of the slices and the first voxel stay; a grid that is not sheared stays as it is.",
    format: { expected: "nothing", example: "", read: () => sampling({ op: "rectify" }) },
  },
  scale: draft(
    "F or X,Y,Z, [:antialias]",
    "Multiply the number of voxels and divide the spacing: same extent, other resolution. :antialias as for --spacing.",
    "a factor over 0, or three, and perhaps :antialias",
    "2,2,1",
    (text) => {
      const [numbers = "", word, ...rest] = text.split(":");
      const factor = positive(readVectorOrNumber(numbers));
      if (factor === undefined || rest.length > 0) return undefined;
      if (word === undefined) return sampling({ op: "scale", factor });
      return word === "antialias" ? sampling({ op: "scale", factor, antialias: true }) : undefined;
    },
  ),
  orient: draft(
    "CODE",
    "Reorder and flip the axes so that they run in these directions, e.g. RAS. No voxel changes.",
    `one of the ${orientationCodes.length} orientation codes: three letters of R/L, A/P and S/I`,
    "RAS",
    (to) => (parseOrientation(to) === undefined ? undefined : plain({ op: "changeOrientation", to: to.toUpperCase() })),
  ),
  crop: draft(
    "START:SIZE",
    "Keep the box of SIZE voxels whose first voxel is START; the rest is gone for later steps, too.",
    "the first voxel and the size in voxels, X,Y,Z:X,Y,Z",
    "50,30,20:160,200,180",
    (text) => {
      const box = readBox(readParts(text, 2, 2), 1);
      return box && fill({ op: "crop", start: box[0], size: box[1] });
    },
  ),
  pad: draft(
    "BEFORE:AFTER[:V]",
    "Add voxels of value V (default: the fill in force) before the first and after the last of each axis.",
    "voxels before and after, X,Y,Z:X,Y,Z, and perhaps :VALUE",
    "10,10,5:10,10,5:-1000",
    (text) => {
      const parts = readParts(text, 2, 3);
      const box = readBox(parts, 0);
      const [, , last] = parts ?? [];
      if (box === undefined) return undefined;
      const step: PadStep = { op: "pad", begin: box[0], end: box[1] };
      if (last === undefined) return fill(step);
      const value = last === "background" ? last : readNumber(last);
      return value === undefined ? undefined : plain({ ...step, fill: value });
    },
  ),
  "pad-or-crop-to": draft(
    "X,Y,Z",
    "Pad or crop each axis about its middle to this many voxels.",
    "three whole numbers of voxels from 1",
    "256,256,128",
    (text) => {
      const size = whole(readVector(text), 1);
      return size && fill({ op: "padOrCropTo", size });
    },
  ),
  rotate: draft(
    "AXIS:DEGREES[:X,Y,Z]",
    "Turn the content, right-handed, about an axis of the image (x, y, z) or a direction X,Y,Z in the world, through the centre of the grid or the world point X,Y,Z. The grid stays.",
    "an axis and degrees, and perhaps a point in mm: x, y, z or X,Y,Z, a colon, a number, and perhaps :X,Y,Z",
    "z:5",
    (text) => {
      const [along, amount, point] = readParts(text, 2, 3) ?? [];
      const axis = along === undefined ? undefined : (readAxis(along) ?? readVector(along));
      const degrees = amount === undefined ? undefined : readNumber(amount);
      const center = point === undefined ? undefined : readVector(point);
      if (axis === undefined || degrees === undefined || (center === undefined && point !== undefined))
        return undefined;
      return sampling({ op: "rotate", axis, degrees, ...(center === undefined ? {} : { center }) });
    },
  ),
  translate: draft(
    "AXIS:MM",
    "Move the image along an axis of the world (x left, y back, z up). No voxel changes.",
    "an axis of the world and mm: x, y or z, a colon, a number",
    "x:25",
    (text) => {
      const [along, mm] = readAlong(text) ?? [];
      const axis = along === undefined ? undefined : readAxis(along);
      return axis === undefined || mm === undefined ? undefined : plain({ op: "translate", axis, mm });
    },
  ),
  affine: draft(
    "PARTS",
    "Move the content: rotate=X,Y,Z degrees; scale=X,Y,Z; shear=XY,XZ,YZ; translate=X,Y,Z mm, any of them, about the centre of the grid or center=X,Y,Z mm. The grid stays.",
    "parts of rotate=, scale=, shear=, translate=, center=, each once with three numbers, with semicolons between",
    "'rotate=0,0,30;scale=0.8,0.8,0.8;translate=5,-2,0'",
    readAffine,
  ),
  displace: fileOption(
    "FILE",
    "Move the content by a displacement: an image of three channels, in mm along x, y and z of the world (LPS). The result shows at p what this image has at p plus the vector there, as with ITK and ANTs.",
    "the path of an image of vectors",
    "warp.nii.gz",
    "vectors",
  ),
  transform: fileOption(
    "FILE",
    "Move the content by a transform as `medimages register`, ITK or Slicer saves it: .tfm, .json, or a 4×4 matrix as text, from points of the fixed image to those of this one. The grid stays; --like FIXED after it takes that of the fixed image.",
    "the path of a transform",
    "transform.tfm",
    "transform",
  ),
  flip: draft("AXIS", "Mirror the content along an axis of the image.", "x, y or z", "x", (text) => {
    const axis = readAxis(text);
    return axis && plain({ op: "flip", axis });
  }),
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
  "one-hot": draft("N", "Give each of N classes a channel of 0 and 1.", "a whole number from 1", "4", (text) => {
    const classes = readNumber(text);
    return classes !== undefined && Number.isSafeInteger(classes) && classes > 0
      ? plain({ op: "oneHot", classes })
      : undefined;
  }),
  "arg-max": {
    help: "Take the number of the largest channel, as a label image.",
    format: { expected: "nothing", example: "", read: () => plain({ op: "argMax" }) },
  },
  materialize: {
    help: "Compute what came so far before going on, as tools do that apply one step after the other.",
    format: { expected: "nothing", example: "", read: () => plain({ op: "materialize" }) },
  },
};

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
