/**
 * Several plans at a time. A small volume keeps threads busy for less time than it takes to call them together, so
 * what the plans ask for next is one task for all of them: threads meet once for each step of the batch and not
 * once for each step of each plan.
 */
import type { Voxels } from "../../compiler/language/voxels.ts";
import type { Plan, Program } from "../../compiler/plan.ts";
import { roundsOf } from "../../compiler/rounds.ts";
import type { BatchRunOptions, Outcomes, RunOptions } from "../backend.ts";
import { type Crew, type Request, workTogether } from "./crew.ts";
import { bufferOf, bytesOf, Places } from "./places.ts";
import type { Pool } from "./pool.ts";
import { Run } from "./run.ts";
import { type Reach, tilesOfPlan } from "./tiles.ts";

/** Bytes of the volumes that are worked on at a time: with more, threads have enough to do between two meetings. */
const enough = 2 ** 23;

export const runBatch = async (
  programs: readonly Program[],
  pool: Pool,
  options: BatchRunOptions,
  reach: Reach,
): Promise<Outcomes<Voxels>> => {
  const outcomes: PromiseSettledResult<Voxels>[] = [];
  const shares = programs.map(() => 0);
  const told = (share: number, at: number): void => {
    shares[at] = share;
    options.onProgress?.(shares.reduce((sum, each) => sum + each, 0) / shares.length);
  };
  const plans = programs.map(({ plan }) => plan);
  const rounds = roundsOf(plans, {
    bytesOf: (plan, buffer) => bytesOf(bufferOf(plan, buffer)),
    budget: options.memory,
    enough,
    isAlone: (plan, budget) => isInTiles(plan, budget, reach),
  });
  for (const round of rounds) {
    const first = outcomes.length;
    const own = round.map(({ number, budget }) => ({ program: programs[number] as Program, budget }));
    outcomes.push(...(await runRound(own, pool, options, reach, (share, k) => told(share, first + k))));
  }
  return outcomes;
};

/** Programs that are computed side by side, each within a budget of its own. */
type Round = readonly { readonly program: Program; readonly budget: number | undefined }[];

/** Tiles take turns in the memory that small volumes share; what cannot be at all is told when it is run. */
const isInTiles = (plan: Plan, memory: number | undefined, reach: Reach): boolean => {
  if (memory === undefined && plan.buffers.every((buffer) => bytesOf(buffer) <= reach.whole)) return false;
  try {
    return plan.result >= plan.inputs && tilesOfPlan(plan, memory, reach).length > 1;
  } catch {
    return true;
  }
};

const runRound = async (
  round: Round,
  pool: Pool,
  options: BatchRunOptions,
  reach: Reach,
  told: (share: number, k: number) => void,
): Promise<Outcomes<Voxels>> => {
  const crew = new Together(round.length, pool, options);
  const outcomes = await Promise.allSettled(
    round.map(async ({ program: { plan, inputs }, budget }, k) => {
      const report = options.onProgress && { onProgress: (share: number): void => told(share, k) };
      const own: RunOptions = { ...(budget === undefined ? {} : { memory: budget }), ...report };
      try {
        return await new Run(plan, inputs, crew, own, reach).result();
      } finally {
        crew.leave();
      }
    }),
  );
  // Not after a failure: a thread that is being stopped may still write.
  if (outcomes.every(({ status }) => status === "fulfilled")) crew.room.giveBackAll();
  return outcomes;
};

interface Waiting {
  readonly request: Request;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** The crew of several runs: it begins when each run that goes on has asked for its next piece of work. */
class Together implements Crew {
  readonly room: Places = new Places();
  readonly #pool: Pool;
  readonly #options: BatchRunOptions;
  #runs: number;
  #waiting: Waiting[] = [];

  constructor(runs: number, pool: Pool, options: BatchRunOptions) {
    this.#runs = runs;
    this.#pool = pool;
    this.#options = options;
  }

  work(request: Request): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject });
      this.#beginIfAllAsked();
    });
  }

  /** A run has ended. */
  leave(): void {
    this.#runs--;
    this.#beginIfAllAsked();
  }

  #beginIfAllAsked(): void {
    if (this.#waiting.length === 0 || this.#waiting.length < this.#runs) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    const requests = waiting.map(({ request }) => request);
    workTogether(requests, this.room, this.#pool, this.#options).then(
      () => {
        for (const { resolve } of waiting) resolve();
      },
      (reason: unknown) => {
        for (const { reject } of waiting) reject(reason);
      },
    );
  }
}
