/** How much: what random operations take for the numbers that they draw. */
import { fail } from "../../compiler/errors.ts";
import type { Vector3 } from "../../compiler/language/vector.ts";
import { uniform } from "./distributions.ts";
import { map, named, type Sampler, tuple } from "./sampler.ts";

/** Uniform in [low, high), or whatever a sampler gives. */
export type Amount = readonly [low: number, high: number] | Sampler<number>;
/** The same for each of three axes, or one each. */
export type Amounts = Amount | readonly [x: Amount, y: Amount, z: Amount];

/** @throws MedImagesError `InvalidDocument` for limits that are none */
export const sampled = (amount: Amount, what: string): Sampler<number> => {
  if (typeof amount === "function") return amount;
  const [low, high] = Array.isArray(amount) ? amount : [];
  if (low === undefined || high === undefined)
    return fail({
      kind: "InvalidDocument",
      errors: [`${what}: ${amount} says not from where to where; give [lowest, highest], or a sampler`],
    });
  if (!(Number.isFinite(high - low) && low <= high))
    fail({
      kind: "InvalidDocument",
      errors: [`${what}: from ${low} to ${high} is no interval; give two finite numbers, the lower one first`],
    });
  return uniform(low, high);
};

const isPerAxis = (amounts: Amounts): amounts is readonly [Amount, Amount, Amount] =>
  Array.isArray(amounts) && amounts.length === 3;

/** Three numbers, each drawn by itself. */
export const sampledVector = (amounts: Amounts, what: string): Sampler<Vector3> => {
  const [x, y, z] = isPerAxis(amounts) ? amounts : [amounts, amounts, amounts];
  return tuple(
    ...(["x", "y", "z"] as const).map((axis, k) => named(axis)(sampled([x, y, z][k] as Amount, `${what} ${axis}`))),
  ) as unknown as Sampler<Vector3>;
};

/** One number three times where one amount is given; three that are drawn by themselves where there are three. */
export const sampledFactors = (amounts: Amounts, what: string): Sampler<Vector3> =>
  isPerAxis(amounts)
    ? sampledVector(amounts, what)
    : map((factor: number): Vector3 => [factor, factor, factor])(sampled(amounts, what));
