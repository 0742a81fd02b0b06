/**
 * Homogeneous 4×4 matrices as plain text, four numbers a line. They map points of the fixed image to the moving one in
 * LPS mm, as Insight transform files do; the text itself cannot say so.
 */
import { affineOf } from "../../../compiler/language/affine.ts";
import { type Vector3, zero3 } from "../../../compiler/language/vector.ts";
import { pointMapOf, transformOf } from "../../transform.ts";
import { malformed, numbersIn, type TransformFormat } from "./format.ts";

/** Lines that are not comments. */
const linesOf = (text: string): readonly string[] =>
  text.split(/\r\n|\r|\n/).filter((line) => !/^\s*([#%].*)?$/.test(line));

export const matrixFormat: TransformFormat = {
  name: "4×4 matrix",
  suffixes: [".txt", ".mat"],
  recognizes: (text) =>
    linesOf(text).every((line) => /^[\s\d.,eE+\-a-zA-Z]+$/.test(line) && /^[\s,]*[-+.\d]/.test(line)),
  parse: (text, path) => {
    const rows = linesOf(text).map((line, k) => numbersIn(line, `row ${k + 1}`, path));
    const flat = rows.length === 1 ? [0, 4, 8, 12].map((at) => (rows[0] ?? []).slice(at, at + 4)) : rows;
    const count = rows.reduce((sum, row) => sum + row.length, 0);
    const [a, b, c, last] = flat;
    if (flat.length !== 4 || count !== 16 || !flat.every((row) => row.length === 4))
      return malformed(path, `expected four rows of four numbers, found ${rows.map((row) => row.length).join(" + ")}`);
    if (![0, 0, 0, 1].every((n, k) => Math.abs((last?.[k] ?? Number.NaN) - n) <= 1e-9))
      return malformed(path, `the last row is ${last?.join(" ")}, so that it is no affine map`, "let it be 0 0 0 1");
    const [x, y, z] = [a, b, c].map((row): Vector3 => [row?.[0] ?? 0, row?.[1] ?? 0, row?.[2] ?? 0]);
    const offset: Vector3 = [a?.[3] ?? 0, b?.[3] ?? 0, c?.[3] ?? 0];
    return transformOf(affineOf([...(x ?? zero3), ...(y ?? zero3), ...(z ?? zero3)], offset));
  },
  print: (transform) => {
    const { linear: m, offset } = pointMapOf(transform);
    return `${[
      [m[0], m[1], m[2], offset[0]],
      [m[3], m[4], m[5], offset[1]],
      [m[6], m[7], m[8], offset[2]],
      [0, 0, 0, 1],
    ]
      .map((row) => row.join(" "))
      .join("\n")}\n`;
  },
};
