/** {@link verify} for the passes that only gradients have. */
import { type Buffer, bodiesOf, type GradientPass, type GradientPlan, totalsLength } from "./plan.ts";
import { aimFlaws, flawsOfPass, flawsOfPasses, isFinitePull, isTable, lookFlaws, refuse } from "./verify.ts";

/** Returns the plan when it is sound. @throws MedImagesError `InternalError` naming the phase and every flaw. */
export const verifyGradient = (plan: GradientPlan, phase: string): GradientPlan => {
  refuse(flawsOfPasses(plan, plan.results, flawsOfGradientPass), phase);
  return plan;
};

const flawsOfGradientPass = (pass: GradientPass, output: Buffer, buffers: readonly Buffer[]): readonly string[] => {
  switch (pass.kind) {
    case "prefilter":
    case "gather":
    case "displaced":
    case "within":
      return flawsOfPass(pass, output, buffers);
    case "displaced-scatter": {
      const given = buffers[pass.given];
      if (given === undefined) return [`gives buffer ${pass.given}, which does not exist`];
      return [
        ...aimFlaws(pass, given, buffers),
        ...(given.channels === output.channels ? [] : ["changes the channels"]),
      ];
    }
    case "scatter":
      return [
        ...lookFlaws(pass, [pass.body], pass, buffers),
        ...(isFinitePull(pass.through) ? [] : ["has a pull that is not finite"]),
        ...([1, pass.channels].includes(output.channels) ? [] : ["mixes channels"]),
      ];
    case "reduce":
      return [
        ...lookFlaws(pass, bodiesOf(pass), pass, buffers),
        ...(output.size[0] === totalsLength(pass.totals) ? [] : ["does not fill its output"]),
      ];
    case "histogram":
      return [
        ...lookFlaws(pass, bodiesOf(pass), pass, buffers),
        ...(isTable(output) && output.size[0] === pass.bins ? [] : ["does not fill its output"]),
        ...(pass.bins >= 4 ? [] : ["has too few bins for a cubic B-spline"]),
      ];
  }
};
