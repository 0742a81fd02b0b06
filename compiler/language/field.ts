/**
 * The language itself. A field is a function from world points (LPS mm) to values, defined everywhere; a
 * volume is samples of a field on a grid. Nothing here computes: these are immutable, hash-consed terms
 * that the compiler turns into passes.
 */
import { type Affine, compose, invert, spellAffine, spellTangents } from "./affine.ts";
import { type Grid, gridFromAffine, indexToWorld } from "./grid.ts";
import { intern, type Node, objectId, spell } from "./intern.ts";
import { type Fill, type Outside, type Sampling, showSampling } from "./interpolator.ts";
import type { Scalar } from "./scalar.ts";
import type { Storage, Voxels } from "./voxels.ts";

/** Samples made continuous. `sampling` is null while nothing but exact operations has been asked for. */
export interface Interpolate extends Node {
  readonly kind: "interpolate";
  readonly volume: Volume;
  readonly sampling: Sampling | null;
  /** Whether the samples are B-spline coefficients, so that the field need not pass through them: control points. */
  readonly coefficients: boolean;
}
/** p ↦ field(pull(p)): the content moves by the inverse of `pull`. */
export interface Warp extends Node {
  readonly kind: "warp";
  readonly field: Field;
  readonly pull: Affine<"world", "world">;
}
/** The field inside the extent of `to`, `fill` elsewhere. */
export interface Clip extends Node {
  readonly kind: "clip";
  readonly field: Field;
  readonly to: Grid;
  readonly fill: Fill;
}
/** p ↦ body(fields(p)), for each channel alike, or as far as the body asks for the number of the channel. */
export interface MapFields extends Node {
  readonly kind: "map";
  /** At least so many channels, however few the fields have. */
  readonly channels: number;
  readonly body: Scalar;
  readonly fields: readonly Field[];
  /** What has to be measured before, for numbers of the body: see `measure.ts`. */
  readonly measures: readonly Measure[];
}
/**
 * p ↦ field(p + by(p)), with `by` the components in mm along x, y and z of the world: the content moves by about −by.
 * Warps and displacements within are composed with it, each looked at where those outside lead.
 */
export interface Displace extends Node {
  readonly kind: "displace";
  readonly field: Field;
  readonly by: Components;
}
/** Fields of one channel. */
export type Components = readonly [x: Field, y: Field, z: Field];
export type Field = Interpolate | Warp | Clip | MapFields | Displace;

/**
 * Numbers that a field amounts to on a grid. They are parameters of bodies, whose values are found before the pass
 * that looks at the field.
 */
export interface Measure extends Node {
  readonly kind: "measure";
  readonly quantity: Quantity;
  /** What is measured, and perhaps what says where. */
  readonly fields: readonly [Field, ...Field[]];
  readonly grid: Grid;
  /** The voxels that count: where this scalar of the fields is not 0; all of them where it is left out. */
  readonly where?: Scalar;
  /** What measures, for people. */
  readonly name: string;
}

/**
 * - `mean`: the sum over the voxels that count by their number;
 * - `quantiles`: the values below which these shares of the voxels lie, from 0 to 1, between two voxels by linear
 *   interpolation (numpy's rule); taken of voxels kept as `storage`;
 * - `matching`: the line of as many knots from values to those of the same rank among `values`, which lie at the
 *   cumulative `shares`: for each knot the value, what becomes of it, and the slope to the next.
 */
export type Quantity =
  | { readonly kind: "mean" }
  | { readonly kind: "quantiles"; readonly shares: readonly number[]; readonly storage: Storage }
  | {
      readonly kind: "matching";
      readonly knots: number;
      readonly values: readonly number[];
      readonly shares: readonly number[];
      readonly storage: Storage;
    };

/** Voxels at hand. */
export interface Input extends Node {
  readonly kind: "input";
  readonly voxels: Voxels;
  readonly grid: Grid;
}
/**
 * Samples of a field, taken on a grid and kept as `storage`, or in working precision where only more passes follow;
 * `reason` says to people why they are taken.
 */
export interface Sample extends Node {
  readonly kind: "sample";
  readonly field: Field;
  readonly grid: Grid;
  readonly storage: Storage | "working";
  readonly reason: string;
}
export type Volume = Input | Sample;

export const spellGrid = (g: Grid): string =>
  spell([...g.size, ...g.spacing, ...g.origin, ...g.direction]) + spellTangents(g.tangents);
const spellStorage = (storage: Sample["storage"]): string =>
  storage === "working" ? storage : `${storage.dtype} ${spell([storage.rescale.slope, storage.rescale.intercept])}`;
const spellSampling = (s: Sampling | null): string => (s === null ? "undecided" : showSampling(s));

export const input = (voxels: Voxels, grid: Grid): Input =>
  intern(`input ${objectId(voxels)} ${spellGrid(grid)}`, () => ({ kind: "input", voxels, grid }));

export const sample = (field: Field, grid: Grid, storage: Sample["storage"], reason: string): Sample =>
  intern(`sample ${field.id} ${spellGrid(grid)} ${spellStorage(storage)} ${reason}`, () => ({
    kind: "sample",
    field,
    grid,
    storage,
    reason,
  }));

