/**
 * Affine maps between the two spaces of this library. The spaces are phantom types: a map from voxel
 * indices handed in where a map of world points is due does not compile, which is the mistake that
 * image libraries make most.
 */

import { spell } from "./intern.ts";
import {
  add,
  add9,
  apply3,
  identity3,
  inverse3,
  isInvertible3,
  type Matrix3,
  multiply3,
  scale9,
  subtract,
  type Vector3,
  zero3,
  zero9,
} from "./vector.ts";

/** `world` is LPS millimetres, as in DICOM and ITK; `index` is voxels, with centres at integers. */
export type Space = "world" | "index";

declare const spaces: unique symbol;

/** The derivative of a map's twelve numbers with respect to one parameter. */
export interface Tangent {
  readonly linear: Matrix3;
  readonly offset: Vector3;
}
export type Tangents = ReadonlyMap<string, Tangent>;

/** The map p ↦ linear·p + offset from points of space A to points of space B. */
export interface Affine<A extends Space, B extends Space> {
  readonly linear: Matrix3;
  readonly offset: Vector3;
  /** How the map changes with the parameters that it depends on, by their names; absent when with none. */
  readonly tangents?: Tangents;
  /** Exists in the types only. */
  readonly [spaces]?: (from: A) => B;
}

export const affineOf = <A extends Space, B extends Space>(
  linear: Matrix3,
  offset: Vector3,
  tangents: Tangents = none,
): Affine<A, B> => (tangents.size === 0 ? { linear, offset } : { linear, offset, tangents });

const none: Tangents = new Map();

/** The tangents by all parameters that either map depends on; a map that does not has the tangent 0. */
const merge = (a: Tangents = none, b: Tangents = none, of: (da: Tangent, db: Tangent) => Tangent): Tangents =>
  new Map(
    [...new Set([...a.keys(), ...b.keys()])].map((name) => [name, of(a.get(name) ?? still, b.get(name) ?? still)]),
  );
const still: Tangent = { linear: zero9, offset: zero3 };

export const identity = <S extends Space>(): Affine<S, S> => affineOf(identity3, zero3);

export const translation = <S extends Space>(by: Vector3): Affine<S, S> => affineOf(identity3, by);

/** Where a map takes a point: linear · p + offset, in the units of its spaces (mm of the world, or voxels). */
export const transformPoint = <A extends Space, B extends Space>(map: Affine<A, B>, point: Vector3): Vector3 =>
  add(apply3(map.linear, point), map.offset);

/** `compose(g, f)` is g after f. */
export const compose = <A extends Space, B extends Space, C extends Space>(
  g: Affine<B, C>,
  f: Affine<A, B>,
): Affine<A, C> =>
  affineOf(
    multiply3(g.linear, f.linear),
    add(apply3(g.linear, f.offset), g.offset),
    merge(g.tangents, f.tangents, (dg, df) => ({
      linear: add9(multiply3(dg.linear, f.linear), multiply3(g.linear, df.linear)),
      offset: add(add(apply3(dg.linear, f.offset), dg.offset), apply3(g.linear, df.offset)),
    })),
  );

/** The map back. A singular map has none: entries of the result are not finite then. */
export const invert = <A extends Space, B extends Space>(map: Affine<A, B>): Affine<B, A> => {
  const linear = inverse3(map.linear);
  const moved = apply3(linear, map.offset);
  const offset: Vector3 = [0 - moved[0], 0 - moved[1], 0 - moved[2]];
  // d(L⁻¹) = −L⁻¹ dL L⁻¹, and so the inverse moves by −L⁻¹ (dL p + dt) at p = L⁻¹ q + offset.
  const tangents = merge(map.tangents, undefined, (d) => ({
    linear: scale9(multiply3(linear, multiply3(d.linear, linear)), -1),
    offset: subtract(zero3, apply3(linear, add(apply3(d.linear, offset), d.offset))),
  }));
  return affineOf(linear, offset, tangents);
};

export const isInvertible = <A extends Space, B extends Space>(map: Affine<A, B>): boolean =>
  isInvertible3(map.linear) && map.offset.every(Number.isFinite);

/**
 * The map with the linear part of `turn` that leaves `centre` where it is, then moves by `shift`; all three may
 * depend on parameters.
 */
export const about = (
  centre: Point,
  turn: Affine<"world", "world">,
  shift: Point = fixed(zero3),
): Affine<"world", "world"> => {
  const { linear } = turn;
  const { tangents } = compose(
    compose(translationBy(shift), compose(translationBy(centre), turn)),
    invert(translationBy(centre)),
  );
  return affineOf(linear, add(subtract(centre.at, apply3(linear, centre.at)), shift.at), tangents);
};

/** A point, or a shift, that may depend on parameters. */
export interface Point {
  readonly at: Vector3;
  /** Of each only the offset counts. */
  readonly tangents?: Tangents;
}
export const fixed = (at: Vector3): Point => ({ at });

/** The translation by a vector that may depend on parameters. */
export const translationBy = <S extends Space>({ at, tangents }: Point): Affine<S, S> =>
  affineOf(identity3, at, tangents);

/** The point that a map brings `point` to. */
export const imageOf = <A extends Space, B extends Space>(map: Affine<A, B>, point: Vector3): Point => {
  const { offset, tangents } = compose(map, translation(point));
  return tangents === undefined ? { at: offset } : { at: offset, tangents };
};

/** All numbers of a map, its tangents included, for keys of memo tables. */
export const spellAffine = <A extends Space, B extends Space>({ linear, offset, tangents }: Affine<A, B>): string =>
  spell([...linear, ...offset]) + spellTangents(tangents);

export const spellTangents = (tangents: Tangents = none): string =>
  [...tangents].map(([name, d]) => ` ${JSON.stringify(name)} ${spell([...d.linear, ...d.offset])}`).join("");
