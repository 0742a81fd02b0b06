/** Transforms as JSON: the numbers under their names, and what they mean beside them. */
import { isLeft } from "fp-ts/lib/Either.js";
import * as t from "io-ts";
import { showError } from "../../json.ts";
import { matrix3, oneOf, vector3 } from "../../ops/codecs.ts";
import { kindOf, type Transform, type TransformKind, transformKinds } from "../../transform.ts";
import { malformed, type TransformFormat } from "./format.ts";

const transformCodec: t.Type<Transform> = t.type(
  {
    kind: oneOf<TransformKind>(`one of ${transformKinds.join(", ")}`, transformKinds),
    matrix: matrix3,
    translation: vector3,
    center: vector3,
  },
  "a transform",
);

const isObject = (u: unknown): u is Readonly<Record<string, unknown>> =>
  typeof u === "object" && u !== null && !Array.isArray(u);

const objectIn = (text: string, path: string): Readonly<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ""));
    return isObject(value) ? value : malformed(path, "is JSON, but not an object");
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown;
    return malformed(path, `is not JSON: ${thrown.message}`);
  }
};

export const jsonFormat: TransformFormat = {
  name: "JSON",
  suffixes: [".json"],
  recognizes: (text) => /^\uFEFF?\s*[{[]/.test(text),
  parse: (text, path) => {
    const document = objectIn(text, path);
    if (document.medimages !== 1) return malformed(path, 'field "medimages": expected 1, the version of the format');
    if (document.steps !== undefined) return malformed(path, "is a pipeline, not a transform", "give it as a pipeline");
    const decoded = transformCodec.decode(document.transform);
    if (isLeft(decoded)) return malformed(path, `transform: ${decoded.left.map(showError).join("; ")}`);
    const { kind, matrix } = decoded.right;
    const least = kindOf(matrix, 1e-4);
    if (transformKinds.indexOf(least) > transformKinds.indexOf(kind))
      return malformed(path, `says that its matrix is ${kind}, but it is ${least}`, `say kind: "${least}"`);
    const { translation, center } = decoded.right;
    return { kind, matrix, translation, center };
  },
  print: ({ kind, matrix, translation, center }) =>
    `${JSON.stringify(
      {
        medimages: 1,
        about: "fixed point p to moving point matrix (p - center) + center + translation, LPS mm, row-major",
        transform: { kind, matrix, translation, center },
      },
      undefined,
      2,
    )}\n`,
};
