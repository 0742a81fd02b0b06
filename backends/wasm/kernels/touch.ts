/**
 * Asks for what a run is going to look at before anything is computed with it. A kernel that computes much with each
 * sample waits for those that are far away one after the other, since a processor looks only so many instructions
 * ahead; in a loop that does nothing else it waits for many of them together.
 */
import type { Local } from "../assembler/index.ts";
import type { F, I32, V128 } from "./context.ts";
import { type FixedRun, fraction, type PerAxis, perAxis } from "./fixed.ts";

/** The voxels from x on and before `end`, whose samples lie, from `first` on, where it says of their whole parts. */
export const touch = (
  f: F,
  { parts, steps }: FixedRun,
  first: I32,
  x: Local<"i32">,
  end: Local<"i32">,
  offsets: (whole: PerAxis<V128>) => V128,
): void => {
  const from = f.keep(first, "from");
  const scouts = perAxis(parts, ({ at }) => f.keep(at, "scout"));
  f.forRange(f.local("i32", "scouted"), x, end, 4, () => {
    const four = f.keep(offsets(perAxis(scouts, (at) => f.i32x4.shr_s(at, fraction))));
    for (const lane of [0, 1, 2, 3] as const) f.drop(f.i32.load(f.i32.add(from, f.i32x4.extract_lane(four, lane))));
    perAxis(scouts, (at, a) => at.set(f.i32x4.add(at, steps[a] as Local<"v128">)));
  });
};
