/** What gradients this backend can take, which it computes in one piece. */
import { product } from "../../compiler/language/vector.ts";
import type { Buffer, GradientPlan } from "../../compiler/plan.ts";
import { checkBudgetOf } from "../../compiler/schedule.ts";
import { bytesOf } from "./places.ts";
import { addressReach } from "./tiles.ts";
import { mostRegions } from "./variants.ts";

/** As {@link refusalOf}, for gradients, of which nothing is computed in parts. */
export const gradientRefusalOf = (plan: GradientPlan): string | undefined => {
  const regions = Math.max(0, ...plan.passes.map((pass) => ("regions" in pass ? pass.regions.length : 0)));
  if (regions > mostRegions) return `a pass clips by ${regions} regions, over the limit of ${mostRegions}`;
  const largest = Math.max(0, ...plan.buffers.map(bytesOf));
  return largest > addressReach.whole
    ? `a volume of ${Math.ceil(largest / 2 ** 20)} MiB is over the ${addressReach.whole / 2 ** 20} MiB that kernels reach`
    : undefined;
};

/**
 * Refuses gradients that need more than `budget` bytes beside what goes in; what a scatter gives is one volume of
 * floats over its domain. @throws MedImagesError `BudgetExceeded`
 */
export const checkGradientBudget = ({ passes, inputs, results, buffers }: GradientPlan, budget?: number): void => {
  const given = new Map(
    passes.flatMap((pass) =>
      pass.kind === "scatter" ? [[pass.output, 4 * product(pass.size) * pass.channels] as const] : [],
    ),
  );
  const needs = (buffer: number): number => bytesOf(buffers[buffer] ?? nothing) + (given.get(buffer) ?? 0);
  checkBudgetOf(passes, inputs, results, budget, needs);
};

const nothing: Buffer = { size: [0, 0, 0], channels: 0, storage: "working" };
