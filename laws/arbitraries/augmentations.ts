/** Random augmentations, as their parts: samplers of movements, maps and noise, some of them by chance. */
import fc from "fast-check";
import {
  oneOf,
  randomAffine,
  randomContrast,
  randomFlip,
  randomGamma,
  randomNoise,
  randomRotate,
  randomScale,
  randomShear,
  randomShift,
  randomTranslate,
  type Sampler,
  sometimes,
} from "../../src/augment/index.ts";
import type { IntensityOperation } from "../../src/expression.ts";
import { samplings } from "./samplings.ts";

export type AugmentationPart = Sampler<IntensityOperation>;

const parts: fc.Arbitrary<AugmentationPart> = samplings().chain((sampling) =>
  fc.constantFrom<AugmentationPart>(
    randomAffine({ rotate: [-30, 30], scale: [0.8, 1.2], shear: [-0.1, 0.1], translate: [-3, 3] }, sampling),
    randomRotate({ degrees: [-90, 90] }, sampling),
    randomScale(
      [
        [0.7, 1.3],
        [0.7, 1.3],
        [1, 1],
      ],
      sampling,
    ),
    randomTranslate([-5, 5], sampling),
    randomShear([-0.2, 0.2], sampling),
    randomFlip(),
    randomGamma({ exponent: [0.5, 2], range: [-100, 100] }),
    randomContrast({ factor: [0.7, 1.3], center: 10 }),
    randomNoise({ deviation: [0, 30] }),
    randomNoise({ deviation: [0, 30], distribution: "rician" }),
    sometimes(0.5, randomFlip(["x"]), randomNoise({ deviation: [1, 2] })),
    oneOf<IntensityOperation>(randomShift([-5, 5]), randomContrast({ factor: [0.9, 1.1] })),
  ),
);

/** One to four parts, and last a shift, so that something is drawn that no other seed draws. */
export const augmentations: fc.Arbitrary<readonly AugmentationPart[]> = fc
  .array(parts, { minLength: 1, maxLength: 4 })
  .map((some) => [...some, randomShift([-1, 1])]);
