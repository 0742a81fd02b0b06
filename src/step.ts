/**
 * Operations as data: what a pipeline file holds, what an expression remembers, and what constructors such
 * as `rotate` build. Lengths are world mm (LPS), angles degrees, sizes and starts voxels.
 */
import type { Volume } from "../compiler/language/field.ts";
import type { Grid } from "../compiler/language/grid.ts";
import type { Interpolator } from "../compiler/language/interpolator.ts";
import type { Real, RealMatrix3, RealVector3 } from "../compiler/language/real.ts";
import type { Scalar } from "../compiler/language/scalar.ts";
import type { Vector3 } from "../compiler/language/vector.ts";
import type { DType } from "../compiler/language/voxels.ts";
import type { MedImage } from "./image.ts";

export type AxisName = "x" | "y" | "z";

/** What lies beyond the voxels: a real value, the median of the corner voxels, or the image going on. */
export type SamplingFill = number | "background" | "clamp" | "reflect" | "wrap";

/**
 * How an operation samples. What is left out is as in the operation before, or else linear (nearest for
 * labels) with the background (0 for labels) outside.
 */
export interface SamplingOptions<I extends Interpolator = Interpolator> {
  readonly interpolation?: I;
  readonly fill?: SamplingFill;
}
/** How an operation goes to coarser voxels. */
export interface AntialiasOptions {
  /** Whether what coarser voxels cannot hold is smoothed away before; false unless said. */
  readonly antialias?: boolean;
}
/** What a clip puts outside: a real value, or the median of the corner voxels (default; 0 for labels). */
export interface FillOptions {
  readonly fill?: number | "background";
}

export interface RotateStep extends SamplingOptions {
  readonly op: "rotate";
  readonly axis: AxisName | Vector3;
  readonly degrees: Real;
  /** The point that stays, in world mm (LPS); the centre of the grid unless said. */
  readonly center?: RealVector3;
}
export interface AffineStep extends SamplingOptions {
  readonly op: "affine";
  readonly rotate?: RealVector3;
  readonly scale?: RealVector3;
  readonly shear?: RealVector3;
  readonly translate?: RealVector3;
  /** The point about which is turned, scaled and sheared, in world mm (LPS); the centre of the grid unless said. */
  readonly center?: RealVector3;
}
/** The content moves by p ↦ matrix · p + offset, in world mm (LPS). */
export interface TransformStep extends SamplingOptions {
  readonly op: "transform";
  readonly matrix: RealMatrix3;
  readonly offset: RealVector3;
}
/** The content at p + u(p) comes to p, with u in mm: `vectors` on a grid, or the control points of a cubic B-spline. */
export interface DisplaceStep extends SamplingOptions {
  readonly op: "displace";
  readonly by: "vectors" | "control points";
  /** Three channels: along x, y and z of the world (LPS). */
  readonly vectors: MedImage<"intensity">;
}
export interface TranslateStep {
  readonly op: "translate";
  readonly axis: AxisName;
  readonly mm: Real;
}
export interface ScaleStep extends SamplingOptions, AntialiasOptions {
  readonly op: "scale";
  readonly factor: number | Vector3;
}
export interface ResampleToSpacingStep extends SamplingOptions, AntialiasOptions {
  readonly op: "resampleToSpacing";
  readonly spacing: Vector3;
  readonly align?: "origin" | "extent";
}
/** `image` is where the grid came from, for people. */
export interface ResampleToImageStep extends SamplingOptions, AntialiasOptions {
  readonly op: "resampleToImage";
  readonly grid: Grid;
  readonly image?: string;
}
export interface CropStep extends FillOptions {
  readonly op: "crop";
  readonly start: Vector3;
  readonly size: Vector3;
}
export interface PadStep extends FillOptions {
  readonly op: "pad";
  readonly begin: Vector3;
  readonly end: Vector3;
}
export interface PadOrCropToStep extends FillOptions {
  readonly op: "padOrCropTo";
  readonly size: Vector3;
}
export interface FlipStep {
  readonly op: "flip";
  readonly axis: AxisName;
}
export interface ChangeOrientationStep {
  readonly op: "changeOrientation";
  readonly to: string;
}
export interface MaterializeStep {
  readonly op: "materialize";
}
export interface AsStep {
  readonly op: "as";
  readonly dtype: DType;
}
export interface RescaleStep {
  readonly op: "rescale";
  readonly slope: Real;
  readonly intercept: Real;
}
/** Values are multiplied by the exponential of a cubic B-spline of control points, an image of one channel. */
export interface BiasFieldStep {
  readonly op: "biasField";
  readonly controlPoints: MedImage<"intensity">;
}
export interface ClampStep {
  readonly op: "clamp";
  readonly min: Real;
  readonly max: Real;
}
export interface WindowStep {
  readonly op: "window";
  readonly center: Real;
  readonly width: Real;
  readonly to?: readonly [number, number];
}
export interface GammaStep {
  readonly op: "gamma";
  readonly gamma: Real;
}
export interface MapStep {
  readonly op: "map";
  readonly body: Scalar;
}
/** An image as a mask; `image` is where it came from, for people and for pipeline files. */
export interface MaskImage {
  readonly image: string;
  readonly volume: Volume;
  readonly channels: number;
  /** Why it cannot be, where it cannot. */
  readonly problem?: string;
}
/** The voxels that are not 0, those above a real value, or those where another image is not 0. */
export type Mask = "nonzero" | { readonly above: number } | MaskImage;

