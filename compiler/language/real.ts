/**
 * Numbers that may be parameters: wherever an operation takes one, the result can be differentiated by it. The
 * elementary maps here know how they change with theirs; composition does the rest of the chain rule.
 */
import { type Affine, affineOf, type Point, type Tangent, type Tangents } from "./affine.ts";
import { constant, type Parameter, parameter, type Scalar } from "./scalar.ts";
import {
  at,
  axes,
  identity3,
  type Matrix3,
  matrix,
  multiply3,
  norm,
  rotation3,
  type Vector3,
  vector,
  zero3,
  zero9,
} from "./vector.ts";

/** A number, or one with a name to differentiate by. */
export type Real = number | Parameter;
export type RealVector3 = readonly [x: Real, y: Real, z: Real];
/** Nine numbers, row-major. */
export type RealMatrix3 = readonly [
  xx: Real,
  xy: Real,
  xz: Real,
  yx: Real,
  yy: Real,
  yz: Real,
  zx: Real,
  zy: Real,
  zz: Real,
];

/**
 * A number named `name` that gradients can be taken by. Stands wherever an operation takes an angle, a factor, a
 * shift or a coefficient, and in bodies of `map`. Parameters of one name in one expression must have one value.
 */
export const param = (name: string, value: number): Parameter => parameter(name, value);

export const numberOf = (real: Real): number => (typeof real === "number" ? real : real.value);
export const numbersOf = (reals: RealVector3): Vector3 => [numberOf(reals[0]), numberOf(reals[1]), numberOf(reals[2])];
export const matrixOf = (reals: RealMatrix3): Matrix3 => mapOf(reals, zero3).linear;
export const scalarOf = (real: Real): Scalar => (typeof real === "number" ? constant(real) : real);

/** Whether a number is a parameter. */
export const isParameter = (u: unknown): u is Parameter =>
  typeof u === "object" && u !== null && "kind" in u && u.kind === "const" && "parameter" in u;

type World = Affine<"world", "world">;
const tangentsOf = (real: Real, tangent: Tangent): Tangents =>
  typeof real === "number" ? new Map() : new Map([[real.parameter, tangent]]);

/** The right-handed rotation by `degrees` about an axis through the origin; its derivative is [u]ₓ R, per degree. */
export const rotationBy = (axis: Vector3, degrees: Real): World => {
  const linear = rotation3(axis, numberOf(degrees));
  const length = norm(axis);
  const [x, y, z] = vector((k) => ((axis[k] / length) * Math.PI) / 180);
  const turn: Matrix3 = [0, -z, y, z, 0, -x, -y, x, 0];
  return affineOf(linear, zero3, tangentsOf(degrees, { linear: multiply3(turn, linear), offset: zero3 }));
};

const still: Tangent = { linear: zero9, offset: zero3 };

/** p ↦ linear · p + offset from twelve numbers, row-major, with what each parameter among them does. */
export const mapOf = (linear: RealMatrix3, offset: RealVector3): World => {
  const tangents = new Map<string, Tangent>();
  const add = (real: Real, grow: (tangent: Tangent) => Tangent): void => {
    if (typeof real !== "number") tangents.set(real.parameter, grow(tangents.get(real.parameter) ?? still));
  };
  for (const row of axes) {
    add(offset[row], (d) => ({ ...d, offset: vector((k) => d.offset[k] + (k === row ? 1 : 0)) }));
    for (const column of axes)
      add(linear[row * 3 + column] ?? 0, (d) => ({
        ...d,
        linear: matrix((r, c) => at(d.linear, r, c) + (r === row && c === column ? 1 : 0)),
      }));
  }
  return affineOf(
    matrix((r, c) => numberOf(linear[r * 3 + c] ?? 0)),
    numbersOf(offset),
    tangents,
  );
};

export const scalingBy = ([x, y, z]: RealVector3): World => mapOf([x, 0, 0, 0, y, 0, 0, 0, z], zero3);

/** [[1, xy, xz], [0, 1, yz], [0, 0, 1]]. */
export const shearBy = ([xy, xz, yz]: RealVector3): World => mapOf([1, xy, xz, 0, 1, yz, 0, 0, 1], zero3);

/** A point or shift of three numbers, each of which may be a parameter. */
export const pointOf = (reals: RealVector3): Point => {
  const { offset, tangents } = mapOf(identity3, reals);
  return tangents === undefined ? { at: offset } : { at: offset, tangents };
};
