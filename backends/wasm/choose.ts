/** Which kernel does a gather: the most special one that can. */
import type { Buffer, Gather } from "../../compiler/plan.ts";
import { chooseWork } from "./choose-work.ts";
import { gatherWork } from "./gather-work.ts";
import { moveWork } from "./move-work.ts";
import { checkExact, type Place } from "./places.ts";
import { separableWork } from "./separable-work.ts";
import type { Work } from "./work.ts";

/** `wholePlanes` says whether all that will be computed are planes of output and not parts of them. */
export const workOf = (pass: Gather, output: Buffer, places: (buffer: number) => Place, wholePlanes: boolean): Work => {
  const moved = moveWork(pass, output, places, wholePlanes);
  if (moved !== undefined) return moved;
  const chosen = chooseWork(pass, output, places);
  if (chosen !== undefined) return chosen;
  // All others compute with what they read.
  for (const { source } of pass.taps) checkExact(places(source));
  return separableWork(pass, output, places) ?? gatherWork(pass, output, places);
};
