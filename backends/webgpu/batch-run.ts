/**
 * Several programs at a time: what each asks of the device is asked without a wait for those before it, so that the
 * device goes from one to the next by itself, and what comes back is read together. Voxels that several of them look
 * at are uploaded once.
 */
import type { Voxels } from "../../compiler/language/voxels.ts";
import { dtypes } from "../../compiler/language/voxels.ts";
import type { Program } from "../../compiler/plan.ts";
import { roundsOf } from "../../compiler/rounds.ts";
import { type BatchRunOptions, isOnDevice, type Outcomes, type RunOptions } from "../backend.ts";
import type { Device } from "./device.ts";
import { bufferOf, dtypeOfBuffer, elementsOf } from "./plan-buffers.ts";
import { toWords } from "./pool.ts";
import type { Uploads } from "./resident.ts";
import { upload } from "./transport.ts";

/** Bytes of volumes that are on the device at a time. */
const enough = 2 ** 28;

/** Runs one program of a batch; what is in `shared` is on the device already. */
type RunOne<V> = (program: Program, options: RunOptions, shared: Uploads) => Promise<V>;

export const runBatch = async <V>(
  programs: readonly Program[],
  { onWarning, onProgress, ...options }: BatchRunOptions,
  device: Device,
  run: RunOne<V>,
): Promise<Outcomes<V>> => {
  const bytesOf = (plan: Program["plan"], buffer: number): number => {
    const made = bufferOf(plan, buffer);
    return elementsOf(made) * dtypes[dtypeOfBuffer(made)].bytes;
  };
  const rounds = roundsOf(
    programs.map(({ plan }) => plan),
    {
      bytesOf,
      budget: options.memory,
      enough,
      // What is larger than a binding is computed in parts, each of which wants the device for itself.
      isAlone: (plan) => plan.buffers.some((_, buffer) => bytesOf(plan, buffer) > device.largestBinding),
    },
  );
  const shares = programs.map(() => 0);
  const ownOptions = (number: number, budget: number | undefined): RunOptions => ({
    ...options,
    ...(budget !== undefined && { memory: budget }),
    // A signal of its own for each: engines take many who listen to one for a leak.
    ...(options.signal && { signal: AbortSignal.any([options.signal]) }),
    ...(onWarning && { onWarning: (warning) => onWarning(warning, number) }),
    ...(onProgress && {
      onProgress: (share) => {
        shares[number] = share;
        onProgress(shares.reduce((sum, each) => sum + each, 0) / shares.length);
      },
    }),
  });
  const outcomes: PromiseSettledResult<V>[] = [];
  for (const round of rounds) {
    const inputs = round.map(({ number }) => programs[number]?.inputs ?? []);
    const own = await withShared(device, inputs, (shared) =>
      Promise.allSettled(
        round.map(({ number, budget }) => run(programs[number] as Program, ownOptions(number, budget), shared)),
      ),
    ).catch((reason: unknown) => round.map((): PromiseRejectedResult => ({ status: "rejected", reason })));
    outcomes.push(...own);
  }
  return outcomes;
};

/** Calls `work` with the voxels that stand in several lists of inputs uploaded. */
const withShared = async <T>(
  device: Device,
  inputs: readonly (readonly Voxels[])[],
  work: (shared: Uploads) => Promise<T>,
): Promise<T> => {
  const counts = new Map<Voxels, number>();
  for (const voxels of inputs.flatMap((own) => [...new Set(own)])) counts.set(voxels, (counts.get(voxels) ?? 0) + 1);
  const several = [...counts].flatMap(([voxels, count]) =>
    count > 1 && !isOnDevice(voxels) && voxels.data.byteLength <= device.largestBinding ? [voxels] : [],
  );
  const { value: shared, accepted } = device.scoped(
    () =>
      new Map(
        several.map((voxels) => {
          const buffer = device.pool.take(toWords(voxels.data.byteLength));
          upload(device, buffer, voxels.data);
          return [voxels, buffer] as const;
        }),
      ),
  );
  await device.until(accepted);
  try {
    return await work(shared);
  } finally {
    for (const buffer of shared.values()) device.pool.giveBack(buffer);
  }
};
