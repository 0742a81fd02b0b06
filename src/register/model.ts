/**
 * What may move in a registration. Each kind of transform is `affine` about one centre with some of its numbers free;
 * each of these has a scale, so that a step of 1 along any of them moves the image by 1 mm.
 */
import { type Affine, compose, fixed, transformPoint } from "../../compiler/language/affine.ts";
import { corners, type Grid, pointAt } from "../../compiler/language/grid.ts";
import { param, type Real, type RealVector3 } from "../../compiler/language/real.ts";
import type { Parameter } from "../../compiler/language/scalar.ts";
import { add, apply3, dot, type Vector3 } from "../../compiler/language/vector.ts";
import { type AffineParameters, affineMap } from "../ops/affine.ts";
import type { TransformKind } from "../transform.ts";

type Part = "rotate" | "scale" | "shear" | "translate";

/** A free number: its name, and where it stands when nothing moves. */
interface Free {
  readonly name: string;
  readonly rest: number;
}
const axesOf = (part: Part, rest: number): readonly Free[] =>
  ["x", "y", "z"].map((axis) => ({ name: `${part}-${axis}`, rest }));

const translate = axesOf("translate", 0);
const rotate = axesOf("rotate", 0);
const stretch = axesOf("scale", 1);
const shear: readonly Free[] = ["xy", "xz", "yz"].map((axis) => ({ name: `shear-${axis}`, rest: 0 }));
const size: readonly Free[] = [{ name: "scale", rest: 1 }];

/** The numbers that each kind leaves free. */
const freedom: Readonly<Record<TransformKind, readonly Free[]>> = {
  translation: translate,
  rigid: [...rotate, ...translate],
  similarity: [...rotate, ...size, ...translate],
  affine: [...rotate, ...stretch, ...shear, ...translate],
};

/** A movement about `center` with its numbers free. Positions are in mm of mean displacement, 0 at rest. */
export interface Model {
  readonly kind: TransformKind;
  readonly dimension: number;
  /** The numbers at a position, as parameters to differentiate by. */
  readonly parametersAt: (position: readonly number[]) => readonly Parameter[];
  /** What is handed to the operation `affine` at a position: parameters, or plain numbers. */
  readonly movementBy: (numbers: readonly Real[]) => AffineParameters;
  /** The map of content at a position. */
  readonly mapAt: (position: readonly number[]) => Affine<"world", "world">;
  /** The gradient by positions, from that by parameters. */
  readonly gradientOf: (byParameters: readonly number[]) => readonly number[];
}

/**
 * The model of a kind about the centre of `grid`. The scale of a parameter is the root of the mean squared displacement
 * of the grid's corners, in mm per unit of the parameter, as physical-shift scales are estimated in ITK.
 */
export const modelOf = (kind: TransformKind, grid: Grid, center: Vector3): Model => {
  const free = freedom[kind];
  const movementBy = (numbers: readonly Real[]): AffineParameters => {
    const named = new Map(free.map(({ name }, k) => [name, numbers[k] ?? 0]));
    const three = (part: Part, axes: readonly [string, string, string], rest: number): RealVector3 => [
      named.get(`${part}-${axes[0]}`) ?? named.get(part) ?? rest,
      named.get(`${part}-${axes[1]}`) ?? named.get(part) ?? rest,
      named.get(`${part}-${axes[2]}`) ?? named.get(part) ?? rest,
    ];
    return {
      rotate: three("rotate", ["x", "y", "z"], 0),
      scale: three("scale", ["x", "y", "z"], 1),
      shear: three("shear", ["xy", "xz", "yz"], 0),
      translate: three("translate", ["x", "y", "z"], 0),
      center,
    };
  };
  const resting = free.map(({ name, rest }) => param(name, rest));
  const { tangents } = affineMap(movementBy(resting), fixed(center));
  const points = corners(grid).map((index) => pointAt(grid, index));
  const scales = free.map(({ name }) => {
    const tangent = tangents?.get(name);
    if (tangent === undefined) return 1;
    const shifts = points.map((point) => add(apply3(tangent.linear, point), tangent.offset));
    return Math.sqrt(shifts.reduce((sum, shift) => sum + dot(shift, shift), 0) / points.length);
  });
  // What moves no corner, as the thickness of an image of one slice, is not free: it stays at rest.
  const least = 1e-9 * Math.max(...scales);
  const perMm = scales.map((scale) => (scale > least ? 1 / scale : 0));
  const numbersAt = (position: readonly number[]): readonly number[] =>
    free.map(({ rest }, k) => rest + (position[k] ?? 0) * (perMm[k] ?? 0));
  return {
    kind,
    dimension: free.length,
    parametersAt: (position) => {
      const numbers = numbersAt(position);
      return free.map(({ name, rest }, k) => param(name, numbers[k] ?? rest));
    },
    movementBy,
    mapAt: (position) => affineMap(movementBy(numbersAt(position)), fixed(center)),
    gradientOf: (byParameters) => byParameters.map((g, k) => (perMm[k] ? g * perMm[k] : 0)),
  };
};

/** Root of the mean squared distance of what two maps of points do to the corners of a grid, in mm. */
export const displacementBetween = (a: Affine<"world", "world">, b: Affine<"world", "world">, grid: Grid): number => {
  const shifts = corners(grid).map((index) => {
    const point = pointAt(grid, index);
    const [p, q] = [transformPoint(a, point), transformPoint(b, point)];
    return (p[0] - q[0]) ** 2 + (p[1] - q[1]) ** 2 + (p[2] - q[2]) ** 2;
  });
  return Math.sqrt(shifts.reduce((sum, square) => sum + square, 0) / shifts.length);
};

/** A position's movement on top of what has been found before. */
export const onTop = (
  model: Model,
  position: readonly number[],
  before: Affine<"world", "world">,
): Affine<"world", "world"> => compose(model.mapAt(position), before);
