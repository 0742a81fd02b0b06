/**
 * Cubic B-spline coefficients of a line of samples: a causal and an anticausal recursion with the pole
 * z = √3 − 2 (Unser, Aldroubi & Eden 1993, "B-spline signal processing"). Both recursions start from
 * the exact two-sided response, summed until it no longer counts, so any way of going on beyond the ends
 * needs only its index rule.
 */
import type { PrefilterBoundary } from "../../compiler/plan.ts";
import { bringBack } from "../../compiler/stencil.ts";

const pole = Math.sqrt(3) - 2;
/** |pole|^40 < 1e-22: what comes later is below float64. */
const horizon = 40;

/** Replaces the `n` numbers of `line` by their coefficients; `line` passes through the samples again. */
export const prefilterLine = (line: Float64Array, n: number, boundary: PrefilterBoundary): void => {
  const sampleAt = (i: number): number => line[bringBack[boundary](i, n)] as number;
  // Σ z^|m| s(i − m) is the response without its gain −6z / (1 − z²).
  let first = 0;
  for (let m = 0; m <= horizon; m++) first += pole ** m * sampleAt(-m);
  let last = sampleAt(n - 1);
  for (let m = 1; m <= horizon; m++) last += pole ** m * (sampleAt(n - 1 - m) + sampleAt(n - 1 + m));
  line[0] = first;
  for (let i = 1; i < n; i++) line[i] = (line[i] as number) + pole * (line[i - 1] as number);
  const gain = (-6 * pole) / (1 - pole * pole);
  // c(i) = z·(c(i + 1) − 6·c⁺(i)), from the last coefficient down.
  let next = last * gain;
  for (let i = n - 1; i >= 0; i--) {
    if (i < n - 1) next = pole * (next - 6 * (line[i] as number));
    line[i] = next;
  }
};