export const interpolate = (volume: Volume, sampling: Sampling | null): Interpolate =>
  interpolated(volume, sampling, false);

/** The cubic B-spline Σ c · β³(index − position of c) over the control points c that a volume holds. */
export const spline = (volume: Volume, outside: Outside): Interpolate =>
  interpolated(volume, { by: "bspline", outside }, true);

/** As a field interpolates another volume. */
export const interpolateAs = ({ sampling, coefficients }: Interpolate, volume: Volume): Interpolate =>
  interpolated(volume, sampling, coefficients);

const interpolated = (volume: Volume, sampling: Sampling | null, coefficients: boolean): Interpolate =>
  intern(`interpolate ${volume.id} ${spellSampling(sampling)}${coefficients ? " of coefficients" : ""}`, () => ({
    kind: "interpolate",
    volume,
    sampling,
    coefficients,
  }));

export const warp = (field: Field, pull: Affine<"world", "world">): Warp =>
  intern(`warp ${field.id} ${spellAffine(pull)}`, () => ({ kind: "warp", field, pull }));

export const clip = (field: Field, to: Grid, fill: Fill): Clip =>
  intern(`clip ${field.id} ${spellGrid(to)} ${typeof fill === "number" ? spell([fill]) : fill}`, () => ({
    kind: "clip",
    field,
    to,
    fill,
  }));

const spellNodes = (nodes: readonly Node[]): string => nodes.map(({ id }) => id).join(",");

export const displace = (field: Field, by: Components): Displace =>
  intern(`displace ${field.id} ${spellNodes(by)}`, () => ({ kind: "displace", field, by }));

export const mapFields = (
  body: Scalar,
  fields: readonly Field[],
  channels = 1,
  measures: readonly Measure[] = [],
): MapFields =>
  intern(`map ${body.id} ${spellNodes(fields)} ${channels} ${spellNodes(measures)}`, () => ({
    kind: "map",
    body,
    fields,
    channels,
    measures,
  }));

export const measure = (parts: Omit<Measure, "kind" | keyof Node>): Measure => {
  const { quantity, fields, grid, where, name } = parts;
  const counted = where === undefined ? "all" : where.id;
  return intern(
    `measure ${JSON.stringify([name, spellQuantity(quantity)])} ${spellNodes(fields)} ${counted} ${spellGrid(grid)}`,
    () => ({ kind: "measure", ...parts }),
  );
};
const spellQuantity = (quantity: Quantity): string => {
  switch (quantity.kind) {
    case "mean":
      return "mean";
    case "quantiles":
      return `quantiles ${spell(quantity.shares)} ${spellStorage(quantity.storage)}`;
    case "matching": {
      const { knots, values, shares, storage } = quantity;
      return `matching ${knots} ${spell(values)} ${spell(shares)} ${spellStorage(storage)}`;
    }
  }
};

/**
 * The field with `sampling` wherever none had been decided. A constant outside is meant in the values that
 * the field has by now, so it is put outside the maps that made them, not under them.
 */
export const decideSampling = (field: Field, sampling: Sampling): Field => {
  switch (field.kind) {
    case "interpolate":
      return field.sampling === null ? interpolate(field.volume, sampling) : field;
    case "warp":
      return warp(decideSampling(field.field, sampling), field.pull);
    case "clip":
      return clip(decideSampling(field.field, sampling), field.to, field.fill);
    case "displace":
      return displace(decideSampling(field.field, sampling), field.by);
    case "map": {
      const { outside } = sampling;
      const extent = outside.kind === "constant" ? extentOf(field) : undefined;
      const decided = mapFields(
        field.body,
        field.fields.map((f) => decideSampling(f, sampling)),
        field.channels,
        field.measures,
      );
      return extent === undefined || outside.kind !== "constant" ? decided : clip(decided, extent, outside.value);
    }
  }
};

/** Where the undecided samples of a field lie, seen through what moves them; undefined when there are none or several. */
const extentOf = (field: Field): Grid | undefined => {
  switch (field.kind) {
    case "interpolate":
      return field.sampling === null ? field.volume.grid : undefined;
    case "clip":
      return extentOf(field.field);
    // What is displaced has been sampled, and lies on no grid.
    case "displace":
      return undefined;
    case "map": {
      const [extent, ...others] = field.fields.map(extentOf).filter((grid) => grid !== undefined);
      return others.length === 0 ? extent : undefined;
    }
    case "warp": {
      const inner = extentOf(field.field);
      return inner && gridFromAffine(inner.size, compose(invert(field.pull), indexToWorld(inner)));
    }
  }
};

/** The samplings in use in a field, not looking into volumes. */
export const samplingsOf = (field: Field): readonly (Sampling | null)[] => {
  switch (field.kind) {
    case "interpolate":
      return [field.sampling];
    case "warp":
    case "clip":
    case "displace":
      return samplingsOf(field.field);
    case "map":
      return field.fields.flatMap(samplingsOf);
  }
};
