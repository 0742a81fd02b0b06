/** What of a plan depends on what: where derivatives can be other than 0. */
import type { Scalar } from "./language/scalar.ts";
import * as scalar from "./language/scalar.ts";
import { dtypes } from "./language/voxels.ts";
import {
  type BodyPass,
  type Buffer,
  bodiesOf,
  type Displaced,
  type Gather,
  type GradientPass,
  type GradientPlan,
  readsOf,
} from "./plan.ts";

/** The buffers that depend on one of some inputs or parameters. */
export const activeBuffers = (
  plan: GradientPlan,
  inputs: readonly number[],
  parameters: readonly string[],
): ReadonlySet<number> => {
  const active = new Set(inputs);
  for (const pass of plan.passes) if (dependsOn(pass, active, parameters)) active.add(pass.output);
  return active;
};

const dependsOn = (pass: GradientPass, active: ReadonlySet<number>, parameters: readonly string[]): boolean => {
  switch (pass.kind) {
    case "prefilter":
      return active.has(pass.source);
    case "displaced":
      return readsOf(pass).some((read) => active.has(read)) || parameters.some((name) => movesBy(pass, name));
    // Where an extent ends has no derivative.
    case "within":
      return false;
    case "displaced-scatter":
      return active.has(pass.given);
    default:
      return looksAt(pass, active, parameters);
  }
};

/** Whether parameters move where a displaced look goes. */
const movesBy = ({ aim: { pull, onto } }: Displaced, name: string): boolean =>
  pull.tangents?.has(name) === true || onto.tangents?.has(name) === true;

const looksAt = (pass: BodyPass, active: ReadonlySet<number>, parameters: readonly string[]): boolean =>
  pass.taps.some(
    ({ source, pull }) => active.has(source) || parameters.some((name) => pull.tangents?.has(name) === true),
  ) || parameters.some((name) => parametersIn(bodiesOf(pass), name).length > 0);

/** The parameters of a name that bodies are made of; more than one where they differ in value. */
export const parametersIn = (bodies: readonly Scalar[], name: string): readonly Scalar[] => [
  ...new Set(bodies.flatMap(scalar.nodesOf).filter((s) => s.kind === "const" && s.parameter === name)),
];

/** Rounding to whole numbers has no derivative, unless there was nothing to round: voxels that were only moved. */
export const flows = (pass: Gather, { storage }: Buffer, { buffers, passes }: GradientPlan): boolean => {
  if (storage === "working" || !dtypes[storage.dtype].integer) return true;
  const isExtent = (buffer: number): boolean => passes.some((made) => made.kind === "within" && made.output === buffer);
  const holds = (buffer: number): boolean => {
    const kept = buffers[buffer]?.storage;
    return kept !== undefined && kept !== "working" && kept.dtype === storage.dtype;
  };
  const moves = (s: Scalar): boolean => {
    switch (s.kind) {
      case "const":
      case "background":
        return true;
      case "tap": {
        const tap = pass.taps[s.index];
        return tap?.by === "nearest" && holds(tap.source);
      }
      case "select":
        return chooses(s.condition) && moves(s.then) && moves(s.otherwise);
      default:
        return false;
    }
  };
  const chooses = (s: Scalar): boolean =>
    s.kind === "inside" || (s.kind === "tap" && isExtent(pass.taps[s.index]?.source ?? -1));
  return moves(pass.body);
};
