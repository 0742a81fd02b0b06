/**
 * The transpose of the B-spline prefilter. The filter is the inverse of the matrix that samples a spline at its
 * knots. That matrix is symmetric where the samples are repeated or reflected about a face; mirrored about the
 * centre of an end voxel, the end's neighbour counts twice and it is D⁻¹ times a symmetric one, with
 * D = diag(½, 1, …, 1, ½). So the transpose of the filter A is D A D⁻¹. Along different axes all of these commute.
 */
import { times } from "./derive.ts";
import { identity, translation } from "./language/affine.ts";
import type { Scalar } from "./language/scalar.ts";
import * as scalar from "./language/scalar.ts";
import { type Axis, type Vector3, vector } from "./language/vector.ts";
import type { Gather, Pass, Prefilter, Region } from "./plan.ts";

interface Transposed {
  readonly passes: readonly Pass[];
  /** The last of them, which may yet be stored in any way. */
  readonly giver: Omit<Gather, "output">;
}

/** The transpose of filters along several axes of volumes of `size`, applied to the buffer `cotangent`. */
export const transposePrefilters = (
  chain: readonly Prefilter[],
  size: Vector3,
  cotangent: number,
  make: () => number,
): Transposed => {
  // Two voxels are both ends: D is a multiple of the identity.
  const mirrored = chain
    .filter(({ boundary, axis }) => boundary === "mirror" && size[axis] > 2)
    .map(({ axis }) => axis);
  const passes: Pass[] = [];
  let last = cotangent;
  if (mirrored.length > 0) {
    const output = make();
    passes.push({ ...endsTimes(2, mirrored, size, last), output });
    last = output;
  }
  for (const { axis, boundary } of chain) {
    const output = make();
    passes.push({ kind: "prefilter", source: last, output, axis, boundary });
    last = output;
  }
  return { passes, giver: endsTimes(0.5, mirrored, size, last) };
};

/** A buffer with the end voxels along some axes multiplied. */
const endsTimes = (factor: number, along: readonly Axis[], size: Vector3, source: number): Omit<Gather, "output"> => ({
  kind: "gather",
  taps: [{ source, pull: identity(), by: "nearest", boundary: "clamp", class: "copy" }],
  regions: along.map(
    (axis): Region => ({
      pull: translation(vector((k) => (k === axis ? -1 : 0))),
      size: vector((k) => (k === axis ? size[k] - 2 : size[k])),
    }),
  ),
  body: along.reduce<Scalar>(
    (body, _, k) => times(body, scalar.select(scalar.inside(k), scalar.constant(1), scalar.constant(factor))),
    scalar.tap(0),
  ),
  reason: "the transpose of the B-spline prefilter at mirrored ends",
});
