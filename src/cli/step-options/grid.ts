/** Steps that change the grid: its voxels, its axes and its extent. */
import type { Vector3 } from "../../../compiler/language/vector.ts";
import { orientationCodes, parseOrientation } from "../../orientation.ts";
import type { PadStep } from "../../step.ts";
import { positive, readNumber, readParts, readVector, readVectorOrNumber, whole } from "../formats.ts";
import { draft, fileOption, fill, plain, type StepOption, sampling } from "./draft.ts";

/** Reads two vectors of whole numbers around a colon. */
const readBox = (parts: readonly string[] | undefined, least: number): readonly [Vector3, Vector3] | undefined => {
  const [first, second] = parts ?? [];
  const a = whole(first === undefined ? undefined : readVector(first), 0);
  const b = whole(second === undefined ? undefined : readVector(second), least);
  return a === undefined || b === undefined ? undefined : [a, b];
};

export const gridOptions: Readonly<Record<string, StepOption>> = {
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
    "the first voxel, from 0, and the size in voxels, X,Y,Z:X,Y,Z",
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
};
