/**
 * Affine maps between the two spaces of this library. The spaces are phantom types: a map from voxel
 * indices handed in where a map of world points is due does not compile, which is the mistake that
 * image libraries make most.
 */
import {
  add,
  apply3,
  identity3,
  inverse3,
  isInvertible3,
  type Matrix3,
  multiply3,
  subtract,
  type Vector3,
  zero3,
} from "./vector.ts";

/** `world` is LPS millimetres, as in DICOM and ITK; `index` is voxels, with centres at integers. */
export type Space = "world" | "index";

declare const spaces: unique symbol;

/** The map p ↦ linear·p + offset from points of space A to points of space B. */
export interface Affine<A extends Space, B extends Space> {
  readonly linear: Matrix3;
  readonly offset: Vector3;
  /** Exists in the types only. */
  readonly [spaces]?: (from: A) => B;
}

export const affineOf = <A extends Space, B extends Space>(linear: Matrix3, offset: Vector3): Affine<A, B> => ({
  linear,
  offset,
});

export const identity = <S extends Space>(): Affine<S, S> => affineOf(identity3, zero3);

export const translation = <S extends Space>(by: Vector3): Affine<S, S> => affineOf(identity3, by);

export const transformPoint = <A extends Space, B extends Space>(map: Affine<A, B>, point: Vector3): Vector3 =>
  add(apply3(map.linear, point), map.offset);

/** `compose(g, f)` is g after f. */
export const compose = <A extends Space, B extends Space, C extends Space>(
  g: Affine<B, C>,
  f: Affine<A, B>,
): Affine<A, C> => affineOf(multiply3(g.linear, f.linear), add(apply3(g.linear, f.offset), g.offset));

export const invert = <A extends Space, B extends Space>(map: Affine<A, B>): Affine<B, A> => {
  const linear = inverse3(map.linear);
  const moved = apply3(linear, map.offset);
  return affineOf(linear, [0 - moved[0], 0 - moved[1], 0 - moved[2]]);
};

export const isInvertible = <A extends Space, B extends Space>(map: Affine<A, B>): boolean =>
  isInvertible3(map.linear) && map.offset.every(Number.isFinite);

/** The map with this linear part that leaves `centre` where it is, then moves by `shift`. */
export const about = (centre: Vector3, linear: Matrix3, shift: Vector3 = zero3): Affine<"world", "world"> =>
  affineOf(linear, add(subtract(centre, apply3(linear, centre)), shift));
