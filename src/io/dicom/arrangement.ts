/** What slices make together: a grid, what stands at each of its places, and what is wrong with it. */
import type { Grid } from "../../../compiler/language/grid.ts";
import type { Mend } from "./options.ts";
import type { Slice } from "./slice.ts";

export interface Problem {
  readonly kind: "gap" | "duplicate" | "orientation" | "size" | "spacing" | "position" | "incomplete";
  readonly message: string;
  /** What would mend it. */
  readonly mends: readonly Mend[];
}

/** One slice of the volume: of a file, or between two where one is missing. */
export type Place =
  | { readonly kind: "slice"; readonly slice: Slice }
  | { readonly kind: "between"; readonly before: Slice; readonly after: Slice; readonly weight: number };

export interface ExtraAxis {
  /** The keyword by which its volumes are told apart. */
  readonly name: string;
  readonly values: readonly string[];
}

export interface Arrangement {
  readonly grid: Grid;
  /** Volume by volume, slices along the normal in each. */
  readonly places: readonly Place[];
  readonly axes: readonly ExtraAxis[];
  readonly problems: readonly Problem[];
  /** What was done on request, and what a reader should know of a sound volume. */
  readonly notes: readonly { readonly kind: string; readonly message: string }[];
}
