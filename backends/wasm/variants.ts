/**
 * A body that selects by regions, taken apart: along a stretch of a row that lies wholly in or out of each
 * region the body is a smaller one without them, and the inner loop computes just that.
 */

import type { Scalar } from "../../compiler/language/scalar.ts";
import * as scalar from "../../compiler/language/scalar.ts";

export interface Variants<B = Scalar> {
  /** The different bodies, or sets of bodies, free of regions. */
  readonly bodies: readonly B[];
  /** For each set of regions that hold (bit k: region k), what is due. */
  readonly choice: Uint8Array;
}

/** More regions than this make more stretches than are worth a loop each. */
export const mostRegions = 8;

export const variantsOf = (body: Scalar, regions: number): Variants => {
  const { bodies, choice } = variantsOfAll([body], regions);
  return { bodies: bodies.flat(), choice };
};

/** As {@link variantsOf}, for bodies that are computed together. */
export const variantsOfAll = (all: readonly Scalar[], regions: number): Variants<readonly Scalar[]> => {
  const bodies: (readonly Scalar[])[] = [];
  const choice = Uint8Array.from({ length: 1 << regions }, (_, held) => {
    const due = all.map((body) => resolve(body, held));
    const known = bodies.findIndex((other) => other.every((body, k) => body === due[k]));
    return known >= 0 ? known : bodies.push(due) - 1;
  });
  return { bodies, choice };
};

/** The body where exactly the regions in `held` hold. */
const resolve = (body: Scalar, held: number): Scalar => {
  const known = new Map<Scalar, Scalar>();
  const go = (s: Scalar): Scalar => {
    const done = known.get(s) ?? step(s);
    known.set(s, done);
    return done;
  };
  const step = (s: Scalar): Scalar => {
    switch (s.kind) {
      case "inside":
        return scalar.constant((held >> s.region) & 1);
      case "unary":
        return scalar.unary(s.operator, go(s.a));
      case "binary":
        return scalar.binary(s.operator, go(s.a), go(s.b));
      case "select": {
        const condition = go(s.condition);
        if (condition.kind === "const") return go(condition.value !== 0 ? s.then : s.otherwise);
        return scalar.select(condition, go(s.then), go(s.otherwise));
      }
      default:
        return s;
    }
  };
  return go(body);
};
