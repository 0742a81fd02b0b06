/**
 * AnatomicalOrientation of MetaIO: for each axis the side that it comes from, `RAI` for axes that run to the left, to
 * the back and up. Where a header has a TransformMatrix, that says more.
 */
import { type Matrix3, matrix } from "../../../compiler/language/vector.ts";
import { parseOrientation } from "../../orientation.ts";

const opposite: Readonly<Record<string, string>> = { R: "L", L: "R", A: "P", P: "A", I: "S", S: "I" };

/** The letters of the sides that axes come from for those that they run to, and the other way round. */
export const turnedRound = (code: string): string =>
  [...code.toUpperCase()].map((letter) => opposite[letter] ?? letter).join("");

/** The directions of axes that come from these sides; nothing where the letters are no code. */
export const directionFrom = (code: string): Matrix3 | undefined => {
  const found = parseOrientation(turnedRound(code));
  return found === undefined ? undefined : matrix((r, c) => (found.world[c] === r ? (found.sign[c] as number) : 0));
};
