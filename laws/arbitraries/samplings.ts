/** How an operation samples: any interpolation with any fill, said or left out. */
import fc from "fast-check";
import { type Interpolator, interpolators } from "../../compiler/language/interpolator.ts";
import type { Kind } from "../../src/image.ts";
import type { SamplingFill, SamplingOptions } from "../../src/step.ts";

/** Fills that are taken from the image. */
export const imageFills: readonly Extract<SamplingFill, string>[] = ["background", "clamp", "reflect", "wrap"];
/** Fills across whose border linear and B-spline interpolation go on without a jump. */
export const continuousFills: readonly Extract<SamplingFill, string>[] = ["clamp", "reflect", "wrap"];
/** Values, whole and not, that a fill can be. */
export const fillValues: fc.Arbitrary<number> = fc.constantFrom(0, 1, 7, -3, 100, 2.5, -1000);

/** What is said as it can be said of this image: a label image is filled with class numbers. */
export const sayable = <S extends { readonly fill?: SamplingFill }>(image: { readonly kind: Kind }, said: S): S =>
  image.kind === "label" && typeof said.fill === "number"
    ? { ...said, fill: Math.abs(Math.trunc(said.fill)) % 100 }
    : said;

/** Samplings with everything said. */
export const samplings = (
  by: readonly Interpolator[] = interpolators,
  fills: fc.Arbitrary<SamplingFill> = fc.oneof(fc.constantFrom(...imageFills), fillValues),
): fc.Arbitrary<Required<SamplingOptions>> => fc.record({ interpolation: fc.constantFrom(...by), fill: fills });

/** Samplings in which either part may be left to the operation before. */
export const partialSamplings = (
  by: readonly Interpolator[] = interpolators,
  fills: fc.Arbitrary<SamplingFill> = fc.oneof(fc.constantFrom(...imageFills), fillValues),
): fc.Arbitrary<SamplingOptions> =>
  fc.record({ interpolation: fc.constantFrom(...by), fill: fills }, { requiredKeys: [] });
