/** Which samples a part of the output reads. */
import { support } from "../../compiler/language/interpolator.ts";
import { type Axis, at, axes, type Vector3, vector } from "../../compiler/language/vector.ts";
import type { Tap } from "../../compiler/plan.ts";
import type { Box } from "./boxes.ts";

/** The box of a source, shared by `taps`, that holds all samples that voxels of `output` read. */
export const sourceBox = (
  taps: readonly Tap[],
  source: { readonly size: Vector3; readonly channels: number },
  output: Box,
): Box => {
  const spans = axes.map((row) => {
    const each = taps.map((tap) => samplesAlong(tap, row, source.size[row], output));
    const from = Math.min(...each.map((span) => span.from));
    return { from, to: Math.max(...each.map((span) => span.to)) };
  });
  const start = vector((k) => spans[k]?.from ?? 0);
  const one = source.channels === 1;
  return {
    start,
    size: vector((k) => (spans[k]?.to ?? 0) - start[k]),
    channel: one ? 0 : output.channel,
    channels: one ? 1 : output.channels,
  };
};

/** Samples from … to − 1 along a source axis. */
const samplesAlong = (
  { pull, by, boundary }: Tap,
  row: Axis,
  n: number,
  output: Box,
): { readonly from: number; readonly to: number } => {
  let [low, high] = [pull.offset[row], pull.offset[row]];
  for (const k of axes) {
    const ends = [output.start[k], output.start[k] + output.size[k] - 1].map((i) => at(pull.linear, row, k) * i);
    low += Math.min(...ends);
    high += Math.max(...ends);
  }
  // One more on each side than the interpolator reads, for what rounding may do.
  const first = Math.floor(low) - support[by] / 2 - 1;
  const last = Math.ceil(high) + support[by] / 2 + 1;
  if (first >= 0 && last < n) return { from: first | 0, to: (last | 0) + 1 };
  if (boundary !== "clamp") return { from: 0, to: n };
  const within = (i: number): number => Math.min(Math.max(i, 0), n - 1);
  // A spline that is held at the edge still reads the samples around it, mirrored.
  return { from: within(Math.floor(within(first) - 2)), to: within(Math.ceil(within(last) + 2)) + 1 };
};
