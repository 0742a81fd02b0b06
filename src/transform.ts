/**
 * What a registration finds, and what transform files hold: a map from the world of one image to that of another,
 * in the words of ITK. It maps *points*, from the fixed image to the moving one; content moves the other way.
 */
import {
  type Affine,
  about,
  affineOf,
  fixed,
  invert,
  isInvertible,
  transformPoint,
} from "../compiler/language/affine.ts";
import {
  apply3,
  at,
  determinant3,
  type Matrix3,
  matrix,
  multiply3,
  scale9,
  subtract,
  transpose3,
  type Vector3,
  zero3,
} from "../compiler/language/vector.ts";

/** From the least free to the freest: each is also one of those after it. */
export const transformKinds = ["translation", "rigid", "similarity", "affine"] as const;
export type TransformKind = (typeof transformKinds)[number];

/**
 * q = matrix · (p − center) + center + translation, which maps a point p of the fixed image to the point q of the
 * moving image that shows the same, as ITK and Slicer have it. World points are LPS mm; `matrix` is row-major.
 */
export interface Transform {
  readonly kind: TransformKind;
  readonly matrix: Matrix3;
  readonly translation: Vector3;
  readonly center: Vector3;
}

/** The transform as a map of points: fixed to moving. */
export const pointMapOf = ({ matrix: linear, translation, center }: Transform): Affine<"world", "world"> =>
  about(fixed(center), affineOf(linear, zero3), fixed(translation));

/** How the content of the moving image has to move to lie on the fixed one: the inverse, for `transform`. */
export const contentMapOf = (transform: Transform): { readonly matrix: Matrix3; readonly offset: Vector3 } => {
  const { linear, offset } = invert(pointMapOf(transform));
  return { matrix: linear, offset };
};

/** A map of points as a transform about `center`; its kind is the least that it is, unless said. */
export const transformOf = (
  map: Affine<"world", "world">,
  center: Vector3 = zero3,
  kind: TransformKind = kindOf(map.linear),
): Transform => ({
  kind,
  matrix: map.linear,
  translation: subtract(transformPoint(map, center), center),
  center,
});

/** The transform the other way round: from the moving image to the fixed one. */
export const inverseTransform = (transform: Transform): Transform =>
  transformOf(invert(pointMapOf(transform)), transform.center, transform.kind);

/** What is wrong with a transform, in words; nothing when it can be used. */
export const transformProblem = (transform: Transform): string | undefined =>
  isInvertible(pointMapOf(transform)) ? undefined : "its matrix is singular: it flattens space";

/** The least kind that a matrix is, to `tolerance`. */
export const kindOf = (linear: Matrix3, tolerance = 1e-6): TransformKind => {
  const isNear = (a: Matrix3, b: Matrix3): boolean => a.every((entry, k) => Math.abs(entry - (b[k] ?? 0)) <= tolerance);
  const identity = matrix((r, c) => (r === c ? 1 : 0));
  if (isNear(linear, identity)) return "translation";
  const factor = Math.cbrt(determinant3(linear));
  if (!(factor > 0)) return "affine";
  const turn = scale9(linear, 1 / factor);
  if (!isNear(multiply3(turn, transpose3(turn)), identity)) return "affine";
  return Math.abs(factor - 1) <= tolerance ? "rigid" : "similarity";
};

/** The unit quaternion [x, y, z, w] of a rotation, w ≥ 0, by Shepperd's choice of the largest component. */
export const quaternionOf = (turn: Matrix3): readonly [x: number, y: number, z: number, w: number] => {
  const [xx, yy, zz] = [at(turn, 0, 0), at(turn, 1, 1), at(turn, 2, 2)];
  const squares = [1 + xx - yy - zz, 1 - xx + yy - zz, 1 - xx - yy + zz, 1 + xx + yy + zz] as const;
  const skew: Vector3 = [
    at(turn, 2, 1) - at(turn, 1, 2),
    at(turn, 0, 2) - at(turn, 2, 0),
    at(turn, 1, 0) - at(turn, 0, 1),
  ];
  const both = (r: 0 | 1 | 2, c: 0 | 1 | 2): number => at(turn, r, c) + at(turn, c, r);
  const candidates: readonly (readonly [number, number, number, number])[] = [
    [squares[0], both(0, 1), both(0, 2), skew[0]],
    [both(0, 1), squares[1], both(1, 2), skew[1]],
    [both(0, 2), both(1, 2), squares[2], skew[2]],
    [skew[0], skew[1], skew[2], squares[3]],
  ];
  const best = squares.indexOf(Math.max(...squares));
  const [x, y, z, w] = candidates[best] ?? [0, 0, 0, 1];
  const length = Math.hypot(x, y, z, w) * (w < 0 ? -1 : 1);
  return [x / length, y / length, z / length, w / length];
};

/** The rotation of a unit quaternion. */
export const rotationOfQuaternion = (x: number, y: number, z: number, w: number): Matrix3 => [
  1 - 2 * (y * y + z * z),
  2 * (x * y - z * w),
  2 * (x * z + y * w),
  2 * (x * y + z * w),
  1 - 2 * (x * x + z * z),
  2 * (y * z - x * w),
  2 * (x * z - y * w),
  2 * (y * z + x * w),
  1 - 2 * (x * x + y * y),
];

/** The translation that a map of points has about another centre. */
export const translationAbout = ({ matrix: linear, translation, center }: Transform, other: Vector3): Vector3 => {
  const away = subtract(other, center);
  const moved = apply3(linear, away);
  return [
    translation[0] + moved[0] - away[0],
    translation[1] + moved[1] - away[1],
    translation[2] + moved[2] - away[2],
  ];
};
