/** Lowers what losses are made of, sums and histograms over grids, with the passes that lead there. */

import { type Grid, indexToWorld, sameGrid } from "./language/grid.ts";
import type { JointHistogram, Reduction } from "./language/reduction.ts";
import type { Scalar } from "./language/scalar.ts";
import { storedAs, type Voxels } from "./language/voxels.ts";
import { PlanBuilder, renumberBackgrounds, renumberTaps } from "./lower.ts";
import { LookBuilder } from "./lower-field.ts";
import type { GradientPlan, Histogram, Reduce } from "./plan.ts";

/** Where a reduction's sum is: an element of the output of a pass. */
export interface TotalPlace {
  readonly buffer: number;
  readonly element: number;
}

/** Where a histogram is, and the input, which nothing reads yet, for the derivatives by its elements. */
export interface HistogramPlace {
  readonly buffer: number;
  readonly table: number;
}

/**
 * Lowers sums and histograms to the passes that make them, one {@link Reduce} for the sums over each grid. The
 * pulls know how they change with parameters, and none of those that do is taken for a copy, which would have no
 * slope.
 */
export const lowerReductions = (
  reductions: readonly Reduction[],
  histograms: readonly JointHistogram[] = [],
): {
  readonly plan: GradientPlan;
  readonly inputs: readonly Voxels[];
  readonly places: readonly TotalPlace[];
  readonly histograms: readonly HistogramPlace[];
} => {
  const builder = new PlanBuilder(true);
  const grids: Grid[] = [];
  const groupOf = ({ grid }: Reduction): number => {
    const known = grids.findIndex((g) => g === grid || (g.tangents === grid.tangents && sameGrid(g, grid, 0)));
    return known >= 0 ? known : grids.push(grid) - 1;
  };
  const groups = reductions.map(groupOf);
  const reduces = grids.map((grid, k) =>
    reduceOver(
      builder,
      grid,
      reductions.filter((_, r) => groups[r] === k),
    ),
  );
  const counted = histograms.map((histogram) => histogramOf(builder, histogram));
  const tables = histograms.map(({ bins }) => builder.table(bins));
  const { buffers, passes, inputs, number, voxels } = builder.finish();
  const counts = counted.map(
    (pass): Histogram => ({
      ...pass,
      ...renumberTaps(pass, number),
      output: number(pass.output),
      row: renumberBackgrounds(pass.row, number),
      column: renumberBackgrounds(pass.column, number),
      weight: renumberBackgrounds(pass.weight, number),
    }),
  );
  const sums = reduces.map(
    (pass): Reduce => ({
      ...pass,
      ...renumberTaps(pass, number),
      output: number(pass.output),
      totals: pass.totals.map((total) => ({ ...total, body: renumberBackgrounds(total.body, number) })),
    }),
  );
  return {
    plan: {
      buffers,
      inputs,
      passes: [...passes, ...sums, ...counts],
      results: [...sums, ...counts].map(({ output }) => output),
    },
    inputs: voxels,
    places: groups.map((group, r) => ({
      buffer: sums[group]?.output ?? 0,
      element: groups.slice(0, r).filter((g) => g === group).length,
    })),
    histograms: counts.map(({ output }, k) => ({ buffer: output, table: tables[k] ?? 0 })),
  };
};

/** The sums over one grid. */
const reduceOver = (builder: PlanBuilder, grid: Grid, reductions: readonly Reduction[]): Reduce => {
  const look = new LookBuilder(builder, grid.size);
  const totals = reductions.map(({ body, fields }) => ({
    body: look.map(body, fields, indexToWorld(grid)),
    moments: false,
  }));
  return {
    kind: "reduce",
    output: builder.make({ size: [totals.length, 1, 1], channels: 1, storage: storedAs("float64") }),
    size: grid.size,
    channels: look.channels,
    taps: look.taps,
    regions: look.regions,
    totals,
    reason: "the loss",
  };
};

const histogramOf = (builder: PlanBuilder, { row, column, weight, bins, fields, grid }: JointHistogram): Histogram => {
  const look = new LookBuilder(builder, grid.size);
  const seen = (body: Scalar): Scalar => look.map(body, fields, indexToWorld(grid));
  const bodies = { row: seen(row), column: seen(column), weight: seen(weight) };
  return {
    kind: "histogram",
    output: builder.make({ size: [bins, bins, 1], channels: 1, storage: storedAs("float64") }),
    size: grid.size,
    channels: look.channels,
    taps: look.taps,
    regions: look.regions,
    bins,
    ...bodies,
    reason: "the joint histogram of the loss",
  };
};
