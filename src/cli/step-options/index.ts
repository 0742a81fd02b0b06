/** Steps as options of the command line, in the order in which the help lists them. */
import { readNumber } from "../formats.ts";
import { draft, plain, type StepOption } from "./draft.ts";
import { gridOptions } from "./grid.ts";
import { intensityOptions } from "./intensity.ts";
import { motionOptions } from "./motion.ts";

export const stepOptions: Readonly<Record<string, StepOption>> = {
  ...gridOptions,
  ...motionOptions,
  ...intensityOptions,
  "one-hot": draft("N", "Give each of N classes a channel of 0 and 1.", "a whole number from 1", "4", (text) => {
    const classes = readNumber(text);
    return classes !== undefined && Number.isSafeInteger(classes) && classes > 0
      ? plain({ op: "oneHot", classes })
      : undefined;
  }),
  "arg-max": {
    help: "Take the number of the largest channel, as a label image.",
    format: { expected: "nothing", example: "", read: () => plain({ op: "argMax" }) },
  },
  materialize: {
    help: "Compute what came so far before going on, as tools do that apply one step after the other.",
    format: { expected: "nothing", example: "", read: () => plain({ op: "materialize" }) },
  },
};
