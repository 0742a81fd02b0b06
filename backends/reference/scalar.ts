/** Evaluates a body for one voxel, as a tree of closures over the state of the loop. */

import { type KeyWords, wordsOf } from "../../compiler/language/random.ts";
import { binaryOperators, type Lookup, type Scalar, unaryOperators, usesIn } from "../../compiler/language/scalar.ts";
import type { Axis } from "../../compiler/language/vector.ts";
import { exactNumber } from "../../compiler/language/voxels.ts";

/** Whole voxels of 64 bits travel as BigInt as long as they are only moved. */
export type Element = number | bigint;

/** Where the loop stands: what the leaves of a body ask for. */
export interface VoxelState {
  readonly tap: (index: number) => Element;
  readonly slope: (index: number, axis: Axis) => number;
  readonly inside: (region: number) => boolean;
  readonly background: (buffer: number) => number;
  readonly random: (key: KeyWords) => number;
  readonly lookup: (buffer: number, row: number, column: number, weights: Lookup["weights"]) => number;
}

export const evaluator = (body: Scalar, state: VoxelState): (() => Element) => {
  const known = new Map<Scalar, () => Element>();
  let voxel = 0;
  const of = (s: Scalar): (() => Element) => {
    const made = known.get(s) ?? (isShared(s) ? oncePerVoxel(make(s)) : make(s));
    known.set(s, made);
    return made;
  };
  const uses = usesIn(body);
  const isShared = (s: Scalar): boolean => s.kind !== "const" && (uses.get(s) ?? 0) > 1;
  const oncePerVoxel = (compute: () => Element): (() => Element) => {
    let at = -1;
    let value: Element = 0;
    return () => {
      if (at !== voxel) {
        value = compute();
        at = voxel;
      }
      return value;
    };
  };
  const make = (s: Scalar): (() => Element) => {
    switch (s.kind) {
      case "const":
        return () => s.value;
      case "tap":
        return () => state.tap(s.index);
      case "slope":
        return () => state.slope(s.index, s.axis);
      case "inside":
        return () => (state.inside(s.region) ? 1 : 0);
      case "background":
        return () => state.background(s.buffer);
      case "random": {
        const key = wordsOf(s);
        return () => state.random(key);
      }
      case "lookup": {
        const row = of(s.row);
        const column = of(s.column);
        return () => state.lookup(s.buffer, exactNumber(row()), exactNumber(column()), s.weights);
      }
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
        return () => (exactNumber(condition()) !== 0 ? then() : otherwise());
      }
    }
  };
  const root = of(body);
  return () => {
    voxel++;
    return root();
  };
};
