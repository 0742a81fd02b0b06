/** What kernels of gradients have besides what every kernel has: slopes, and lookups in tables. */
import type { Local } from "../assembler/index.ts";
import type { F } from "./context.ts";
import { exactSlopes, linearSlopes, slopesOf } from "./slopes.ts";
import { TableEmitter } from "./table.ts";
import { touch } from "./touch.ts";

/** All of them, for kernels that ask for slopes or look up in tables. */
export interface GradientKernels {
  readonly linear: typeof linearSlopes;
  readonly bspline: typeof slopesOf;
  readonly exact: typeof exactSlopes;
  readonly touch: typeof touch;
  readonly table: (f: F, bins: Local<"i32">) => TableEmitter;
}
export const gradientKernels: GradientKernels = {
  linear: linearSlopes,
  bspline: slopesOf,
  exact: exactSlopes,
  touch,
  table: (f, bins) => new TableEmitter(f, bins),
};
