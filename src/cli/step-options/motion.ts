/** Steps that move the content, or the image as a whole. */
import type { Vector3 } from "../../../compiler/language/vector.ts";
import type { AffineStep, AxisName } from "../../step.ts";
import { readNumber, readParts, readVector, readVectorOrNumber } from "../formats.ts";
import { type Draft, draft, fileOption, plain, type StepOption, sampling } from "./draft.ts";

const axisNames: readonly AxisName[] = ["x", "y", "z"];
const readAxis = (text: string): AxisName | undefined => axisNames.find((axis) => axis === text);

/** Reads `AXIS:NUMBER`. */
const readAlong = (text: string): readonly [axis: string, number: number] | undefined => {
  const [axis, amount] = readParts(text, 2, 2) ?? [];
  const number = amount === undefined ? undefined : readNumber(amount);
  return axis === undefined || number === undefined ? undefined : [axis, number];
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

export const motionOptions: Readonly<Record<string, StepOption>> = {
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
};
