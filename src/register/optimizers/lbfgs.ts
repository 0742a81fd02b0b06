/**
 * L-BFGS: quasi-Newton steps from the last few differences of gradients, by the two-loop recursion (Nocedal 1980),
 * with a line search by bisection for the weak Wolfe conditions (Lewis and Overton 2013), which bears the small
 * jumps that a changing overlap of two images makes.
 */
import {
  type Arrival,
  type Descent,
  type Evaluation,
  inner,
  isFlat,
  length,
  minus,
  plus,
  type StoppingRules,
  type StopReason,
  scaled,
} from "./optimizer.ts";

export interface LbfgsOptions extends StoppingRules {
  readonly kind: "lbfgs";
  /** How many differences are remembered. */
  readonly memory?: number;
  /** The first step, and the longest, in voxels of the level. */
  readonly firstStep?: number;
  readonly maximumStep?: number;
}

/** How positions and gradients changed in one step. */
interface Difference {
  readonly s: readonly number[];
  readonly y: readonly number[];
}

interface Found extends Evaluation {
  readonly position: readonly number[];
}

/** Shares of the expected fall and of the slope that a step must achieve. */
const enoughFall = 1e-4;
const enoughSlope = 0.9;
const mostTrials = 12;

export const lbfgs = async (
  { objective, start, voxel, onStep }: Descent,
  {
    iterations = 60,
    minimumStep = 0.002,
    valueTolerance = 1e-6,
    memory = 8,
    firstStep = 0.5,
    maximumStep = 3,
  }: Omit<LbfgsOptions, "kind"> = {},
): Promise<Arrival> => {
  let here: Found = { position: start, ...(await objective(start)) };
  let differences: readonly Difference[] = [];
  /** How far to go along a gradient of which nothing is known. */
  let reach = firstStep * voxel;
  onStep({ position: start, value: here.value, gradientNorm: length(here.gradient), step: 0 });
  const arrive = (stop: StopReason): Arrival => ({ position: here.position, value: here.value, stop });
  for (let k = 0; k < iterations; k++) {
    const slope = length(here.gradient);
    if (slope === 0 || !Number.isFinite(slope)) return arrive("step");
    const quasi = directionFrom(here.gradient, differences);
    const isDown = differences.length > 0 && inner(quasi, here.gradient) < 0;
    if (!isDown) differences = [];
    const wish = isDown ? quasi : scaled(here.gradient, -reach / slope);
    const direction = scaled(wish, Math.min(1, (maximumStep * voxel) / length(wish)));
    const next = await search(objective, here, direction, minimumStep * voxel);
    if (next === undefined) {
      // A direction that leads nowhere may be the fault of what was remembered; the gradient itself is tried once.
      reach = Math.min(reach, length(direction) / 4);
      if (differences.length === 0 || reach < minimumStep * voxel) return arrive("step");
      differences = [];
      continue;
    }
    const s = minus(next.position, here.position);
    const y = minus(next.gradient, here.gradient);
    if (inner(s, y) > 1e-10 * length(s) * length(y)) differences = [...differences, { s, y }].slice(-memory);
    const before = here;
    here = next;
    onStep({ position: here.position, value: here.value, gradientNorm: length(here.gradient), step: length(s) });
    if (length(s) < minimumStep * voxel) return arrive("step");
    if (isFlat(before.value, here.value, valueTolerance)) return arrive("value");
  }
  return arrive("iterations");
};

/** −H·g, with H the inverse Hessian that the differences amount to. */
const directionFrom = (gradient: readonly number[], differences: readonly Difference[]): readonly number[] => {
  let q = gradient;
  const shares: number[] = [];
  for (const { s, y } of differences.toReversed()) {
    const share = inner(s, q) / inner(s, y);
    shares.unshift(share);
    q = minus(q, scaled(y, share));
  }
  const last = differences.at(-1);
  let r = last === undefined ? q : scaled(q, inner(last.s, last.y) / inner(last.y, last.y));
  for (const [k, { s, y }] of differences.entries())
    r = plus(r, scaled(s, (shares[k] ?? 0) - inner(y, r) / inner(s, y)));
  return scaled(r, -1);
};

/** A point along `direction` that lies lower, if there is one further than `least` away. */
const search = async (
  objective: Descent["objective"],
  from: Found,
  direction: readonly number[],
  least: number,
): Promise<Found | undefined> => {
  const slope = inner(direction, from.gradient);
  let [low, high, t] = [0, Number.POSITIVE_INFINITY, 1];
  let best: Found | undefined;
  for (let trial = 0; trial < mostTrials; trial++) {
    const position = plus(from.position, scaled(direction, t));
    const found: Found = { position, ...(await objective(position)) };
    if (!(found.value <= from.value + enoughFall * t * slope)) high = t;
    else {
      best = found;
      if (inner(found.gradient, direction) >= enoughSlope * slope) return found;
      low = t;
    }
    t = high === Number.POSITIVE_INFINITY ? 2 * low : (low + high) / 2;
    if ((high - low) * length(direction) < least) break;
  }
  return best;
};
