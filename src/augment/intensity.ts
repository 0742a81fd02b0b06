/** Random maps of values; what they draw are the numbers of ordinary operations. Labels stay as they are. */
import { pipe } from "fp-ts/lib/function.js";
import type { IntensityOperation } from "../expression.ts";
import { gamma, rescale } from "../ops/intensity.ts";
import { noise } from "../ops/noise.ts";
import type { NoiseDistribution } from "../step.ts";
import { type Amount, sampled } from "./amount.ts";
import { integer } from "./distributions.ts";
import { map, named, type Sampler, struct } from "./sampler.ts";

export interface RandomGammaOptions {
  readonly exponent: Amount;
  /** The values that are brought to 0 and 1 before and back afterwards, which both stay; [0, 1] unless said. */
  readonly range?: readonly [low: number, high: number];
}

/** v ↦ low + (high − low) · ((v − low) / (high − low))^exponent, and as much with the other sign below `low`. */
export const randomGamma = ({
  exponent,
  range: [low, high] = [0, 1],
}: RandomGammaOptions): Sampler<IntensityOperation> =>
  pipe(
    sampled(exponent, "the exponent"),
    map((drawn): IntensityOperation => {
      if (low === 0 && high === 1) return gamma(drawn);
      const width = high - low;
      return (source) => pipe(source, rescale(1 / width, 0 - low / width), gamma(drawn), rescale(width, low));
    }),
    named("gamma"),
  );

export interface RandomContrastOptions {
  readonly factor: Amount;
  /** The value that stays, 0 unless said: the mean of the image, where that is known. */
  readonly center?: number;
}

/** v ↦ center + factor · (v − center). */
export const randomContrast = ({ factor, center = 0 }: RandomContrastOptions): Sampler<IntensityOperation> =>
  pipe(
    sampled(factor, "the factor"),
    map((drawn) => rescale(drawn, center * (1 - drawn) + 0)),
    named("contrast"),
  );

/** v ↦ v + shift. */
export const randomShift = (shift: Amount): Sampler<IntensityOperation> =>
  pipe(
    sampled(shift, "the shift"),
    map((drawn) => rescale(1, drawn)),
    named("shift"),
  );

export interface RandomNoiseOptions {
  /** The standard deviation, in the image's own units. */
  readonly deviation: Amount;
  /** `gaussian` unless said; `rician` is that of magnitude MR images. */
  readonly distribution?: NoiseDistribution;
}

/** Noise that each voxel draws by itself in the kernel. What is drawn here are its deviation and its seed. */
export const randomNoise = ({
  deviation,
  distribution = "gaussian",
}: RandomNoiseOptions): Sampler<IntensityOperation> =>
  pipe(
    struct({ deviation: sampled(deviation, "the deviation"), seed: integer(0, 2 ** 32 - 1) }),
    map((drawn) => noise({ ...drawn, distribution })),
    named("noise"),
  );
