/** Adam (Kingma and Ba 2015): steps by the running mean of gradients over the root of that of their squares. */
import { type Arrival, type Descent, isFlat, length, minus, type StoppingRules } from "./optimizer.ts";

export interface AdamOptions extends StoppingRules {
  readonly kind: "adam";
  /** The step along each parameter at first, in voxels of the level; it falls to a hundredth over the iterations. */
  readonly learningRate?: number;
  /** How slowly the means forget: of gradients, and of their squares. */
  readonly decay?: readonly [mean: number, square: number];
}

/** The value of one iteration says little: these many in a row must be flat. */
const patience = 5;

export const adam = async (
  { objective, start, voxel, onStep }: Descent,
  {
    iterations = 150,
    minimumStep = 0.002,
    valueTolerance = 1e-7,
    learningRate = 0.3,
    decay: [mean, square] = [0.9, 0.99],
  }: Omit<AdamOptions, "kind"> = {},
): Promise<Arrival> => {
  let position = start;
  let [m, v] = [start.map(() => 0), start.map(() => 0)];
  let best = { position, value: Number.POSITIVE_INFINITY };
  let before = Number.POSITIVE_INFINITY;
  let step = 0;
  let still = 0;
  for (let k = 1; k <= iterations; k++) {
    const { value, gradient } = await objective(position);
    if (value < best.value) best = { position, value };
    onStep({ position, value, gradientNorm: length(gradient), step });
    still = isFlat(before, value, valueTolerance) ? still + 1 : 0;
    if (still >= patience) return { ...best, stop: "value" };
    before = value;
    m = m.map((x, i) => mean * x + (1 - mean) * (gradient[i] ?? 0));
    v = v.map((x, i) => square * x + (1 - square) * (gradient[i] ?? 0) ** 2);
    const rate = learningRate * voxel * 0.01 ** ((k - 1) / iterations);
    const next = position.map((x, i) => {
      const [a, b] = [(m[i] ?? 0) / (1 - mean ** k), (v[i] ?? 0) / (1 - square ** k)];
      return b === 0 ? x : x - (rate * a) / Math.sqrt(b);
    });
    step = length(minus(next, position));
    position = next;
    if (step < minimumStep * voxel) return { ...best, stop: "step" };
  }
  return { ...best, stop: "iterations" };
};
