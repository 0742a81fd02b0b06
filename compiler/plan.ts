/**
 * What a backend is handed: buffers, and passes that fill them. A plan says everything about geometry and
 * arithmetic and nothing about how to loop; it holds no voxels, so one plan serves many images.
 */
import type { Affine } from "./language/affine.ts";
import type { Boundary, Interpolator } from "./language/interpolator.ts";
import { nodesOf, type Scalar } from "./language/scalar.ts";
import type { Axis, Vector3 } from "./language/vector.ts";
import type { Storage, Voxels } from "./language/voxels.ts";

/**
 * Samples on a grid of `size`, x fastest, channels slowest. `working` storage is the backend's own
 * arithmetic type (float64 in the reference, float32 elsewhere) and never leaves it.
 */
export interface Buffer {
  readonly size: Vector3;
  readonly channels: number;
  readonly storage: Storage | "working";
}

/** How much freedom a tap's pull leaves: `copy` moves voxels, `axis-aligned` is separable, `general` neither. */
export type TapClass = "copy" | "axis-aligned" | "general";

/** `mirror` reflects about the centre of the edge voxel: how B-splines go on beyond the samples. */
export type TapBoundary = Boundary | "mirror";

/**
 * One look at a buffer per output voxel: its samples around pull(output index), as stored numbers.
 * Outside the samples the index is brought back by `boundary`; where something else is due the body
 * selects it with a region. For `bspline` the buffer holds coefficients.
 */
export interface Tap {
  readonly source: number;
  readonly pull: Affine<"index", "index">;
  readonly by: Interpolator;
  readonly boundary: TapBoundary;
  readonly class: TapClass;
}

/** The output voxels whose pull lies in [−0.5, size − 0.5): the pre-image of a box, hence convex. */
export interface Region {
  readonly pull: Affine<"index", "index">;
  readonly size: Vector3;
}

/** output[i] = body(taps(i), regions(i)) for every voxel of every channel; the body gives stored numbers. */
export interface Gather {
  readonly kind: "gather";
  readonly output: number;
  readonly taps: readonly Tap[];
  readonly regions: readonly Region[];
  readonly body: Scalar;
  /** Why this pass exists, for people. */
  readonly reason: string;
}

/** Interpolating cubic B-spline coefficients along one axis; beyond the ends the samples go on by `boundary`. */
export interface Prefilter {
  readonly kind: "prefilter";
  readonly source: number;
  readonly output: number;
  readonly axis: Axis;
  readonly boundary: PrefilterBoundary;
}

/** How the samples go on: `mirror` about the centre of the edge voxel, `reflect` about its outer face. */
export type PrefilterBoundary = "mirror" | "reflect" | "wrap";

export type Pass = Gather | Prefilter;

/** Buffers 0 … inputs − 1 are handed in; each other one is written by exactly one pass, before it is read. */
export interface Plan {
  readonly buffers: readonly Buffer[];
  readonly inputs: number;
  readonly passes: readonly Pass[];
  readonly result: number;
}

/** A plan with the voxels of its inputs. */
export interface Program {
  readonly plan: Plan;
  readonly inputs: readonly Voxels[];
}

/** The buffers that a pass reads, be it only their background. */
export const readsOf = (pass: Pass): readonly number[] => {
  switch (pass.kind) {
    case "gather": {
      const backgrounds = nodesOf(pass.body).flatMap((s) => (s.kind === "background" ? [s.buffer] : []));
      return [...new Set([...pass.taps.map((tap) => tap.source), ...backgrounds])];
    }
    case "prefilter":
      return [pass.source];
  }
};
