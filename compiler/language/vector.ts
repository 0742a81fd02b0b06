/**
 * Three-vectors and 3×3 matrices: the little linear algebra that geometry needs, in float64.
 * Matrices are row-major. Everything is pure and returns new values.
 */
export type Vector3 = readonly [x: number, y: number, z: number];
/** Row-major: the entry of row r and column c is `m[3 * r + c]`. */
export type Matrix3 = readonly [
  xx: number,
  xy: number,
  xz: number,
  yx: number,
  yy: number,
  yz: number,
  zx: number,
  zy: number,
  zz: number,
];
export type Axis = 0 | 1 | 2;

export const axes: readonly [0, 1, 2] = [0, 1, 2];
export const identity3: Matrix3 = [1, 0, 0, 0, 1, 0, 0, 0, 1];
export const zero3: Vector3 = [0, 0, 0];
export const zero9: Matrix3 = [0, 0, 0, 0, 0, 0, 0, 0, 0];

/** Builds a vector from a function of the axis. */
export const vector = (of: (axis: Axis) => number): Vector3 => [of(0), of(1), of(2)];

/** Builds a matrix from a function of row and column. */
export const matrix = (of: (row: Axis, column: Axis) => number): Matrix3 => [
  of(0, 0),
  of(0, 1),
  of(0, 2),
  of(1, 0),
  of(1, 1),
  of(1, 2),
  of(2, 0),
  of(2, 1),
  of(2, 2),
];

export const at = (m: Matrix3, row: Axis, column: Axis): number => m[row * 3 + column] as number;
export const column = (m: Matrix3, k: Axis): Vector3 => [m[k] as number, m[3 + k] as number, m[6 + k] as number];
export const add = (a: Vector3, b: Vector3): Vector3 => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
export const subtract = (a: Vector3, b: Vector3): Vector3 => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
export const dot = (a: Vector3, b: Vector3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const norm = (a: Vector3): number => Math.hypot(a[0], a[1], a[2]);
export const product = (a: Vector3): number => a[0] * a[1] * a[2];
export const diagonal = (d: Vector3): Matrix3 => [d[0], 0, 0, 0, d[1], 0, 0, 0, d[2]];

export const apply3 = (m: Matrix3, v: Vector3): Vector3 => [
  m[0] * v[0] + m[1] * v[1] + m[2] * v[2],
  m[3] * v[0] + m[4] * v[1] + m[5] * v[2],
  m[6] * v[0] + m[7] * v[1] + m[8] * v[2],
];

export const multiply3 = (a: Matrix3, b: Matrix3): Matrix3 =>
  matrix((r, c) => at(a, r, 0) * at(b, 0, c) + at(a, r, 1) * at(b, 1, c) + at(a, r, 2) * at(b, 2, c));

export const add9 = (a: Matrix3, b: Matrix3): Matrix3 => matrix((r, c) => at(a, r, c) + at(b, r, c));
export const scale9 = (m: Matrix3, by: number): Matrix3 => matrix((r, c) => at(m, r, c) * by);

export const transpose3 = (m: Matrix3): Matrix3 => matrix((r, c) => at(m, c, r));

export const determinant3 = (m: Matrix3): number =>
  m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) + m[2] * (m[3] * m[7] - m[4] * m[6]);

/** The inverse by cofactors. Entries are not finite when the matrix is singular: see {@link isInvertible3}. */
export const inverse3 = (m: Matrix3): Matrix3 => {
  const d = determinant3(m);
  return [
    (m[4] * m[8] - m[5] * m[7]) / d,
    (m[2] * m[7] - m[1] * m[8]) / d,
    (m[1] * m[5] - m[2] * m[4]) / d,
    (m[5] * m[6] - m[3] * m[8]) / d,
    (m[0] * m[8] - m[2] * m[6]) / d,
    (m[2] * m[3] - m[0] * m[5]) / d,
    (m[3] * m[7] - m[4] * m[6]) / d,
    (m[1] * m[6] - m[0] * m[7]) / d,
    (m[0] * m[4] - m[1] * m[3]) / d,
  ];
};

/**
 * Whether the columns span space: their normalised volume is above 1e-9, so that the verdict does not
 * depend on units.
 */
export const isInvertible3 = (m: Matrix3): boolean => {
  const scale = norm(column(m, 0)) * norm(column(m, 1)) * norm(column(m, 2));
  return m.every(Number.isFinite) && scale > 0 && Math.abs(determinant3(m)) > 1e-9 * scale;
};

const exactTurns: readonly (readonly [cosine: number, sine: number])[] = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
];

/** Cosine and sine of an angle in degrees; exact for multiples of 90, so that quarter turns stay copies. */
const cosineSine = (degrees: number): readonly [number, number] => {
  const quarters = degrees / 90;
  const exact = Number.isInteger(quarters) ? exactTurns[((quarters % 4) + 4) % 4] : undefined;
  const radians = (degrees * Math.PI) / 180;
  return exact ?? [Math.cos(radians), Math.sin(radians)];
};

/**
 * The right-handed rotation by `degrees` about `axis` (any length but zero), by Rodrigues' formula
 * R = cos θ·I + sin θ·[u]ₓ + (1 − cos θ)·u uᵀ.
 */
export const rotation3 = (axis: Vector3, degrees: number): Matrix3 => {
  const length = norm(axis);
  const [x, y, z] = vector((k) => axis[k] / length);
  const [c, s] = cosineSine(degrees);
  const t = 1 - c;
  return [
    c + t * x * x,
    t * x * y - s * z,
    t * x * z + s * y,
    t * x * y + s * z,
    c + t * y * y,
    t * y * z - s * x,
    t * x * z - s * y,
    t * y * z + s * x,
    c + t * z * z,
  ];
};
