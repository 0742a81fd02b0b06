/** Evaluates a body for one voxel, as a tree of closures over the state of the loop. */

import { fail } from "../../compiler/errors.ts";
import { binaryOperators, type Scalar, unaryOperators } from "../../compiler/language/scalar.ts";

/** Whole voxels of 64 bits travel as BigInt as long as they are only moved. */
export type Element = number | bigint;

/** Where the loop stands: what the leaves of a body ask for. */
export interface VoxelState {
  readonly tap: (index: number) => Element;
  readonly inside: (region: number) => boolean;
  readonly background: (buffer: number) => number;
}

export const evaluator = (body: Scalar, state: VoxelState): (() => Element) => {
  const known = new Map<Scalar, () => Element>();
  const of = (s: Scalar): (() => Element) => {
    const made = known.get(s) ?? make(s);
    known.set(s, made);
    return made;
  };
  const make = (s: Scalar): (() => Element) => {
    switch (s.kind) {
      case "const":
        return () => s.value;
      case "tap":
        return () => state.tap(s.index);
      case "inside":
        return () => (state.inside(s.region) ? 1 : 0);
      case "background":
        return () => state.background(s.buffer);
      case "unary": {
        const operator = unaryOperators[s.operator];
        const a = of(s.a);
        return () => operator(exactNumber(a()));
      }
      case "binary": {
        const operator = binaryOperators[s.operator];
        const a = of(s.a);
        const b = of(s.b);
        return () => operator(exactNumber(a()), exactNumber(b()));
      }
      case "select": {
        const condition = of(s.condition);
        const then = of(s.then);
        const otherwise = of(s.otherwise);
        return () => (condition() ? then() : otherwise());
      }
    }
  };
  return of(body);
};

/** An element as a float64. @throws MedImagesError `UnsupportedVoxels` for integers that float64 does not hold. */
export const exactNumber = (element: Element): number => {
  if (typeof element === "number") return element;
  const number = Number(element);
  return Number.isSafeInteger(number)
    ? number
    : fail({
        kind: "UnsupportedVoxels",
        reason: `the voxel ${element} lies beyond 2^53, where arithmetic in float64 is not exact`,
        remedy: "only crop, pad, flip, reorient or translate such an image, or rescale it first",
      });
};
