/**
 * Asks for what a run is going to look at before anything is computed with it. A kernel that computes much with each
 * sample waits for those that are far away one after the other, since a processor looks only so many instructions
 * ahead; in a loop that does nothing else it waits for many of them together.
 */
import type { Local } from "../assembler/index.ts";
import type { F, V128 } from "./context.ts";
import type { FixedRun, PerAxis } from "./fixed.ts";

/** The voxels from x on and before `end`, whose samples lie at the addresses that belong to the whole parts. */
export const touch = (
  f: F,
  run: FixedRun,
  x: Local<"i32">,
  end: Local<"i32">,
  addresses: (whole: PerAxis<V128>) => V128,
): void => {
  const scout = run.copy();
  f.forRange(f.local("i32", "scouted"), x, end, 4, () => {
    const four = f.keep(addresses(scout.wholes()));
    for (const lane of [0, 1, 2, 3] as const) f.drop(f.i32.load(f.i32x4.extract_lane(four, lane)));
    scout.advance();
  });
};
