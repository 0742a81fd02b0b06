/**
 * What a backend is handed: buffers, and passes that fill them. A plan says everything about geometry and
 * arithmetic and nothing about how to loop; it holds no voxels, so one plan serves many images.
 */
import { type Affine, identity } from "./language/affine.ts";
import type { Boundary, Interpolator } from "./language/interpolator.ts";
import { nodesOf, type Scalar } from "./language/scalar.ts";
import { type Axis, identity3, type Vector3 } from "./language/vector.ts";
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

/** Whether several voxels of one volume are looked at, each as it is: all windows along an axis are such. */
export const addsNeighbours = ({ taps }: Gather): boolean =>
  taps.length > 1 && taps.every((tap) => tap.class === "copy" && tap.source === taps[0]?.source);

const isUnturned = ({ pull, class: kind }: Tap): boolean =>
  kind === "copy" && pull.linear.every((entry, k) => entry === identity3[k]);

/** Whether a tap looks at whole voxels, moved and not turned. */
export const isShift = (tap: Tap): boolean => tap.pull.tangents === undefined && isUnturned(tap);

/** Whether a tap looks, for each voxel, at the one of the same indices. */
export const isInPlace = (tap: Tap): boolean => isUnturned(tap) && tap.pull.offset.every((entry) => entry === 0);

/** Reads a buffer of the domain's size voxel by voxel. */
export const copyOf = (source: number): Tap => ({
  source,
  pull: identity(),
  by: "nearest",
  boundary: "clamp",
  class: "copy",
});

/** The output voxels whose pull lies in [−0.5, size − 0.5): the pre-image of a box, hence convex. */
export interface Region {
  readonly pull: Affine<"index", "index">;
  readonly size: Vector3;
}

/** What bodies look at: their `tap`s and the regions that they are `inside`. */
export interface Look {
  readonly taps: readonly Tap[];
  readonly regions: readonly Region[];
}

