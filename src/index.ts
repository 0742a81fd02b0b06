/**
 * The whole public API, in one list.
 *
 * @packageDocumentation
 */

// Programs: what operations build and backends run.
export { pipe } from "fp-ts/lib/function.js";
export type {
  Backend,
  BackendWarning,
  BatchRunOptions,
  DeviceVoxels,
  Outcomes,
  RunOptions,
} from "../backends/backend.ts";
export { reference } from "../backends/reference/index.ts";
export {
  describe,
  type FailedSample,
  MedImagesError,
  type PipelineError,
  type StepProblem,
} from "../compiler/errors.ts";
// Geometry.
export { type Affine, compose, invert, type Space, transformPoint } from "../compiler/language/affine.ts";
export {
  centreOf,
  type Grid,
  gridFromAffine,
  gridOf,
  gridProblem,
  indexToWorld,
  pointAt,
  sameGrid,
  voxelCount,
  worldToIndex,
} from "../compiler/language/grid.ts";
export type { Interpolator } from "../compiler/language/interpolator.ts";
export { param, type Real, type RealMatrix3, type RealVector3 } from "../compiler/language/real.ts";
export {
  type BinaryOperator,
  binary,
  channel,
  constant,
  random,
  type Scalar,
  select,
  showScalar,
  type UnaryOperator,
  unary,
} from "../compiler/language/scalar.ts";
export type { Matrix3, Vector3 } from "../compiler/language/vector.ts";
// Voxels and images.
export {
  type DType,
  dtypeNames,
  type Rescale,
  type Storage,
  type VoxelArray,
  type Voxels,
  voxelsOf,
} from "../compiler/language/voxels.ts";
export type {
  Gather,
  GradientProgram,
  Pass,
  Plan,
  Prefilter,
  Program,
  Region,
  Tap,
  TapClass,
} from "../compiler/plan.ts";
export { release, wasm } from "./backends.ts";
export { type Box, boxAround } from "./box.ts";
// Operations.
export type { ComputeOptions } from "./compute-options.ts";
// Gradients.
export type { Differentiable, GradientOf, GradientOptions, GradientsOf, WithRespectTo } from "./differentiable.ts";
export {
  displacementField,
  type InvertedDisplacement,
  type InvertOptions,
  invertDisplacement,
  jacobianDeterminant,
} from "./displacement.ts";
// Running and keeping them.
export { compile, type EvaluateOptions, evaluate, explain, run } from "./evaluate.ts";
export type { Expression, IntensityOperation, Operation, Source } from "./expression.ts";
export { valueAndGradient, valueOfLoss, vjp } from "./gradient.ts";
export {
  asKind,
  type Channels,
  type Clinical,
  type Display,
  type GpuImage,
  imageFromArray,
  intensityImage,
  type Kind,
  labelImage,
  type MedImage,
  type MedImageParts,
  type Metadata,
  type MetadataValue,
  type Modality,
  realValues,
  type Study,
  type Warning,
} from "./image.ts";
export { type LoadHdf5Options, listHdf5, loadHdf5, type SaveHdf5Options, saveHdf5 } from "./io/hdf5.ts";
export { itkFormats } from "./io/itk/formats.ts";
// Files.
export {
  encodeNifti,
  type ImageHeader,
  type ImageSource,
  type LoadHeaderOptions,
  type LoadHeadersOptions,
  type LoadOptions,
  loadHeader,
  loadHeaders,
  loadImage,
  type SaveOptions,
  type SeriesSource,
  saveImage,
  saveNifti,
  type WhichSeries,
} from "./io/load.ts";
export { type CustomFormat, type FileBytes, registerFormat, type SourceFile } from "./io/registry.ts";
export { type FromJSONOptions, fromJSON, type PipelineDocument, toJSON } from "./json.ts";
export {
  type NyulTrainOptions,
  nyulTrain,
  type ReferenceHistogramOptions,
  referenceHistogram,
} from "./learned.ts";
export {
  addLosses,
  type Loss,
  type LossOf,
  type MaskOptions,
  mse,
  ncc,
  scaleLoss,
  sum,
  sumOfSquares,
  weightedSum,
} from "./loss.ts";
export { type LocalCorrelationOptions, lncc } from "./losses/local-correlation.ts";
export { type MutualInformationOptions, mutualInformation } from "./losses/mutual-information.ts";
export type { RangeOptions, ValueRange } from "./losses/value-range.ts";
export { type AffineParameters, affine } from "./ops/affine.ts";
export { biasField } from "./ops/bias.ts";
export { argMax, oneHot } from "./ops/classes.ts";
export { crop, pad, padOrCropTo } from "./ops/crop.ts";
export { controlGrid, displace, displaceBySpline } from "./ops/displace.ts";
export { as, clamp, gamma, map, rescale, value, window } from "./ops/intensity.ts";
export type { MaskOption, StatisticsOptions } from "./ops/mask.ts";
export { materialize } from "./ops/materialize.ts";
export { type NoiseOptions, noise } from "./ops/noise.ts";
export {
  clipPercentiles,
  type HistogramMatchOptions,
  histogramMatch,
  type MinMaxOptions,
  minMax,
  nyulApply,
  zScore,
} from "./ops/normalise.ts";
export { changeOrientation, flip } from "./ops/orient.ts";
export { rectify } from "./ops/rectify.ts";
export { resampleToImage, resampleToSpacing, scale } from "./ops/resample.ts";
export { type CenterOptions, rotate } from "./ops/rotate.ts";
export { type SmoothOptions, smooth } from "./ops/smooth.ts";
export { type TransformMap, transform } from "./ops/transform.ts";
export { translate } from "./ops/translate.ts";
export { orientationCodes, orientationOf } from "./orientation.ts";
// Images without data at hand.
export { type PhantomKind, type PhantomLabel, type PhantomOptions, phantom, phantomLabels } from "./phantom/index.ts";
export { settle } from "./settle.ts";
export { type Statistics, statistics } from "./statistics.ts";
export type {
  AntialiasOptions,
  AxisName,
  FillOptions,
  Landmarks,
  NoiseDistribution,
  OperationName,
  ReferenceHistogram,
  SamplingFill,
  SamplingOptions,
  Step,
} from "./step.ts";
