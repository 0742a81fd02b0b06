/**
 * Rotations as NIfTI's qform keeps them: the last three parts of a unit quaternion whose first is not
 * negative, and a sign for the third axis (qfac), since a quaternion alone cannot mirror.
 */
import { column, determinant3, dot, type Matrix3, matrix, type Vector3 } from "../../../compiler/language/vector.ts";

export interface Quaternion {
  readonly bcd: Vector3;
  readonly qfac: 1 | -1;
}

/** How far b² + c² + d² may be over 1 before it is more than rounding to float32. */
const unitTolerance = 1e-5;

export const isUnit = ([b, c, d]: Vector3): boolean => b * b + c * c + d * d <= 1 + unitTolerance;

/**
 * Below this, a² is rounding: near half turns float32 leaves a off by 3e-4, which would turn an image that
 * is not oblique at all. The reference implementation (nifti1_io.c) draws the same line.
 */
const halfTurn = 1e-7;

/** The rotation, its third column multiplied by qfac. Parts that are too long are brought to length 1. */
export const quaternionToMatrix = ({ bcd, qfac }: Quaternion): Matrix3 => {
  const square = dot(bcd, bcd);
  const a = 1 - square < halfTurn ? 0 : Math.sqrt(1 - square);
  const s = 2 / (a * a + square);
  const [b, c, d] = bcd;
  return [
    1 - s * (c * c + d * d),
    s * (b * c - a * d),
    qfac * s * (b * d + a * c),
    s * (b * c + a * d),
    1 - s * (b * b + d * d),
    qfac * s * (c * d - a * b),
    s * (b * d - a * c),
    s * (c * d + a * b),
    qfac * (1 - s * (b * b + c * c)),
  ];
};

/** How far from orthonormal a direction may be to be kept as a qform too. */
const orthonormalTolerance = 1e-5;

export const isOrthonormal = (m: Matrix3): boolean =>
  ([0, 1, 2] as const).every((i) =>
    ([0, 1, 2] as const).every(
      (j) => Math.abs(dot(column(m, i), column(m, j)) - (i === j ? 1 : 0)) <= orthonormalTolerance,
    ),
  );

/** The quaternion of an orthonormal direction, by its largest part, which loses no digits. */
export const matrixToQuaternion = (direction: Matrix3): Quaternion => {
  const qfac = determinant3(direction) < 0 ? -1 : 1;
  const [xx, xy, xz, yx, yy, yz, zx, zy, zz] = matrix(
    (r, c) => (direction[r * 3 + c] as number) * (c === 2 ? qfac : 1),
  );
  const squares = [1 + xx + yy + zz, 1 + xx - yy - zz, 1 - xx + yy - zz, 1 - xx - yy + zz];
  const largest = squares.indexOf(Math.max(...squares));
  const root = 2 * Math.sqrt(squares[largest] as number);
  const part = root / 4;
  const parts: readonly (readonly [a: number, b: number, c: number, d: number])[] = [
    [part, (zy - yz) / root, (xz - zx) / root, (yx - xy) / root],
    [(zy - yz) / root, part, (xy + yx) / root, (xz + zx) / root],
    [(xz - zx) / root, (xy + yx) / root, part, (yz + zy) / root],
    [(yx - xy) / root, (xz + zx) / root, (yz + zy) / root, part],
  ];
  const [a, b, c, d] = parts[largest] as (typeof parts)[number];
  const sign = a < 0 ? -1 : 1;
  return { bcd: [sign * b, sign * c, sign * d], qfac };
};
