/**
 * Decides how each buffer of a plan is kept on the device: as its dtype says or, where float16 was asked for and the
 * numbers are known to be in its range, in two bytes. The result keeps its dtype, and what some pass only moves
 * stays exact.
 */
import { dtypes } from "../../compiler/language/voxels.ts";
import type { Pass, Plan } from "../../compiler/plan.ts";
import type { BackendWarning } from "../backend.ts";
import { boundOf } from "./bounds.ts";
import { float16Ends, float16Unit } from "./float16.ts";
import type { Kept } from "./formats.ts";
import { moves } from "./gather.ts";
import { broken, bufferOf, dtypeOfBuffer, type PlacedPlan } from "./plan-buffers.ts";

/** How numbers that are no integers are kept between kernels. They are always computed with in float32. */
export type Precision = "float32" | "float16";

export interface Placed {
  readonly plan: PlacedPlan;
  readonly warnings: readonly BackendWarning[];
}

const float32Ends = 2 ** 128;
/** What the inverse filter of a cubic B-spline adds up to, in magnitude. */
const prefilterGain = 3;

/** `largest` tells the largest magnitude in an input, not finite where nobody knows; it is asked where it matters. */
export const place = (plan: Plan, precision: Precision, largest: (input: number) => number): Placed => {
  const bounds = boundsIn(plan, largest);
  const { moved, computed } = readersIn(plan);
  const displacements = displacementsIn(plan);
  const warnings: BackendWarning[] = [];
  const warn = (kind: string, input: number, message: string): void => {
    const size = bufferOf(plan, input).size.join("×");
    warnings.push({ kind, message: `an image of ${size} has values of ${bounds(input).toPrecision(3)}, ${message}` });
  };
  const kept = (number: number): Kept => {
    const dtype = dtypeOfBuffer(bufferOf(plan, number));
    const asStored = { format: dtype, unit: 1 };
    if (!computed.has(number) || dtypes[dtype].integer) return asStored;
    const isInput = number < plan.inputs;
    if (isInput && dtype === "float64" && bounds(number) >= float32Ends && Number.isFinite(bounds(number)))
      warn("BeyondFloat32", number, "which are infinite in float32; the wasm and reference backends hold them");
    if (precision === "float32" || moved.has(number) || displacements.has(number)) return asStored;
    const unit = float16Unit(bounds(number));
    if (unit !== undefined) return { format: "float16", unit };
    if (isInput && Number.isFinite(bounds(number)))
      warn("BeyondFloat16", number, `so it is kept as ${dtype}: float16 is for values below ${float16Ends}`);
    return asStored;
  };
  const buffers = plan.buffers.map((buffer, number) => ({ ...buffer, ...kept(number) }));
  return { plan: { ...plan, buffers }, warnings };
};

/** The buffers whose voxels some pass only moves, and those that some pass computes with. */
const readersIn = (plan: Plan): { readonly moved: ReadonlySet<number>; readonly computed: ReadonlySet<number> } => {
  const readers = { moved: new Set<number>(), computed: new Set<number>() };
  for (const pass of plan.passes) {
    const sources = readsAsVoxels(pass);
    const isMoved = pass.kind === "gather" && moves(pass, (buffer) => dtypeOfBuffer(bufferOf(plan, buffer)));
    for (const source of sources) readers[isMoved ? "moved" : "computed"].add(source);
  }
  return readers;
};

/** How large the numbers of a buffer can be, in magnitude. */
const readsAsVoxels = (pass: Pass): readonly number[] => {
  switch (pass.kind) {
    case "prefilter":
    case "displaced":
      return [pass.source];
    case "within":
      return [];
    case "gather":
      return pass.taps.map(({ source }) => source);
  }
};

/** Where looks go must be known better than float16 can tell. */
const displacementsIn = ({ passes }: Plan): ReadonlySet<number> =>
  new Set(passes.flatMap((pass) => ("aim" in pass ? pass.aim.displacement : [])));

const boundsIn = (plan: Plan, largest: (input: number) => number): ((buffer: number) => number) => {
  const makers = new Map(plan.passes.map((pass) => [pass.output, pass]));
  const known = new Map<number, number>();
  const made = (pass: Pass): number => {
    switch (pass.kind) {
      case "prefilter":
        return prefilterGain * bound(pass.source);
      case "displaced":
        // No interpolator goes beyond what it reads.
        return bound(pass.source);
      case "within":
        return 1;
      case "gather":
        return boundOf(pass.body, {
          tap: (tap) => bound(pass.taps[tap]?.source ?? broken(`tap ${tap} does not exist`)),
          background: bound,
          channels: bufferOf(plan, pass.output).channels,
        });
    }
  };
  /** Integers round up, and saturate. */
  const asHeld = (number: number, value: number): number => {
    const { integer, min, max } = dtypes[dtypeOfBuffer(bufferOf(plan, number))];
    return integer ? Math.min(value + 1, Math.max(-min, max)) : value;
  };
  const bound = (number: number): number => {
    const before = known.get(number);
    if (before !== undefined) return before;
    const maker = makers.get(number);
    const value = maker === undefined ? largest(number) : asHeld(number, made(maker));
    known.set(number, value);
    return value;
  };
  return bound;
};
