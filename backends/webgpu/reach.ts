/** Which samples of a source a part of the output reads. */
import type { Vector3 } from "../../compiler/language/vector.ts";
import type { Tap } from "../../compiler/plan.ts";
import { around, readBox } from "../../compiler/tile.ts";
import type { Box } from "./boxes.ts";

/** The box of a source, read by all of `taps`, that voxels of `output` need. */
export const sourceBox = (
  taps: readonly Tap[],
  source: { readonly size: Vector3; readonly channels: number },
  output: Box,
): Box => {
  const box = taps.map((tap) => readBox(tap, output, source.size)).reduce(around);
  const shared = source.channels === 1;
  return {
    ...box,
    channel: shared ? 0 : output.channel,
    channels: shared ? 1 : output.channels,
  };
};
