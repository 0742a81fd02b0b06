/**
 * Random augmentation as pure functions of a seed, an entry of its own: `medimages/augment`.
 *
 * @packageDocumentation
 */
export type { Amount, Amounts } from "./amount.ts";
export { type Augmentation, type Augmented, augment } from "./augment.ts";
export { type RandomCropOptions, randomCrop } from "./crop.ts";
export { chance, choice, integer, normal, uniform } from "./distributions.ts";
export {
  type RandomContrastOptions,
  type RandomGammaOptions,
  type RandomNoiseOptions,
  randomContrast,
  randomGamma,
  randomNoise,
  randomShift,
} from "./intensity.ts";
export { oneOf, sequence, sometimes, type Weighted, weighted } from "./pipelines.ts";
export { chain, constant, draw, Monad, map, named, of, type Sampler, struct, tuple, URI } from "./sampler.ts";
export {
  type RandomAffineOptions,
  type RandomAnisotropyOptions,
  type RandomRotateOptions,
  randomAffine,
  randomAnisotropy,
  randomFlip,
  randomRotate,
  randomScale,
  randomShear,
  randomTranslate,
} from "./spatial.ts";
export { partOf, type Seed, type Stream, streamOf } from "./stream.ts";
export {
  type Evaluated,
  evaluateSubject,
  type Part,
  type PartOf,
  type Parts,
  type Points,
  type Subject,
  type SubjectOptions,
  subject,
  subjectToJSON,
} from "./subject.ts";
export { together } from "./together.ts";
