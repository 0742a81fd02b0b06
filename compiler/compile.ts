/** The phases of the compiler, in order. */
import type { Volume } from "./language/field.ts";
import { lower } from "./lower.ts";
import type { Program } from "./plan.ts";
import { simplify } from "./simplify.ts";
import { verify } from "./verify.ts";

/** @throws MedImagesError `InternalError` when a phase breaks the plan, which is a bug of this library. */
export const compileVolume = (volume: Volume): Program => {
  const { plan, inputs } = lower(volume);
  return { inputs, plan: verify(simplify(verify(plan, "lower")), "simplify") };
};
