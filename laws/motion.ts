/**
 * Where content comes from, written a second time and in another way than the operations do it: by the
 * conventions alone, point by point. The laws of resampling hold operations against this.
 */
import { transformPoint } from "../compiler/language/affine.ts";
import { centreOf, type Grid, pointAt, worldToIndex } from "../compiler/language/grid.ts";
import { matrixOf, numberOf, numbersOf } from "../compiler/language/real.ts";
import { add, column, dot, type Matrix3, norm, subtract, type Vector3, vector } from "../compiler/language/vector.ts";
import type { AffineStep, AxisName, DisplaceStep, Step } from "../src/step.ts";

/** Steps that move content or look at it from another grid, and cut nothing off. */
export type MovingStep = Extract<
  Step,
  {
    readonly op:
      | "rotate"
      | "affine"
      | "transform"
      | "displace"
      | "translate"
      | "flip"
      | "scale"
      | "resampleToSpacing"
      | "resampleToImage"
      | "changeOrientation";
  }
>;

const axisNumber: Readonly<Record<AxisName, 0 | 1 | 2>> = { x: 0, y: 1, z: 2 };
const scaled = (v: Vector3, by: number): Vector3 => vector((k) => v[k] * by);
const cross = (a: Vector3, b: Vector3): Vector3 => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];

/** v turned right-handed about `axis`: v cos θ + (u × v) sin θ + u (u·v) (1 − cos θ). */
const turned = (v: Vector3, axis: Vector3, degrees: number): Vector3 => {
  const u = scaled(axis, 1 / norm(axis));
  const radians = (degrees / 180) * Math.PI;
  return add(
    add(scaled(v, Math.cos(radians)), scaled(cross(u, v), Math.sin(radians))),
    scaled(u, dot(u, v) * (1 - Math.cos(radians))),
  );
};

/** Undoes p ↦ c + t + R·Sh·S·(p − c), one factor after the other, for v = p − c. */
const affineUndone = (v: Vector3, step: AffineStep): Vector3 => {
  const rotate = numbersOf(step.rotate ?? [0, 0, 0]);
  const scale = numbersOf(step.scale ?? [1, 1, 1]);
  const shear = numbersOf(step.shear ?? [0, 0, 0]);
  const translate = numbersOf(step.translate ?? [0, 0, 0]);
  const unturned = turned(
    turned(turned(subtract(v, translate), [0, 0, 1], -rotate[2]), [0, 1, 0], -rotate[1]),
    [1, 0, 0],
    -rotate[0],
  );
  const z = unturned[2];
  const y = unturned[1] - shear[2] * z;
  const x = unturned[0] - shear[0] * y - shear[1] * z;
  return [x / scale[0], y / scale[1], z / scale[2]];
};

/** The v with m · v = p, by Cramer's rule on the columns of m. */
const solved = (m: Matrix3, p: Vector3): Vector3 => {
  const [a, b, c] = [column(m, 0), column(m, 1), column(m, 2)];
  const volume = dot(a, cross(b, c));
  return [dot(p, cross(b, c)) / volume, dot(a, cross(p, c)) / volume, dot(a, cross(b, p)) / volume];
};

/** β³ as it is written in books, and the hat that linear interpolation blends by. */
const bases: Readonly<Record<DisplaceStep["by"], (x: number) => number>> = {
  "control points": (x) => {
    const a = Math.abs(x);
    return a < 1 ? 2 / 3 - a * a + (a * a * a) / 2 : a < 2 ? (2 - a) ** 3 / 6 : 0;
  },
  vectors: (x) => Math.max(0, 1 - Math.abs(x)),
};

/** Points this close to where a displacement ends may lie on either side of it by rounding. */
const edge = 1e-6;

/**
 * Σ c · basis(index − position of c) over all points c of the grid within its extent, each axis mirrored beyond its ends
 * by the control points, held there by vectors; 0 beyond, and NaN where nobody can tell.
 */
const displacementAt = ({ by, vectors: { grid, voxels } }: DisplaceStep, point: Vector3): Vector3 => {
  const index = transformPoint(worldToIndex(grid), point);
  const { size } = grid;
  const beyond = (k: 0 | 1 | 2): number => Math.max(-0.5 - index[k], index[k] - (size[k] - 0.5));
  const farthest = Math.max(beyond(0), beyond(1), beyond(2));
  if (farthest > edge) return [0, 0, 0];
  if (!(farthest < -edge)) return [Number.NaN, Number.NaN, Number.NaN];
  const weights = ([0, 1, 2] as const).map((k) => {
    const n = size[k];
    const at = by === "vectors" ? Math.min(Math.max(index[k], 0), n - 1) : index[k];
    const along = new Float64Array(n);
    for (let i = -2; i < n + 2; i++) {
      const period = Math.max(1, 2 * n - 2);
      const folded = ((i % period) + period) % period;
      const mirrored = folded < n ? folded : period - folded;
      along[mirrored] = (along[mirrored] ?? 0) + bases[by](at - i);
    }
    return along;
  });
  const count = size[0] * size[1] * size[2];
  const component = (c: 0 | 1 | 2): number => {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const at = [i % size[0], Math.floor(i / size[0]) % size[1], Math.floor(i / (size[0] * size[1]))];
      sum += at.reduce((w, a, k) => w * (weights[k]?.[a] ?? 0), Number(voxels.data[c * count + i]));
    }
    return sum;
  };
  return [component(0), component(1), component(2)];
};

/** The world point at which a step, performed on an image of `grid`, found what it shows at `point`. */
export const whereFrom = (step: MovingStep, grid: Grid, point: Vector3): Vector3 => {
  const centre = "center" in step && step.center !== undefined ? numbersOf(step.center) : centreOf(grid);
  switch (step.op) {
    case "rotate": {
      const axis = typeof step.axis === "string" ? column(grid.direction, axisNumber[step.axis]) : step.axis;
      return add(centre, turned(subtract(point, centre), axis, -numberOf(step.degrees)));
    }
    case "affine":
      return add(centre, affineUndone(subtract(point, centre), step));
    case "transform":
      return solved(matrixOf(step.matrix), subtract(point, numbersOf(step.offset)));
    case "displace":
      return add(point, displacementAt(step, point));
    case "translate":
      return vector((k) => point[k] - (k === axisNumber[step.axis] ? numberOf(step.mm) : 0));
    case "flip": {
      const index = transformPoint(worldToIndex(grid), point);
      return pointAt(
        grid,
        vector((k) => (k === axisNumber[step.axis] ? grid.size[k] - 1 - index[k] : index[k])),
      );
    }
    case "scale":
    case "resampleToSpacing":
    case "resampleToImage":
    case "changeOrientation":
      return point;
  }
};
