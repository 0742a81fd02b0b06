/**
 * Insight Transform Files V1.0, the text form in which ITK, Slicer and ANTs keep transforms (`.tfm`, `.txt`): blocks of
 * a class name, its parameters and its fixed parameters. All of them map points of the fixed image to the moving one,
 * in LPS mm; angles are radians.
 */
import { fail } from "../../../compiler/errors.ts";
import { compose, identity } from "../../../compiler/language/affine.ts";
import {
  determinant3,
  identity3,
  type Matrix3,
  multiply3,
  rotation3,
  scale9,
  type Vector3,
  zero3,
} from "../../../compiler/language/vector.ts";
import {
  pointMapOf,
  quaternionOf,
  rotationOfQuaternion,
  type Transform,
  type TransformKind,
  transformOf,
  translationAbout,
} from "../../transform.ts";
import { malformed, numbersIn, type TransformFormat } from "./format.ts";

/** One `Transform:` of a file. */
interface Block {
  /** The class, without the suffix that says the precision and the dimensions. */
  readonly type: string;
  readonly parameters: readonly number[];
  readonly fixed: readonly number[];
}

/** How a class of ITK stands for a map. */
interface TransformClass {
  readonly kind: TransformKind;
  readonly parameters: number;
  /** How many fixed parameters there may be: the centre, and what some versions add to it. */
  readonly fixed: readonly number[];
  readonly read: (
    parameters: readonly number[],
    fixed: readonly number[],
    path: string,
  ) => Omit<Transform, "kind" | "center">;
}

const three = (numbers: readonly number[], from: number): Vector3 => [
  numbers[from] ?? 0,
  numbers[from + 1] ?? 0,
  numbers[from + 2] ?? 0,
];
const nine = (p: readonly number[]): Matrix3 => [...three(p, 0), ...three(p, 3), ...three(p, 6)];
const degrees = (radians: number): number => (radians * 180) / Math.PI;

/** The rotation of a versor, which is the vector part of a unit quaternion. */
const versor = ([x, y, z]: Vector3, path: string): Matrix3 => {
  const square = x * x + y * y + z * z;
  if (square > 1 + 1e-9) malformed(path, `the versor ${x} ${y} ${z} is longer than 1, so that it is no rotation`);
  return rotationOfQuaternion(x, y, z, Math.sqrt(Math.max(0, 1 - square)));
};

/** R = Rz·Rx·Ry, or Rz·Ry·Rx where the fourth fixed parameter, ComputeZYX, says so. */
const euler = (parameters: readonly number[], fixed: readonly number[]): Matrix3 => {
  const [x, y, z] = [
    rotation3([1, 0, 0], degrees(parameters[0] ?? 0)),
    rotation3([0, 1, 0], degrees(parameters[1] ?? 0)),
    rotation3([0, 0, 1], degrees(parameters[2] ?? 0)),
  ];
  return (fixed[3] ?? 0) === 0 ? multiply3(z, multiply3(x, y)) : multiply3(z, multiply3(y, x));
};

const affineClass: TransformClass = {
  kind: "affine",
  parameters: 12,
  fixed: [0, 3],
  read: (p) => ({ matrix: nine(p), translation: three(p, 9) }),
};

const classes: Readonly<Record<string, TransformClass>> = {
  IdentityTransform: {
    kind: "translation",
    parameters: 0,
    fixed: [0],
    read: () => ({ matrix: identity3, translation: zero3 }),
  },
  TranslationTransform: {
    kind: "translation",
    parameters: 3,
    fixed: [0],
    read: (p) => ({ matrix: identity3, translation: three(p, 0) }),
  },
  Euler3DTransform: {
    kind: "rigid",
    parameters: 6,
    fixed: [0, 3, 4],
    read: (p, fixed) => ({ matrix: euler(p, fixed), translation: three(p, 3) }),
  },
  VersorRigid3DTransform: {
    kind: "rigid",
    parameters: 6,
    fixed: [0, 3],
    read: (p, _, path) => ({ matrix: versor(three(p, 0), path), translation: three(p, 3) }),
  },
  Similarity3DTransform: {
    kind: "similarity",
    parameters: 7,
    fixed: [0, 3],
    read: (p, _, path) => ({ matrix: scale9(versor(three(p, 0), path), p[6] ?? 1), translation: three(p, 3) }),
  },
  AffineTransform: affineClass,
  // What ANTs writes.
  MatrixOffsetTransformBase: affineClass,
};

const composite = "CompositeTransform";

