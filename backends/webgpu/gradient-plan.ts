/**
 * Plans of gradients as the device runs them: what a scatter gives is computed by a gather before it, once for each
 * voxel, because many samples look at it; and volumes are kept in float32, as all is computed.
 */
import * as scalar from "../../compiler/language/scalar.ts";
import { type Buffer, copyOf, type GradientPass, type GradientPlan, type Scatter } from "../../compiler/plan.ts";
import { dtypeOfBuffer, type PlacedGradientPlan } from "./plan-buffers.ts";

export const placeGradient = (plan: GradientPlan): PlacedGradientPlan => {
  const sums = sumsOf(plan);
  const isWide = (number: number): boolean =>
    number >= plan.inputs && !sums.has(number) && plan.results.includes(number);
  const buffers: Buffer[] = plan.buffers.map((buffer, number) =>
    isWide(number) && dtypeOfBuffer(buffer) === "float64" ? { ...buffer, storage: "working" } : buffer,
  );
  const passes = plan.passes.flatMap((pass): readonly GradientPass[] => {
    if (pass.kind !== "scatter") return [pass];
    const { taps, regions, body, size, channels, reason } = pass;
    const given = buffers.push({ size, channels, storage: "working" }) - 1;
    return [
      { kind: "gather", output: given, taps, regions, body, reason },
      { ...pass, taps: [copyOf(given)], regions: [], body: scalar.tap(0) } satisfies Scatter,
    ];
  });
  const placed = buffers.map((buffer) => ({ ...buffer, format: dtypeOfBuffer(buffer), unit: 1 }));
  return { ...plan, passes, buffers: placed };
};

/** The buffers that the host sums up, in float64. */
export const sumsOf = ({ passes }: Pick<GradientPlan, "passes">): ReadonlySet<number> =>
  new Set(passes.flatMap(({ kind, output }) => (kind === "reduce" || kind === "histogram" ? [output] : [])));