/** Which voxels a statistic is taken of: all unless said. */
export interface MaskFields {
  readonly mask?: Mask;
}
export interface ZScoreStep extends MaskFields {
  readonly op: "zScore";
}
export interface MinMaxStep extends MaskFields {
  readonly op: "minMax";
  readonly to?: readonly [number, number];
  readonly percentiles?: readonly [number, number];
}
export interface ClipPercentilesStep extends MaskFields {
  readonly op: "clipPercentiles";
  readonly low: number;
  readonly high: number;
}
/** Values in order, and the share of all that is not above each. */
export interface ReferenceHistogram {
  readonly values: readonly number[];
  readonly shares: readonly number[];
}
export interface HistogramMatchStep extends MaskFields {
  readonly op: "histogramMatch";
  readonly reference: ReferenceHistogram;
  readonly knots?: number;
}
/** What values an image shall have at some of its percentiles. */
export interface Landmarks {
  readonly percentiles: readonly number[];
  readonly values: readonly number[];
}
export interface NyulApplyStep extends MaskFields {
  readonly op: "nyulApply";
  readonly landmarks: Landmarks;
}
/** A standard deviation, or a full width at half maximum, in mm along the axes of the image: one of both. */
export interface SmoothStep {
  readonly op: "smooth";
  readonly sigma?: number | Vector3;
  readonly fwhm?: number | Vector3;
}
export interface OneHotStep {
  readonly op: "oneHot";
  readonly classes: number;
}
export interface ArgMaxStep {
  readonly op: "argMax";
}

export type Step =
  | RotateStep
  | AffineStep
  | TransformStep
  | DisplaceStep
  | TranslateStep
  | ScaleStep
  | ResampleToSpacingStep
  | ResampleToImageStep
  | CropStep
  | PadStep
  | PadOrCropToStep
  | FlipStep
  | ChangeOrientationStep
  | MaterializeStep
  | AsStep
  | RescaleStep
  | BiasFieldStep
  | ClampStep
  | WindowStep
  | GammaStep
  | MapStep
  | ZScoreStep
  | MinMaxStep
  | ClipPercentilesStep
  | HistogramMatchStep
  | NyulApplyStep
  | SmoothStep
  | OneHotStep
  | ArgMaxStep;
export type OperationName = Step["op"];
export type StepOf<N extends OperationName> = Extract<Step, { readonly op: N }>;
