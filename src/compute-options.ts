/** How something is computed, and by what: what every computation of this library can be told. */
import type { Backend, RunOptions } from "../backends/backend.ts";

export interface ComputeOptions extends RunOptions {
  /** What computes. `"auto"` (default) takes the fastest that is at hand. */
  readonly backend?: Backend | "auto";
}
