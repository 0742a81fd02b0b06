/**
 * Gradients through what is measured. With s the measured numbers of an image f, the derivative of L(f, s(f)) is that
 * with s held, and Σ ∂L/∂s · ∇s besides: the derivative of L + Σ c · s, in which c = ∂L/∂s counts as a constant. So the
 * numbers are put in, c is taken as for any parameter, and the sum is a loss like any other. Measures that are made of
 * others come first.
 */

import type { Field, Measure } from "../compiler/language/field.ts";
import { measuresIn, numbersOf, putNumbers } from "../compiler/language/measure.ts";
import { jointHistogram, reduction } from "../compiler/language/reduction.ts";
import type { Parameter } from "../compiler/language/scalar.ts";
import type { ComputeOptions } from "./compute-options.ts";
import { addLosses, fieldsOf, type Loss, type Term } from "./loss.ts";
import { numbersOfAll, type Readings, readMeasures } from "./measure.ts";

/** A loss with all that it measures put in, and what was measured. @throws as `settle` */
export const settleLoss = async (
  loss: Loss,
  options: ComputeOptions,
): Promise<{ readonly settled: Loss; readonly readings: Readings }> => {
  const readings = await readMeasures(measuresIn(loss.terms.flatMap(fieldsOf)), options);
  const put = putNumbers(numbersOfAll(readings));
  return { settled: { ...loss, terms: loss.terms.map((term) => settledTerm(term, put)) }, readings };
};

const settledTerm = (term: Term, put: (field: Field) => Field): Term => {
  if (term.kind === "reduction") return reduction(term.body, term.fields.map(put), term.grid);
  return { ...term, histogram: jointHistogram({ ...term.histogram, fields: term.histogram.fields.map(put) }) };
};

/** The derivatives of a loss by some parameters. */
type DerivativesBy = (of: Loss, numbers: readonly Parameter[], isFirst: boolean) => Promise<readonly number[]>;

/** A loss whose derivatives with all numbers held are those of a settled loss by what the numbers are made of. */
export const withMeasures = async (settled: Loss, readings: Readings, derivativesBy: DerivativesBy): Promise<Loss> => {
  let whole = settled;
  let isFirst = true;
  let left = [...readings].flatMap(([measure, { tangent }]) => (tangent === undefined ? [] : [measure]));
  while (left.length > 0) {
    const due = left.filter((measure) => !left.some((other) => isMadeOf(other, measure)));
    const numbers = due.map((measure) => numbersOf(measure, readings.get(measure)?.numbers));
    const derivatives = await derivativesBy(whole, numbers.flat(), isFirst);
    isFirst = false;
    let next = 0;
    for (const [k, measure] of due.entries()) {
      const count = numbers[k]?.length ?? 0;
      const tangent = readings.get(measure)?.tangent?.(derivatives.slice(next, next + count));
      if (tangent !== undefined) whole = addLosses(whole, tangent);
      next += count;
    }
    left = left.filter((measure) => !due.includes(measure));
  }
  return whole;
};

const isMadeOf = (whole: Measure, part: Measure): boolean => whole !== part && measuresIn(whole.fields).includes(part);