/** output[i] = body(taps(i), regions(i)) for every voxel of every channel; the body gives stored numbers. */
export interface Gather extends Look {
  readonly kind: "gather";
  readonly output: number;
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

/**
 * Where looks go that a displacement moves: at index i of the domain to pull(i) plus what `onto`, from the world to the
 * source, makes of the displacement there. This is three buffers of one channel, in mm along x, y and z of the world.
 */
export interface Aim {
  readonly pull: Affine<"index", "index">;
  readonly onto: Affine<"world", "index">;
  readonly displacement: readonly [x: number, y: number, z: number];
}

/**
 * What a tap with this interpolator and boundary reads where `aim` leads; or, along an axis of the source, how fast that
 * rises per voxel. It is kept in working precision, but for nearest voxels, which stay as the source keeps them.
 */
export interface Displaced {
  readonly kind: "displaced";
  readonly source: number;
  readonly output: number;
  readonly aim: Aim;
  readonly by: Interpolator;
  readonly boundary: TapBoundary;
  readonly slope?: Axis;
}

/** 1 where `aim` leads into [−0.5, extent − 0.5), else 0. */
export interface Within {
  readonly kind: "within";
  readonly output: number;
  readonly aim: Aim;
  readonly extent: Vector3;
}

/** The passes that make volumes: all that evaluating an expression needs. */
export type Pass = Gather | Prefilter | Displaced | Within;

/** One number of a {@link Reduce}, or four. */
export interface Total {
  readonly body: Scalar;
  /** Whether Σ body · x, Σ body · y and Σ body · z follow Σ body, with (x, y, z) the voxel's index. */
  readonly moments: boolean;
}

/**
 * The sums of bodies over the voxels and channels of a domain, which is a grid of `size`. The output buffer
 * holds them one behind the other as float64. They are the same numbers whatever computes them in parallel.
 */
export interface Reduce extends Look {
  readonly kind: "reduce";
  readonly output: number;
  readonly size: Vector3;
  readonly channels: number;
  readonly totals: readonly Total[];
  readonly reason: string;
}

/**
 * The transpose of a tap: each voxel i of a domain of `size` gives body(i) to the samples that a tap with this
 * pull, interpolator and boundary would read for it, by the weights that it would read them with. What the
 * output gets is summed; where it has one channel and the domain several, over these too.
 */
export interface Scatter extends Look {
  readonly kind: "scatter";
  readonly output: number;
  readonly size: Vector3;
  readonly channels: number;
  readonly body: Scalar;
  readonly through: Omit<Tap, "source">;
  readonly reason: string;
}

/**
 * The joint histogram of two quantities over the voxels and channels of a domain: the first in whole bins, the second
 * spread over four by a cubic B-spline, which makes it smooth (Mattes et al. 2003). The output is of size
 * [bins, bins, 1] in float64, and output[c, r] = Σ weight · [round(row) = r] · β³(column − c). Rows lie in
 * [0, bins − 1] and columns in [1, bins − 2], or are brought there; voxels where either is NaN do not count. Like the
 * sums of a {@link Reduce} it is the same whatever computes it in parallel.
 */
export interface Histogram extends Look {
  readonly kind: "histogram";
  readonly output: number;
  readonly size: Vector3;
  readonly channels: number;
  readonly bins: number;
  readonly row: Scalar;
  readonly column: Scalar;
  readonly weight: Scalar;
  readonly reason: string;
}

/** The transpose of a {@link Displaced} without slope: each voxel of `given` goes to the samples that would be read for it. */
export interface DisplacedScatter {
  readonly kind: "displaced-scatter";
  readonly given: number;
  readonly output: number;
  readonly aim: Aim;
  readonly by: Interpolator;
  readonly boundary: TapBoundary;
}

/** The passes that gradients are made of. */
export type GradientPass = Pass | Reduce | Scatter | Histogram | DisplacedScatter;
/** Those with bodies. */
export type BodyPass = Exclude<GradientPass, Prefilter | Displaced | Within | DisplacedScatter>;

/** Buffers 0 … inputs − 1 are handed in; each other one is written by exactly one pass, before it is read. */
export interface Plan {
  readonly buffers: readonly Buffer[];
  readonly inputs: number;
  readonly passes: readonly Pass[];
  readonly result: number;
}

/** As a {@link Plan}, for gradients: sums and transposes are passes too, and several buffers are wanted. */
export interface GradientPlan {
  readonly buffers: readonly Buffer[];
  readonly inputs: number;
  readonly passes: readonly GradientPass[];
  readonly results: readonly number[];
}

/** A plan with the voxels of its inputs. */
export interface Program {
  readonly plan: Plan;
  readonly inputs: readonly Voxels[];
}

export interface GradientProgram {
  readonly plan: GradientPlan;
  readonly inputs: readonly Voxels[];
}

/** The bodies of a pass, in order; none in passes that compute without. */
export const bodiesOf = (pass: GradientPass): readonly Scalar[] => {
  switch (pass.kind) {
    case "gather":
    case "scatter":
      return [pass.body];
    case "reduce":
      return pass.totals.map(({ body }) => body);
    case "histogram":
      return [pass.row, pass.column, pass.weight];
    case "prefilter":
    case "displaced":
    case "within":
    case "displaced-scatter":
      return [];
  }
};

/** The grid of indices that a pass runs over. */
export const domainOf = (pass: GradientPass, buffers: readonly Buffer[]): Pick<Buffer, "size" | "channels"> =>
  "size" in pass ? pass : (buffers[pass.output] ?? { size: [1, 1, 1], channels: 1 });

/** Elements of the output of a {@link Reduce}. */
export const totalsLength = (totals: readonly Total[]): number =>
  totals.reduce((sum, { moments }) => sum + (moments ? 4 : 1), 0);

/** The buffers that a pass reads, be it only their background or as a table. */
export const readsOf = (pass: GradientPass): readonly number[] => {
  switch (pass.kind) {
    case "prefilter":
      return [pass.source];
    case "displaced":
      return [pass.source, ...pass.aim.displacement];
    case "within":
      return pass.aim.displacement;
    case "displaced-scatter":
      return [pass.given, ...pass.aim.displacement];
  }
  const named = bodiesOf(pass)
    .flatMap(nodesOf)
    .flatMap((s) => (s.kind === "background" || s.kind === "lookup" ? [s.buffer] : []));
  return [...new Set([...pass.taps.map((tap) => tap.source), ...named])];
};
