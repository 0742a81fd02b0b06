/**
 * Which plans of a batch are computed side by side. More at a time keep a machine busier; but each holds its
 * intermediates meanwhile, and all results stay until the batch is done.
 */
import type { Plan } from "./plan.ts";
import { budgetNeed, resultBytes } from "./schedule.ts";

/** A plan of a batch by its number, with what is left for it of the budget of the batch. */
export interface Turn {
  readonly number: number;
  readonly budget: number | undefined;
}

export interface RoundRules {
  /** Bytes that a buffer of a plan takes. */
  readonly bytesOf: (plan: Plan, buffer: number) => number;
  /** Bytes of results and intermediates for all plans together. */
  readonly budget: number | undefined;
  /** Bytes that are worked on at a time: with more of them there is nothing to gain. */
  readonly enough: number;
  /** Whether a plan has to be computed by itself. */
  readonly isAlone: (plan: Plan, budget: number | undefined) => boolean;
}

/** Cuts a batch into rounds, in order. Plans that the budget does not allow are there too, to be refused. */
export const roundsOf = (
  plans: readonly Plan[],
  { bytesOf, budget, enough, isAlone }: RoundRules,
): readonly (readonly Turn[])[] => {
  const spare = plans.reduce((sum, plan) => sum - resultBytes(plan), budget ?? Infinity);
  const rounds: Turn[][] = [];
  let [bytes, extra, isClosed] = [0, 0, true];
  plans.forEach((plan, number) => {
    const [result, whole] = [resultBytes(plan), budgetNeed(plan, (buffer) => bytesOf(plan, buffer))];
    const over = Math.max(0, whole - result);
    const turn = { number, budget: budget === undefined ? undefined : spare + result };
    const alone = isAlone(plan, turn.budget);
    if (isClosed || alone || bytes + whole > enough || extra + over > spare) {
      rounds.push([]);
      [bytes, extra] = [0, 0];
    }
    rounds.at(-1)?.push(turn);
    [bytes, extra, isClosed] = [bytes + whole, extra + over, alone];
  });
  return rounds;
};
