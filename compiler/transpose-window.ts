/**
 * The transpose of a symmetric window, such as a mean over neighbours along an axis, is that window again where the
 * source goes on by reflection about its outer faces or by wrapping round: its matrix is symmetric then. One gather does
 * what a scatter for each tap would.
 */
import { plus, times } from "./derive.ts";
import type { Scalar } from "./language/scalar.ts";
import * as scalar from "./language/scalar.ts";
import type { Buffer, Gather } from "./plan.ts";
import { windowOf } from "./window.ts";

/** What a gather that is such a window gives to the buffer `to`; undefined for any other gather. */
export const transposeWindow = (
  pass: Gather,
  buffers: readonly Buffer[],
  cotangent: number,
): { readonly to: number; readonly giver: Omit<Gather, "output"> } | undefined => {
  const window = windowOf(pass);
  if (window === undefined || !(window.boundary === "reflect" || window.boundary === "wrap")) return undefined;
  const { source, axis, weights } = window;
  if (!isSameShape(buffers[source], buffers[pass.output])) return undefined;
  const body = pass.taps.reduce<Scalar>(
    (sum, { pull }, k) => plus(sum, times(scalar.tap(k), scalar.constant(weights[Math.abs(pull.offset[axis])] ?? 0))),
    scalar.constant(0),
  );
  const taps = pass.taps.map((tap) => ({ ...tap, source: cotangent }));
  return { to: source, giver: { kind: "gather", taps, regions: [], body, reason: "the transpose of a window" } };
};

const isSameShape = (a: Buffer | undefined, b: Buffer | undefined): boolean =>
  a?.size.join() === b?.size.join() && a?.channels === b?.channels;
