/** What every backend is: something that runs plans. Backends share nothing but the plan. */

import type { Voxels } from "../compiler/language/voxels.ts";
import type { Program } from "../compiler/plan.ts";

export interface RunOptions {
  /** Stops the run; the promise is then rejected with `Aborted`. */
  readonly signal?: AbortSignal;
  /** Called now and then with the share of the work done, from 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
  /** Bytes that intermediate and resulting volumes may take together. */
  readonly memory?: number;
  /** Threads to use, where the backend has threads. */
  readonly threads?: number;
}

export interface Backend {
  readonly name: string;
  /** @throws MedImagesError `Aborted`, `BudgetExceeded`, `UnsupportedVoxels`, `BackendUnavailable` */
  run(program: Program, options?: RunOptions): Promise<Voxels>;
}