const readBlock = ({ type, parameters, fixed }: Block, path: string): Transform => {
  const found = Object.hasOwn(classes, type) ? classes[type] : undefined;
  if (found === undefined)
    return fail({
      kind: "UnsupportedFile",
      path,
      reason: `transforms of class ${type} are not read`,
      remedy: `there are ${Object.keys(classes).join(", ")}, and composites of these`,
    });
  if (parameters.length !== found.parameters)
    malformed(path, `${type} has ${found.parameters} parameters, found ${parameters.length}`);
  if (!found.fixed.includes(fixed.length))
    malformed(path, `${type} has ${found.fixed.join(" or ")} fixed parameters, found ${fixed.length}`);
  return { kind: found.kind, center: three(fixed, 0), ...found.read(parameters, fixed, path) };
};

/** The blocks of a file, in order. */
const blocksOf = (text: string, path: string): readonly Block[] => {
  const blocks: { type: string; parameters?: readonly number[]; fixed?: readonly number[] }[] = [];
  for (const [at, line] of text.split(/\r\n|\r|\n/).entries()) {
    if (/^\s*(#.*)?$/.test(line)) continue;
    const [, key, value = ""] = /^\s*(\w+)\s*:(.*)$/.exec(line) ?? [];
    const block = blocks.at(-1);
    if (key === "Transform") blocks.push({ type: typeOf(value.trim(), path) });
    else if (key === "Parameters" && block !== undefined && block.parameters === undefined)
      block.parameters = numbersIn(value, "Parameters", path);
    else if (key === "FixedParameters" && block !== undefined && block.fixed === undefined)
      block.fixed = numbersIn(value, "FixedParameters", path);
    else malformed(path, `line ${at + 1} says nothing that such a file may: "${line.trim().slice(0, 60)}"`);
  }
  return blocks.map(({ type, parameters, fixed = [] }) => ({
    type,
    parameters: parameters ?? (type === composite ? [] : malformed(path, `${type} has no line Parameters`)),
    fixed,
  }));
};

const typeOf = (name: string, path: string): string => {
  const [, type, from, to] = /^(\w+?)_(?:double|float)_(\d)_(\d)$/.exec(name) ?? [];
  if (type === undefined)
    return malformed(path, `"${name.slice(0, 60)}" is not the name of a transform, such as AffineTransform_double_3_3`);
  if (from !== "3" || to !== "3")
    return fail({
      kind: "UnsupportedFile",
      path,
      reason: `${name} is of ${from} dimensions`,
      remedy: "only transforms of three dimensions are read",
    });
  return type;
};

/** One transform, or a composite: the last of these is the first to be applied. */
const parse = (text: string, path: string): Transform => {
  const [first, ...others] = blocksOf(text, path);
  if (first === undefined) return malformed(path, "holds no transform");
  if (first.type !== composite) {
    if (others.length === 0) return readBlock(first, path);
    return fail({
      kind: "UnsupportedFile",
      path,
      reason: `holds ${others.length + 1} transforms and does not say how they belong together`,
      remedy: "save one of them, or a CompositeTransform",
    });
  }
  const parts = others.map((block) => readBlock(block, path));
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const map = parts.map(pointMapOf).reduce((all, part) => compose(all, part), identity<"world">());
  return transformOf(map, parts.at(-1)?.center ?? zero3);
};

interface Printed {
  readonly type: string;
  readonly parameters: readonly number[];
  readonly fixed: readonly number[];
}
const printers: Readonly<Record<TransformKind, (transform: Transform) => Printed>> = {
  translation: (t) => ({ type: "TranslationTransform", parameters: translationAbout(t, zero3), fixed: [] }),
  rigid: ({ matrix, translation, center }) => ({
    type: "VersorRigid3DTransform",
    parameters: [...quaternionOf(matrix).slice(0, 3), ...translation],
    fixed: center,
  }),
  similarity: ({ matrix, translation, center }) => {
    const scale = Math.cbrt(determinant3(matrix));
    const [x, y, z] = quaternionOf(scale9(matrix, 1 / scale));
    return { type: "Similarity3DTransform", parameters: [x, y, z, ...translation, scale], fixed: center };
  },
  affine: ({ matrix, translation, center }) => ({
    type: "AffineTransform",
    parameters: [...matrix, ...translation],
    fixed: center,
  }),
};

export const insightFormat: TransformFormat = {
  name: "Insight Transform File",
  suffixes: [".tfm"],
  recognizes: (text) => /^\s*#\s*Insight Transform File/i.test(text) || /^\s*Transform\s*:/m.test(text),
  parse,
  print: (transform) => {
    const { type, parameters, fixed } = printers[transform.kind](transform);
    return [
      "#Insight Transform File V1.0",
      "#Transform 0",
      `Transform: ${type}_double_3_3`,
      `Parameters: ${parameters.join(" ")}`,
      `FixedParameters: ${fixed.join(" ")}`,
      "",
    ].join("\n");
  },
};
