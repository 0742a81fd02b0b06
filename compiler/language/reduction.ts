/**
 * Sums and histograms over a grid: what losses are made of. Like fields and volumes these are immutable terms; a
 * loss is arithmetic on a few of them, which the host does.
 */
import { type Field, spellGrid } from "./field.ts";
import type { Grid } from "./grid.ts";
import { intern, type Node } from "./intern.ts";
import type { Scalar } from "./scalar.ts";

/** Σ body(fields(p)) over the points p of a grid, and over all channels. */
export interface Reduction extends Node {
  readonly kind: "reduction";
  readonly body: Scalar;
  readonly fields: readonly Field[];
  readonly grid: Grid;
}

export const reduction = (body: Scalar, fields: readonly Field[], grid: Grid): Reduction =>
  intern(`reduction ${body.id} ${fields.map((f) => f.id).join(",")} ${spellGrid(grid)}`, () => ({
    kind: "reduction",
    body,
    fields,
    grid,
  }));

/**
 * The joint histogram over the points of a grid and over all channels: each counts by `weight`, in the bin that `row`
 * rounds to and in four bins around `column`, by a cubic B-spline. Both are in bins of `bins`, from 0.
 */
export interface JointHistogram extends Node {
  readonly kind: "histogram";
  readonly row: Scalar;
  readonly column: Scalar;
  readonly weight: Scalar;
  readonly bins: number;
  readonly fields: readonly Field[];
  readonly grid: Grid;
}

export const jointHistogram = (parts: Omit<JointHistogram, "kind" | keyof Node>): JointHistogram => {
  const { row, column, weight, bins, fields, grid } = parts;
  const looked = fields.map((f) => f.id).join(",");
  return intern(`histogram ${row.id} ${column.id} ${weight.id} ${bins} ${looked} ${spellGrid(grid)}`, () => ({
    kind: "histogram",
    ...parts,
  }));
};
