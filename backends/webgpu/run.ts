/**
 * One run of a plan whose volumes all fit the device: passes follow each other there, and only the result
 * comes back, if it comes back at all.
 */
import type { Voxels } from "../../compiler/language/voxels.ts";
import type { Device } from "./device.ts";
import type { Pace } from "./pace.ts";
import type { PlacedPlan } from "./plan-buffers.ts";
import type { OnDevice } from "./resident.ts";
import { Workspace } from "./workspace.ts";

/** Runs all passes. The buffer of the result is the caller's to give back. */
export const runWhole = (
  device: Device,
  plan: PlacedPlan,
  inputs: readonly (Voxels | OnDevice)[],
  pace: Pace,
): Promise<GPUBuffer> => {
  const { passes, result } = plan;
  const workspace = new Workspace(device, { ...plan, results: [result] }, inputs, pace);
  return workspace.during(async () => {
    for (const [k, pass] of passes.entries()) {
      await workspace.compute(await workspace.kernelOf(pass), k);
      workspace.passed(k);
    }
    await workspace.requests.accepted();
    return workspace.take(result);
  });
};
