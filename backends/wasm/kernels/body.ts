/** The scalar language on four voxels at a time. */
import type { BinaryOperator, Lookup, Random, Scalar, UnaryOperator } from "../../../compiler/language/scalar.ts";
import type { Axis } from "../../../compiler/language/vector.ts";
import type { F, V128 } from "./context.ts";
import { expOf, logOf, powOf } from "./functions.ts";

/** Where the leaves of a body come from. */
export interface Leaves {
  readonly tap: (index: number) => V128;
  /** Absent in kernels that take no gradients. */
  readonly slope?: (index: number, axis: Axis) => V128;
  /** As `slope`. */
  readonly lookup?: (of: Lookup, row: V128, column: V128) => V128;
  readonly constant: (value: number) => V128;
  readonly background: (buffer: number) => V128;
  readonly random: (of: Random) => V128;
}

/** What only kernels of gradients have was asked of another. */
export const noGradients = (): never => {
  throw new RangeError("this kernel takes no gradients");
};

/** A body's value for four voxels. */
export const emitBody = (f: F, body: Scalar, leaves: Leaves): V128 => emitBodies(f, [body], leaves)[0] as V128;

/** The values of bodies for four voxels; parts that are used twice are computed once. */
export const emitBodies = (f: F, bodies: readonly Scalar[], leaves: Leaves): readonly V128[] => {
  const known = new Map<Scalar, V128>();
  const of = (s: Scalar): V128 => {
    const done = known.get(s);
    if (done !== undefined) return done;
    const value = s.kind === "const" || s.kind === "background" ? make(s) : f.keep(make(s));
    known.set(s, value);
    return value;
  };
  const make = (s: Scalar): V128 => {
    switch (s.kind) {
      case "const":
        return leaves.constant(s.value);
      case "tap":
        return leaves.tap(s.index);
      case "slope":
        return (leaves.slope ?? noGradients)(s.index, s.axis);
      case "background":
        return leaves.background(s.buffer);
      case "random":
        return leaves.random(s);
      case "lookup":
        return (leaves.lookup ?? noGradients)(s, of(s.row), of(s.column));
      case "inside":
        throw new RangeError("regions are resolved before a body is emitted");
      case "unary":
        return unary[s.operator](f, of(s.a));
      case "binary":
        return binary[s.operator](f, of(s.a), of(s.b));
      case "select": {
        const holds = f.f32x4.ne(of(s.condition), f.f32x4.splat(0));
        return f.v128.bitselect(of(s.then), of(s.otherwise), holds);
      }
    }
  };
  return bodies.map(of);
};

const unary: Readonly<Record<UnaryOperator, (f: F, a: V128) => V128>> = {
  neg: (f, a) => f.f32x4.neg(a),
  abs: (f, a) => f.f32x4.abs(a),
  sqrt: (f, a) => f.f32x4.sqrt(a),
  floor: (f, a) => f.f32x4.floor(a),
  exp: (f, x) => expOf(f, f.keep(x)),
  log: (f, x) => logOf(f, f.keep(x)),
};

const binary: Readonly<Record<BinaryOperator, (f: F, a: V128, b: V128) => V128>> = {
  add: (f, a, b) => f.f32x4.add(a, b),
  sub: (f, a, b) => f.f32x4.sub(a, b),
  mul: (f, a, b) => f.f32x4.mul(a, b),
  div: (f, a, b) => f.f32x4.div(a, b),
  min: (f, a, b) => f.f32x4.min(a, b),
  max: (f, a, b) => f.f32x4.max(a, b),
  pow: (f, a, b) => powOf(f, f.keep(a), f.keep(b)),
  less: (f, a, b) => f.v128.and(f.f32x4.lt(a, b), f.f32x4.splat(1)),
};
