/**
 * Makes passes smaller without changing a value: constants are folded, regions that hold everywhere,
 * nowhere, or only where another already holds are resolved, and taps and regions that nothing uses go.
 */
import { compose, invert, isInvertible, transformPoint } from "./language/affine.ts";
import type { Scalar } from "./language/scalar.ts";
import * as scalar from "./language/scalar.ts";
import { axes, type Vector3, vector } from "./language/vector.ts";
import type { Buffer, Gather, GradientPass, Look, Plan, Region } from "./plan.ts";
import { domainOf, readsOf } from "./plan.ts";
import { coverage, withinExtent } from "./region.ts";
import { tieTolerance } from "./stencil.ts";

export const simplify = (plan: Plan): Plan => {
  const passes = plan.passes.map((pass) => (pass.kind === "gather" ? simplifyGather(pass, plan.buffers) : pass));
  return { ...plan, passes: withoutUnread(passes, [plan.result]) };
};

export const simplifyGather = (pass: Gather, buffers: readonly Buffer[]): Gather => {
  const { look, bodies } = simplifyLook(pass, [pass.body], domainOf(pass, buffers).size);
  return { ...pass, ...look, body: bodies[0] ?? pass.body };
};

export interface Simplified {
  readonly look: Look;
  readonly bodies: readonly Scalar[];
}

/** Bodies and what they look at, over a domain of `size`. */
export const simplifyLook = (look: Look, bodies: readonly Scalar[], size: Vector3): Simplified => {
  const everywhere = look.regions.map((region) => coverage(region, size));
  return dropUnused(
    look,
    bodies.map((body) => simplifyScalar(body, look.regions, everywhere)),
  );
};

/** Walks down with what is known: the regions that the path has already found the voxel to be in. */
const simplifyScalar = (
  body: Scalar,
  regions: readonly Region[],
  everywhere: readonly ("all" | "none" | "some")[],
): Scalar => {
  const contains = memoizePair((outer, inner) => containsRegion(regions[outer] as Region, regions[inner] as Region));
  const known = new Map<string, Map<Scalar, Scalar>>();
  /** Parts are shared, so each is looked at once for each set of regions that it is known to be in. */
  const go = (s: Scalar, within: readonly number[]): Scalar => {
    const key = within.join();
    const here = known.get(key) ?? new Map<Scalar, Scalar>();
    known.set(key, here);
    const result = here.get(s) ?? step(s, within);
    here.set(s, result);
    return result;
  };
  const step = (s: Scalar, within: readonly number[]): Scalar => {
    switch (s.kind) {
      case "unary": {
        const a = go(s.a, within);
        return isFixed(a) ? scalar.constant(scalar.unaryOperators[s.operator](a.value)) : scalar.unary(s.operator, a);
      }
      case "binary": {
        const a = go(s.a, within);
        const b = go(s.b, within);
        return isFixed(a) && isFixed(b)
          ? scalar.constant(scalar.binaryOperators[s.operator](a.value, b.value))
          : scalar.binary(s.operator, a, b);
      }
      case "inside": {
        const known = everywhere[s.region];
        if (known === "all" || within.some((r) => r === s.region || contains(s.region, r))) return scalar.constant(1);
        return known === "none" ? scalar.constant(0) : s;
      }
      case "select": {
        const condition = go(s.condition, within);
        if (isFixed(condition)) return go(condition.value !== 0 ? s.then : s.otherwise, within);
        const inner =
          condition.kind === "inside" && !within.includes(condition.region) ? [...within, condition.region] : within;
        const then = go(s.then, inner);
        const otherwise = go(s.otherwise, within);
        return then === otherwise ? then : scalar.select(condition, then, otherwise);
      }
      case "lookup":
        return scalar.lookup(s.buffer, go(s.row, within), go(s.column, within), s.weights);
      case "const":
      case "tap":
      case "channel":
      case "slope":
      case "background":
        return s;
    }
  };
  return go(body, []);
};

/** A constant that is no parameter. */
const isFixed = (s: Scalar): s is scalar.Const => s.kind === "const" && s.parameter === undefined;

/** Whether every point inside `inner` is inside `outer`, whatever the output: by the corners of its box. */
const containsRegion = (outer: Region, inner: Region): boolean => {
  if (!isInvertible(inner.pull)) return false;
  const across = compose(outer.pull, invert(inner.pull));
  return [0, 1, 2, 3, 4, 5, 6, 7].every((bits) => {
    const corner = vector((k) => ((bits >> k) & 1 ? inner.size[k] - 0.5 : -0.5));
    const there = transformPoint(across, corner);
    // The upper face of a box is open: a corner on it may lie on the outer's upper face.
    return axes.every(
      (k) => withinExtent(there[k], outer.size[k]) || Math.abs(there[k] - (outer.size[k] - 0.5)) <= tieTolerance,
    );
  });
};

const memoizePair = (of: (a: number, b: number) => boolean): ((a: number, b: number) => boolean) => {
  const known = new Map<string, boolean>();
  return (a, b) => {
    const key = `${a} ${b}`;
    const value = known.get(key) ?? of(a, b);
    known.set(key, value);
    return value;
  };
};

const dropUnused = ({ taps, regions }: Look, bodies: readonly Scalar[]): Simplified => {
  const nodes = bodies.flatMap(scalar.nodesOf);
  const usedTaps = numbersIn(nodes.flatMap((s) => (s.kind === "tap" || s.kind === "slope" ? [s.index] : [])));
  const usedRegions = numbersIn(nodes.flatMap((s) => (s.kind === "inside" ? [s.region] : [])));
  const renumbered = (body: Scalar): Scalar =>
    scalar.replaceLeaves(body, (leaf) => {
      if (leaf.kind === "tap") return scalar.tap(usedTaps.get(leaf.index) ?? 0);
      if (leaf.kind === "slope") return scalar.slope(usedTaps.get(leaf.index) ?? 0, leaf.axis);
      if (leaf.kind === "inside") return scalar.inside(usedRegions.get(leaf.region) ?? 0);
      return undefined;
    });
  return {
    look: {
      taps: taps.filter((_, k) => usedTaps.has(k)),
      regions: regions.filter((_, k) => usedRegions.has(k)),
    },
    bodies: bodies.map(renumbered),
  };
};

/** Old number → new number, in order. */
const numbersIn = (used: readonly number[]): ReadonlyMap<number, number> =>
  new Map([...new Set(used)].sort((a, b) => a - b).map((old, fresh) => [old, fresh]));

/** Drops passes whose output nothing reads, from the last to the first. */
export const withoutUnread = <P extends GradientPass>(
  passes: readonly P[],
  results: readonly number[],
): readonly P[] => {
  const needed = new Set(results);
  const kept = [...passes].reverse().filter((pass) => {
    if (!needed.has(pass.output)) return false;
    for (const buffer of readsOf(pass)) needed.add(buffer);
    return true;
  });
  return kept.reverse();
};
