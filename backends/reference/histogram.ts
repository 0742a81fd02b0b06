/** Joint histograms: each voxel counts in one row and, by a cubic B-spline, in four columns. */
import { exactNumber, type Voxels } from "../../compiler/language/voxels.ts";
import { bodiesOf, type Histogram } from "../../compiler/plan.ts";
import { CompensatedSum } from "./compensated-sum.ts";
import { lookOver, type Samples } from "./look.ts";
import { TableWindow } from "./table-window.ts";

export function* histogram(pass: Histogram, buffers: (buffer: number) => Samples, output: Voxels): Generator<void> {
  const sums = Array.from({ length: output.data.length }, () => new CompensatedSum());
  const window = new TableWindow();
  yield* lookOver(pass, bodiesOf(pass), pass, buffers, (_, [row, column, weight]) => {
    if (row === undefined || column === undefined || weight === undefined) return;
    window.moveTo(exactNumber(row()), exactNumber(column()), pass.bins, "spline");
    const given = exactNumber(weight());
    window.forEach((element, share) => {
      sums[element]?.add(given * share);
    });
  });
  sums.forEach((sum, k) => {
    output.data[k] = sum.value;
  });
}
