/**
 * The transpose of a symmetric window, such as a mean over neighbours along an axis, is that window again: where a
 * gather is Σ w(d) · source(i + d) with w(−d) = w(d) along one axis, and the source goes on by reflection about its
 * outer faces or by wrapping round, its matrix is symmetric. One gather does what a scatter for each tap would.
 */
import { derive, plus, times } from "./derive.ts";
import type { Scalar } from "./language/scalar.ts";
import * as scalar from "./language/scalar.ts";
import { axes, identity3 } from "./language/vector.ts";
import type { Buffer, Gather, Tap } from "./plan.ts";

/** What a gather that is such a window gives to the buffer `to`; undefined for any other gather. */
export const transposeWindow = (
  pass: Gather,
  buffers: readonly Buffer[],
  cotangent: number,
): { readonly to: number; readonly giver: Omit<Gather, "output"> } | undefined => {
  const [first] = pass.taps;
  if (first === undefined || pass.regions.length > 0 || !isSameShape(buffers[first.source], buffers[pass.output]))
    return undefined;
  const weights = pass.taps.map((_, k) => weightOf(pass.body, k));
  const isLinear = scalar.nodesOf(pass.body).every((s) => s.kind !== "const" || s.parameter === undefined);
  const isSymmetric = pass.taps.every((tap, k) => {
    if (tap.source !== first.source || tap.boundary !== first.boundary) return false;
    const opposite = pass.taps.findIndex((other) => isOpposite(tap, other));
    return weights[k] !== undefined && weights[k] === weights[opposite];
  });
  if (!isLinear || !isSymmetric || !isAlongOneAxis(pass.taps)) return undefined;
  const body = weights.reduce<Scalar>(
    (sum, weight, k) => plus(sum, times(scalar.tap(k), scalar.constant(weight ?? 0))),
    scalar.constant(0),
  );
  const taps = pass.taps.map((tap) => ({ ...tap, source: cotangent }));
  return { to: first.source, giver: { kind: "gather", taps, regions: [], body, reason: "the transpose of a window" } };
};

const isSameShape = (a: Buffer | undefined, b: Buffer | undefined): boolean =>
  a?.size.join() === b?.size.join() && a?.channels === b?.channels;

/** What a tap counts for, where that is a number. */
const weightOf = (body: Scalar, tap: number): number | undefined => {
  const weight = derive(body, scalar.tap(tap));
  return weight.kind === "const" ? weight.value : undefined;
};

/** Whether two taps look at whole voxels, as far to one side as to the other. */
const isOpposite = (a: Tap, b: Tap): boolean =>
  isShift(a) && isShift(b) && a.pull.offset.every((shift, k) => shift + (b.pull.offset[k] ?? 0) === 0);

const isShift = ({ pull, boundary, class: kind }: Tap): boolean =>
  kind === "copy" &&
  (boundary === "reflect" || boundary === "wrap") &&
  pull.tangents === undefined &&
  pull.linear.every((entry, k) => entry === identity3[k]);

const isAlongOneAxis = (taps: readonly Tap[]): boolean => {
  const moved = axes.filter((axis) => taps.some(({ pull }) => pull.offset[axis] !== 0));
  return moved.length <= 1;
};
