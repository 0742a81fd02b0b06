/**
 * What a registration found in numbers that people know: how far it turns, stretches, shears and shifts. They are those
 * of the operation `affine`, of which the matrix is their product R·Sh·S.
 */
import { type Affine, transformPoint } from "../../compiler/language/affine.ts";
import {
  at,
  column,
  dot,
  type Matrix3,
  multiply3,
  norm,
  subtract,
  transpose3,
  type Vector3,
  vector,
} from "../../compiler/language/vector.ts";

/**
 * How the content of the moving image moves to lie on the fixed one: p ↦ c + t + R·Sh·S·(p − c), c the centre of the
 * fixed grid. What may not move stands at rest, at 0, and scales at 1.
 */
export interface Movement {
  /** Degrees about the world axis x, right-handed; R = Rz·Ry·Rx. */
  readonly rotateX: number;
  readonly rotateY: number;
  readonly rotateZ: number;
  /** Factors along the world axes; over 1 enlarges. That along z is negative where the movement mirrors. */
  readonly scaleX: number;
  readonly scaleY: number;
  readonly scaleZ: number;
  /** mm along x per mm along y, and so on: Sh = [[1, xy, xz], [0, 1, yz], [0, 0, 1]]. */
  readonly shearXY: number;
  readonly shearXZ: number;
  readonly shearYZ: number;
  /** mm along the world axes (LPS). */
  readonly translateX: number;
  readonly translateY: number;
  readonly translateZ: number;
}

const degrees = (radians: number): number => (radians * 180) / Math.PI;

/** The numbers of a map of content about `center`. */
export const movementOf = (content: Affine<"world", "world">, center: Vector3): Movement => {
  const turn = turnIn(content.linear);
  // What is left of the matrix without its turn is Sh·S, upper triangular with the scales on its diagonal.
  const rest = multiply3(transpose3(turn), content.linear);
  const [scaleX, scaleY, scaleZ] = [at(rest, 0, 0), at(rest, 1, 1), at(rest, 2, 2)];
  const [translateX, translateY, translateZ] = subtract(transformPoint(content, center), center);
  const [rotateX, rotateY, rotateZ] = anglesOf(turn);
  return {
    rotateX,
    rotateY,
    rotateZ,
    scaleX,
    scaleY,
    scaleZ,
    shearXY: at(rest, 0, 1) / scaleY,
    shearXZ: at(rest, 0, 2) / scaleZ,
    shearYZ: at(rest, 1, 2) / scaleZ,
    translateX,
    translateY,
    translateZ,
  };
};

/** The rotation R of R·Sh·S: its columns are those of the matrix made orthonormal one after the other, by Gram and Schmidt. */
const turnIn = (linear: Matrix3): Matrix3 => {
  const x = unit(column(linear, 0));
  const along = column(linear, 1);
  const shared = dot(x, along);
  const y = unit(vector((k) => along[k] - shared * x[k]));
  const z = cross(x, y);
  return [x[0], y[0], z[0], x[1], y[1], z[1], x[2], y[2], z[2]];
};

/** The degrees about x, y and z of Rz·Ry·Rx. Where y is turned by ±90° the other two are one turn, which is given to z. */
const anglesOf = (turn: Matrix3): Vector3 => {
  const level = Math.hypot(at(turn, 0, 0), at(turn, 1, 0));
  const y = Math.atan2(-at(turn, 2, 0), level);
  const [x, z] =
    level > 1e-9
      ? [Math.atan2(at(turn, 2, 1), at(turn, 2, 2)), Math.atan2(at(turn, 1, 0), at(turn, 0, 0))]
      : [0, Math.atan2(-at(turn, 0, 1), at(turn, 1, 1))];
  return [degrees(x), degrees(y), degrees(z)];
};

const unit = (v: Vector3): Vector3 => {
  const length = norm(v);
  return vector((k) => v[k] / length);
};
const cross = (a: Vector3, b: Vector3): Vector3 => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
