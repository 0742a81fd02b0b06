/** The four elements of a square table around a place in it: where histograms count, and lookups look. */
import type { Lookup } from "../../compiler/language/scalar.ts";
import { fillStencil, makeStencil } from "../../compiler/stencil.ts";
import { fillSlopes } from "../../compiler/stencil-slopes.ts";

export class TableWindow {
  readonly #along = makeStencil("bspline");
  #start: number | undefined;

  /** Moves to a place in a table of `bins` rows and columns. */
  moveTo(row: number, column: number, bins: number, weights: Lookup["weights"]): void {
    const isSomewhere = !Number.isNaN(row) && !Number.isNaN(column);
    this.#start = isSomewhere ? bins * within(Math.floor(row + 0.5), 0, bins - 1) : undefined;
    const fill = weights === "slope" ? fillSlopes : fillStencil;
    // Brought to where all four columns are there, or the fourth has no weight.
    fill(this.#along, "bspline", "clamp", within(column, 1, bins - 2), bins);
  }

  /** Calls `visit` with each element and its weight; not at all where the place is NaN. */
  forEach(visit: (element: number, weight: number) => void): void {
    const { index, weight } = this.#along;
    const start = this.#start;
    if (start === undefined) return;
    index.forEach((column, k) => {
      visit(start + column, weight[k] as number);
    });
  }
}

const within = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);
