/** What every backend is: something that runs plans. Backends share nothing but the plan. */

import type { VoxelArray, Voxels } from "../compiler/language/voxels.ts";
import type { GradientProgram, Plan, Program } from "../compiler/plan.ts";

/** What a run had to do without, or did otherwise than was asked. */
export interface BackendWarning {
  readonly kind: string;
  readonly message: string;
}

/** How a plan is run, by whatever backend. */
export interface RunOptions {
  /** Stops the run; the promise is then rejected with `Aborted`. */
  readonly signal?: AbortSignal;
  /** Called now and then with the share of the work done, from 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
  /** Bytes that intermediate and resulting volumes may take together. */
  readonly memory?: number;
  /** Threads to use, where the backend has threads. */
  readonly threads?: number;
  /** Told of what had to be put up with, such as a device that was lost. */
  readonly onWarning?: (warning: BackendWarning) => void;
}

/** As {@link RunOptions}, for several programs; warnings say which of them they are about, unless it is all. */
export interface BatchRunOptions extends Omit<RunOptions, "onWarning"> {
  readonly onWarning?: (warning: BackendWarning, program?: number) => void;
}

/** What computes plans: `reference`, `wasm`, `webgpu()` of `medimages/webgpu`, or one of your own. */
export interface Backend {
  readonly name: string;
  /** @throws MedImagesError `Aborted`, `BudgetExceeded`, `UnsupportedVoxels`, `BackendUnavailable` */
  run(program: Program, options?: RunOptions): Promise<Voxels>;
  /** The wanted buffers of a plan of gradients, in the order of its `results`. @throws as `run` */
  runGradient(program: GradientProgram, options?: RunOptions): Promise<readonly Voxels[]>;
  /**
   * As `run`, but the result stays in the memory of the device. Backends that have this also take such voxels
   * in, where they lie.
   */
  runKept?(program: Program, options?: RunOptions): Promise<DeviceVoxels>;
  /**
   * As `run` for each of several programs, with the same bits, side by side where that is faster; what several of
   * them read is brought to where it is read once. `memory` is for all of them together. What fails with one of them
   * is its own outcome, and the others are computed all the same.
   */
  runBatch?(programs: readonly Program[], options?: BatchRunOptions): Promise<Outcomes<Voxels>>;
  /** As `runBatch`, but the results stay in the memory of the device. */
  runBatchKept?(programs: readonly Program[], options?: BatchRunOptions): Promise<Outcomes<DeviceVoxels>>;
  /** The programs that it runs for a plan, as text for people, where there are any. */
  kernels?(plan: Plan): readonly string[];
}

/** What became of each program of a batch, in its order: a value, or why there is none. */
export type Outcomes<V> = readonly PromiseSettledResult<V>[];

/**
 * Voxels in the memory of a device. They are voxels like any other to whoever only hands them on; to read them,
 * fetch them.
 */
export interface DeviceVoxels extends Voxels, Disposable {
  /** Reading it throws `UnsupportedVoxels`: the voxels are elsewhere. */
  readonly data: VoxelArray;
  /** What computes where they lie. */
  readonly owner: Backend;
  /** The voxels in ordinary memory. @throws MedImagesError `BackendUnavailable` when the device was lost */
  fetch(): Promise<Voxels>;
  /** Gives their memory back; they must not be used any more. */
  [Symbol.dispose](): void;
}

/** The program with all that goes in in ordinary memory, for backends that have no device. */
export const fetched = async <P>({
  plan,
  inputs,
}: {
  readonly plan: P;
  readonly inputs: readonly Voxels[];
}): Promise<{
  readonly plan: P;
  readonly inputs: readonly Voxels[];
}> => ({
  plan,
  inputs: await Promise.all(inputs.map((voxels) => (isOnDevice(voxels) ? voxels.fetch() : voxels))),
});

export const isOnDevice = (voxels: Voxels): voxels is DeviceVoxels => "fetch" in voxels;
