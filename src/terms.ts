/** The terms of a loss as passes, and what the host makes of their results. */
import { exactNumber, type Voxels } from "../compiler/language/voxels.ts";
import { type HistogramPlace, lowerReductions, type TotalPlace } from "../compiler/lower-reductions.ts";
import type { GradientProgram } from "../compiler/plan.ts";
import { simplifyGradient } from "../compiler/simplify-gradient.ts";
import { verifyGradient } from "../compiler/verify-gradient.ts";
import type { Statistic, Term } from "./loss.ts";

/** Where a run leaves what a term is made of. */
export type Place =
  | ({ readonly kind: "total" } & TotalPlace)
  | ({ readonly kind: "histogram" } & HistogramPlace & Pick<Statistic, "of">);

/** A term as it was found; of a histogram with the derivatives by it. */
export interface Reading {
  readonly value: number;
  readonly derivatives?: Float64Array;
}

/** The plan of all terms, and for each where it will be. */
export interface CompiledTerms extends GradientProgram {
  readonly places: readonly Place[];
}

/** @throws MedImagesError `InternalError` when a phase breaks the plan, which is a bug of this library. */
export const compileTerms = (terms: readonly Term[]): CompiledTerms => {
  const reductions = terms.filter((term) => term.kind === "reduction");
  const statistics = terms.filter((term) => term.kind === "statistic");
  const lowered = lowerReductions(
    reductions,
    statistics.map(({ histogram }) => histogram),
  );
  let [sums, counts] = [0, 0];
  const places = terms.flatMap((term): readonly Place[] => {
    if (term.kind === "statistic") {
      const place = lowered.histograms[counts++];
      return place === undefined ? [] : [{ kind: "histogram", ...place, of: term.of }];
    }
    const place = lowered.places[sums++];
    return place === undefined ? [] : [{ kind: "total", ...place }];
  });
  const plan = verifyGradient(simplifyGradient(verifyGradient(lowered.plan, "lower")), "simplify");
  return { plan, inputs: lowered.inputs, places };
};

/** Results of a run by their buffers. */
export type Results = ReadonlyMap<number, Voxels>;

/** All terms in the results of a run. */
export const readTerms = ({ places }: CompiledTerms, results: Results): readonly Reading[] =>
  places.map((place) => readTerm(place, results));

const readTerm = (place: Place, results: Results): Reading => {
  if (place.kind === "total") return { value: numberAt(results, place.buffer, place.element) };
  const length = results.get(place.buffer)?.data.length ?? 0;
  return place.of(Float64Array.from({ length }, (_, k) => numberAt(results, place.buffer, k)));
};

export const numberAt = (results: Results, buffer: number, element: number): number =>
  exactNumber(results.get(buffer)?.data[element] ?? Number.NaN);
