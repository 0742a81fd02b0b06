/** {@link simplify} for the passes that only gradients have. */
import { type Buffer, bodiesOf, type GradientPass, type GradientPlan } from "./plan.ts";
import { simplifyGather, simplifyLook, withoutUnread } from "./simplify.ts";

export const simplifyGradient = (plan: GradientPlan): GradientPlan => {
  const passes = plan.passes.map((pass) => simplifyPass(pass, plan.buffers));
  return { ...plan, passes: withoutUnread(passes, plan.results) };
};

const simplifyPass = (pass: GradientPass, buffers: readonly Buffer[]): GradientPass => {
  switch (pass.kind) {
    case "prefilter":
    case "displaced":
    case "within":
    case "displaced-scatter":
      return pass;
    case "gather":
      return simplifyGather(pass, buffers);
    case "scatter": {
      const { look, bodies } = simplifyLook(pass, [pass.body], pass.size);
      return { ...pass, ...look, body: bodies[0] ?? pass.body };
    }
    case "reduce": {
      const { look, bodies } = simplifyLook(pass, bodiesOf(pass), pass.size);
      const totals = pass.totals.map((total, k) => ({ ...total, body: bodies[k] ?? total.body }));
      return { ...pass, ...look, totals };
    }
    case "histogram": {
      const { look, bodies } = simplifyLook(pass, bodiesOf(pass), pass.size);
      const [row = pass.row, column = pass.column, weight = pass.weight] = bodies;
      return { ...pass, ...look, row, column, weight };
    }
  }
};
